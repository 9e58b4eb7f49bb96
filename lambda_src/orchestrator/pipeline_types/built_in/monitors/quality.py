# SPDX-License-Identifier: Apache-2.0
"""`byom_data_quality_monitor` and `byom_model_quality_monitor`, by SageMaker Model Monitor (compatibility 3.6, 3.7)."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from orchestrator.csv_headers import CsvFile, Header
from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.monitors import columns
from orchestrator.pipeline_types.built_in.monitors.monitors import Monitor
from orchestrator.pipeline_types.built_in.monitors.parameters import (
    DataQualityMonitorParameters,
    ModelQualityMonitorParameters,
    OpenDataQualityMonitorParameters,
    OpenModelQualityMonitorParameters,
)
from orchestrator.pipeline_types.built_in.monitors.predictions import GroundTruthMonitor
from orchestrator.values import monitors
from orchestrator.values.common import Expect
from orchestrator.values.per_stage import Stage


class DataQualityMonitor(Monitor):
    """Watch whether the data that an endpoint gets still looks like the data that its model was trained with."""

    postfix: ClassVar = "BYOMDataQualityMonitor"
    short_name: ClassVar = "data-quality"
    blueprint: ClassVar = "data_quality_monitor"
    kind: ClassVar = "dataquality"
    parameters_type: ClassVar = DataQualityMonitorParameters
    open_parameters_type: ClassVar = OpenDataQualityMonitorParameters

    pipeline_type: Literal["byom_data_quality_monitor"]
    features_to_ignore: Annotated[
        list[monitors.Column],
        Field(description="columns that are left out of the analysis, by name or index"),
        Expect("a list of names or indexes of columns"),
    ] = []  # noqa: RUF012  pydantic copies it

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        return {**super().values(launch, stage), "ExcludeFeaturesAttribute": self._excluded}

    @override
    def problems_with(self, headers: Mapping[CsvFile, Header]) -> Iterator[Problem]:
        yield from super().problems_with(headers)
        for place, column in enumerate(self.features_to_ignore):
            yield from columns.unknown(f"features_to_ignore.{place}", column, self.header)

    @property
    def _excluded(self) -> str:
        return ",".join(str(column) for column in self.features_to_ignore)

    @rule("features_to_ignore", "monitor_engine")
    def _exclusion_fits(self, launch: Launch) -> Iterator[Problem]:
        for place, column in enumerate(self.features_to_ignore):
            if "," in str(column):
                yield Problem(f"features_to_ignore.{place}", "has a comma: name such a column by its index")
        excess = len(self._excluded) - self.engine(launch).longest_exclusion
        if excess > 0:
            yield Problem(
                "features_to_ignore",
                f"must be {excess} characters shorter, commas between the columns included: indexes are shorter than "
                "names",
            )


class ModelQualityMonitor(GroundTruthMonitor):
    """Watch whether an endpoint's predictions are still as good as they were when its model was tested."""

    postfix: ClassVar = "BYOMModelQualityMonitor"
    short_name: ClassVar = "model-quality"
    baseline_follows: ClassVar = False
    blueprint: ClassVar = "model_quality_monitor"
    kind: ClassVar = "modelquality"
    parameters_type: ClassVar = ModelQualityMonitorParameters
    open_parameters_type: ClassVar = OpenModelQualityMonitorParameters
    for_binary_only: ClassVar = (*GroundTruthMonitor.for_binary_only, "baseline_probability_attribute")

    pipeline_type: Literal["byom_model_quality_monitor"]
    baseline_inference_attribute: Annotated[
        monitors.RequiredAttribute, Field(description="column of the baseline with the predictions")
    ]
    baseline_ground_truth_attribute: Annotated[
        monitors.RequiredAttribute, Field(description="column of the baseline with what turned out to be true")
    ]
    baseline_probability_attribute: Annotated[
        monitors.Attribute,
        Field(
            description="column of the baseline with the probabilities, for BinaryClassification; without it, the "
            "predictions serve"
        ),
    ] = ""

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        by_probability = self.is_binary and self._has_probabilities
        return {
            **super().values(launch, stage),
            "BaselineInferenceAttribute": "" if by_probability else self.baseline_inference_attribute,
            "BaselineProbabilityAttribute": self.baseline_probability_attribute if by_probability else "",
        }

    @override
    def derived(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        return {**super().derived(launch, stage), "PredictionColumn": self.baseline_inference_attribute}

    @override
    def problems_with(self, headers: Mapping[CsvFile, Header]) -> Iterator[Problem]:
        yield from super().problems_with(headers)
        keys = ["baseline_inference_attribute", "baseline_ground_truth_attribute"]
        if self.is_binary and self.baseline_probability_attribute:
            keys.append("baseline_probability_attribute")
        for key in keys:
            yield from columns.unknown(key, getattr(self, key), self.header)

    @property
    def _has_probabilities(self) -> bool:
        """Whether the baseline is computed from probabilities and their threshold (compatibility 3.7)."""
        return bool(self.baseline_probability_attribute and self.probability_threshold_attribute)

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        if self.is_binary and self.probability_threshold_attribute and not self._has_probabilities:
            yield (
                "baseline_probability_attribute is left out: the baseline is computed from "
                "baseline_inference_attribute, without probability_threshold_attribute"
            )
