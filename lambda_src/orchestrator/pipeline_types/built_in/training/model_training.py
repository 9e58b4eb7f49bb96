# SPDX-License-Identifier: Apache-2.0
"""`model_training_builtin`: one training job, once or on a schedule (compatibility 3.10)."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.training import hyperparameters, metric_definitions
from orchestrator.pipeline_types.built_in.training.metric_definitions import MetricDefinitions
from orchestrator.pipeline_types.built_in.training.training import Training
from orchestrator.pipeline_types.built_in.training.training_parameters import TrainingParameters
from orchestrator.pipeline_types.json_values import JsonValue
from orchestrator.sagemaker import job_kinds
from orchestrator.values import jobs, training
from orchestrator.values.json_parameter import LONGEST_VALUE


class ModelTrainingParameters(TrainingParameters):
    """Parameters of the training blueprint."""

    HyperParameters: Annotated[
        training.JsonDocument, Field(description="Hyper-parameters, all of them texts, as JSON.")
    ]
    ScheduleExpression: Annotated[
        jobs.ScheduleExpression, Field(description="When to train again; only at deployment when empty.")
    ] = ""


class ModelTraining(Training):
    """Train a model with a built-in algorithm, a framework or an image of your own, once or on a schedule."""

    blueprint: ClassVar = "model_training"
    parameters_type: ClassVar = ModelTrainingParameters
    postfix: ClassVar = "ModelTraining"
    short_name: ClassVar = "training"
    job: ClassVar = job_kinds.TRAINING
    purpose: ClassVar = "training"

    pipeline_type: Literal["model_training_builtin"]
    metric_definitions: Annotated[
        MetricDefinitions, Field(description="metrics to find in the log; built-in algorithms have their own")
    ] = []  # noqa: RUF012  pydantic copies it
    schedule_expression: Annotated[
        jobs.ScheduleExpression,
        Field(description="when to train again after the run at deployment, each time under a fresh name"),
    ] = ""

    @override
    def json_values(self) -> dict[str, Any]:
        metrics = metric_definitions.as_json(self.metric_definitions)
        return {
            **super().json_values(),
            **({"MetricDefinitions": metrics} if metrics else {}),
            "HyperParameters": hyperparameters.texts(self.algo_hyperparamaters),
        }

    @rule("metric_definitions")
    def _metrics_are_defined_once(self, _: Launch) -> Iterator[Problem]:
        yield from metric_definitions.problems("metric_definitions", self.metric_definitions)

    @rule("schedule_expression", "algo_hyperparamaters", "metric_definitions", "attribute_names", "model_name")
    def _a_schedule_has_all_at_hand(self, launch: Launch) -> Iterator[Problem]:
        """Refuse values that are too long for a schedule's own request, which cannot refer to files."""
        if not self.schedule_expression:
            return
        for name, content in self.json_values().items():
            value = JsonValue(content, launch.pipelines_bucket, self.stack_name)
            if not value.fits:
                yield Problem(
                    "schedule_expression",
                    f"cannot go together with {name} of {len(value.text)} characters; for a schedule they must have "
                    f"{LONGEST_VALUE} at most",
                )
