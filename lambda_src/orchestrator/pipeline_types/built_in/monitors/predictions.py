# SPDX-License-Identifier: Apache-2.0
"""Monitors of a model's predictions, and those that compare them with ground truth."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import Field
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.monitors.monitors import Monitor, located
from orchestrator.sagemaker import monitor_runs
from orchestrator.values import locations, monitors
from orchestrator.values.per_stage import PerStage, Stage, at

BINARY = "BinaryClassification"


class PredictionMonitor(Monitor):
    """A monitor that has to know where the predictions stand."""

    for_binary_only: ClassVar[tuple[str, ...]] = ("monitor_probability_attribute", "probability_threshold_attribute")
    """Keys that are ignored for other problem types."""

    problem_type: Annotated[monitors.ProblemType, Field(description="what kind of problem the model solves")]
    monitor_inference_attribute: Annotated[
        monitors.Attribute,
        Field(
            description="index or JSONPath of the predicted value in the model's answer (needed for Regression and "
            "MulticlassClassification)"
        ),
    ] = ""
    monitor_probability_attribute: Annotated[
        monitors.Attribute,
        Field(description="index or JSONPath of the probability in the model's answer, for BinaryClassification"),
    ] = ""
    probability_threshold_attribute: Annotated[
        monitors.Probability,
        Field(description="probability from which on the answer is positive, for BinaryClassification"),
    ] = ""

    @property
    def is_binary(self) -> bool:
        """True if the model distinguishes two classes."""
        return self.problem_type == BINARY

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        return {
            **super().values(launch, stage),
            "MonitorProbabilityAttribute": self.monitor_probability_attribute if self.is_binary else "",
        }

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        for key in self.for_binary_only:
            if getattr(self, key) and not self.is_binary:
                yield f"{key} has no meaning for problem_type {self.problem_type} and is ignored"

    @rule("problem_type", "monitor_inference_attribute")
    def _predicted_value_is_found(self, _: Launch) -> Iterator[Problem]:
        if not self.is_binary and not self.monitor_inference_attribute:
            yield self._required("monitor_inference_attribute")

    def _required(self, key: str) -> Problem:
        described = type(self).model_fields[key].description
        return Problem(key, f"is required for problem_type {self.problem_type}: {described}")


class GroundTruthMonitor(PredictionMonitor):
    """A monitor that compares predictions with what turned out to be true.

    Its runs wait for a job that merges the two, so a run of an hourly schedule has half the time.
    """

    merges_truth: ClassVar = True

    hourly_run_time: ClassVar = 1800

    monitor_ground_truth_input: Annotated[
        PerStage[locations.MonitorLocation],
        Field(description="bucket/prefix of what turned out to be true, without s3://"),
    ]
    start_time_offset: Annotated[
        PerStage[monitors.TimeOffset],
        Field(description="how far back from a run its data begins, so that the truth is known by then"),
    ] = ""
    end_time_offset: Annotated[
        PerStage[monitors.TimeOffset], Field(description="how far back from a run its data ends")
    ] = ""

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        return {
            **super().values(launch, stage),
            "ProbabilityThresholdAttribute": self.probability_threshold_attribute if self.is_binary else "",
            **located("GroundTruth", at(self.monitor_ground_truth_input, stage)),
        }

    @rule("monitor_engine", "monitor_ground_truth_input")
    def _ground_truth_fits(self, launch: Launch) -> Iterator[Problem]:
        for stage in self.stages(launch):
            yield from self.too_long(launch, stage, "monitor_ground_truth_input")

    @override
    def derived(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        return {
            **super().derived(launch, stage),
            **located("MonitoringOutput", at(self.monitoring_output_location, stage)),
            "RetrainingPrefix": f"{monitor_runs.MERGED}{self.stack_name}" if self.is_merging else "",
        }
