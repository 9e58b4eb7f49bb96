# SPDX-License-Identifier: Apache-2.0
"""Clarify's `analysis_config.json` for baseline and schedule, from a request and the baseline's header.

Pure functions (compatibility 3.8, 3.9). The predictor is the deployed endpoint. The earlier solution looked up the
endpoint's model and made Clarify deploy it again.
https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-processing-job-configure-analysis.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.csv_headers import Header
from orchestrator.pipeline_types.built_in.monitors.sections import BiasConfig, PredictedLabel, Shap

Config = dict[str, Any]

_CSV: Final = "text/csv"
_REPORT: Final = {"name": "report", "title": "Analysis Report"}


@dataclass(frozen=True)
class Dataset:
    """The columns of a baseline, and the one that is the label."""

    header: Header
    label: str

    @property
    def features(self) -> Header:
        """All columns but the label."""
        return tuple(name for name in self.header if name != self.label)

    def config(self) -> Config:
        """Return the part of a configuration that describes the data set."""
        return {"dataset_type": _CSV, "headers": list(self.header), "label": self.label}


def predictor(endpoint_name: str) -> Config:
    """Return the endpoint that makes predictions for the analysis."""
    return {"endpoint_name": endpoint_name, "content_type": _CSV, "accept_type": _CSV}


def bias_baseline(dataset: Dataset, bias: BiasConfig, predicted: PredictedLabel, endpoint_name: str) -> Config:
    """Return the configuration of the baseline job of a bias monitor."""
    label = predicted.model_dump(include={"label", "probability", "label_headers"}, exclude_none=True)
    threshold = predicted.model_dump(include={"probability_threshold"}, exclude_none=True)
    return {
        **dataset.config(),
        **_bias(bias),
        **threshold,
        "methods": {
            "report": _REPORT,
            "pre_training_bias": {"methods": "all"},
            "post_training_bias": {"methods": "all"},
        },
        "predictor": {**predictor(endpoint_name), **label},
    }


def bias_schedule(dataset: Dataset, bias: BiasConfig) -> Config:
    """Return the configuration of a bias monitor's runs, which get the rest from the schedule's endpoint."""
    return {**_bias(bias), "headers": list(dataset.header), "label": dataset.label}


def shap_baseline(dataset: Dataset, shap: Mapping[str, Any], endpoint_name: str, scores: str | int | None) -> Config:
    """Return the configuration of an explainability monitor's baseline; `scores` locates them in the answers."""
    label = {} if scores is None else {"label": scores}
    return {
        **dataset.config(),
        "predictor": {**predictor(endpoint_name), **label},
        "methods": {"report": _REPORT, "shap": dict(shap)},
    }


def shap_schedule(dataset: Dataset, shap: Mapping[str, Any], endpoint_name: str) -> Config:
    """Return the configuration of an explainability monitor's runs; captured data has no label."""
    return {
        "methods": {"shap": dict(shap)},
        "predictor": predictor(endpoint_name),
        "headers": list(dataset.features),
    }


def shap_method(shap: Shap, dataset: Dataset, assets_bucket: str) -> Config:
    """Return the settings for SHAP values: a baseline by column as a row, one in a file as its S3 URI."""
    method = shap.model_dump(exclude_none=True)
    if isinstance(shap.baseline, str):
        method["baseline"] = f"s3://{assets_bucket}/{shap.baseline}"
    if isinstance(shap.baseline, dict):
        method["baseline"] = [[shap.baseline[name] for name in dataset.features]]
    return method


def content(config: Config) -> bytes:
    """Return the file's content in a fixed order, so that equal requests make equal files."""
    return json.dumps(config, indent=2, sort_keys=True).encode()


def _bias(bias: BiasConfig) -> Config:
    facets = [
        {"name_or_index": name} | ({} if values is None else {"value_or_threshold": values})
        for name, values in zip(bias.facets, bias.facet_values, strict=True)
    ]
    group = {} if bias.group_name is None else {"group_variable": bias.group_name}
    return {"label_values_or_threshold": bias.label_values_or_threshold, "facet": facets, **group}
