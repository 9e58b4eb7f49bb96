# SPDX-License-Identifier: Apache-2.0
"""Baselines and runs by SageMaker Clarify, which is configured by a file (compatibility 3.8, 3.9)."""

from __future__ import annotations

from typing import Any, Final

from troposphere import Sub, Template

from generator import permissions
from generator.conditions import if_provided
from generator.monitoring import monitor_roles
from generator.monitoring.job_parts import Input, baseline_file

_ANALYSIS: Final = "s3://${PipelinesBucket}/${AnalysisPrefix}"

INPUTS: Final = [
    Input("dataset", Sub("s3://${AssetsBucket}/${BaselineData}"), "data"),
    Input("analysis_config", Sub(f"{_ANALYSIS}/analysis_config.json"), "config"),
]
OUTPUT: Final = "analysis_result"


def specification() -> dict[str, Any]:
    """The configuration of the schedule's runs."""
    return {"ConfigUri": Sub(f"{_ANALYSIS}/monitor/analysis_config.json")}


def analysis() -> dict[str, Any]:
    """The file of the baseline with what the schedule's runs compare with."""
    return {"ConstraintsResource": {"S3Uri": baseline_file("analysis.json")}}


def policy() -> Any:
    """Read the configurations, and ask the endpoint for predictions."""
    return permissions.policy(
        "Clarify", *monitor_roles.read_data("PipelinesBucket", "AnalysisPrefix"), monitor_roles.predict()
    )


def read_shap_baseline(built: Template) -> Any:
    """Policy to read SHAP's baseline, when it is a file."""
    shap = permissions.policy("ShapBaseline", *monitor_roles.read_data("AssetsBucket", "ShapBaselineKey"))
    return if_provided(built, "ShapBaselineKey", shap)
