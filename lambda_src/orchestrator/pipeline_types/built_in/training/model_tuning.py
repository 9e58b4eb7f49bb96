# SPDX-License-Identifier: Apache-2.0
"""`model_tuner_builtin`: training jobs that search for the best hyper-parameters (compatibility 3.11)."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.training import hyperparameters, metric_definitions, tuning_ranges
from orchestrator.pipeline_types.built_in.training.jobs import OWN_TAGS
from orchestrator.pipeline_types.built_in.training.training import Training
from orchestrator.pipeline_types.built_in.training.training_parameters import TrainingParameters
from orchestrator.pipeline_types.built_in.training.tuning_options import TunerOptions
from orchestrator.sagemaker import job_kinds
from orchestrator.values import training
from orchestrator.values.common import AlsoSpelt, Expect
from orchestrator.values.per_stage import Stage

_MOST_TAGS: Final = 50
"""See https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html."""


class ModelTuningParameters(TrainingParameters):
    """Parameters of the tuning blueprint."""

    JobName: Annotated[
        training.ShortJobName, Field(description="Name of the job; made from JobNamePrefix when empty.")
    ] = ""
    TuningJobConfig: Annotated[
        training.JsonDocument, Field(description="HyperParameterTuningJobConfig of the request, as JSON.")
    ]
    StaticHyperParameters: Annotated[
        training.JsonDocument, Field(description="Hyper-parameters that are not searched, as JSON.")
    ]
    AutotuneMode: Annotated[
        Literal["", "Enabled"], Field(description="Whether SageMaker chooses ranges itself; Enabled or empty.")
    ] = ""


class ModelTuning(Training):
    """Search for the best hyper-parameters by training again and again."""

    blueprint: ClassVar = "model_tuning"
    parameters_type: ClassVar = ModelTuningParameters
    postfix: ClassVar = "TunerTraining"
    short_name: ClassVar = "tuning"
    job: ClassVar = job_kinds.TUNING
    purpose: ClassVar = "tuner"

    pipeline_type: Literal["model_tuner_builtin"]
    job_name: Annotated[
        training.ShortJobName,
        Field(description="name of the job; SageMaker never frees one, so a changed request needs another"),
    ] = ""
    tuner_configs: Annotated[TunerOptions, Field(description="how the search is done")]
    hyperparamaters_ranges: Annotated[
        dict[str, Any],
        AlsoSpelt("hyperparameter_ranges"),
        Field(
            description='what is searched: name -> ["continuous" or "integer", [min, max]] or ["categorical", [...]]',
            json_schema_extra={"examples": [{"eta": ["continuous", [0.05, 0.3]]}]},
        ),
        Expect("an object"),
    ]

    @override
    def json_values(self) -> dict[str, Any]:
        metrics = metric_definitions.as_json(self.tuner_configs.metric_definitions)
        return {
            **super().json_values(),
            **({"MetricDefinitions": metrics} if metrics else {}),
            "TuningJobConfig": self._config,
            "StaticHyperParameters": hyperparameters.texts(self._static),
        }

    @override
    def more_tags(self) -> dict[str, str]:
        return {tag.Key: tag.Value for tag in self.tuner_configs.tags}

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        return {
            **super().values(launch, stage),
            "AutotuneMode": "Enabled" if self.tuner_configs.autotune else "",
        }

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        yield from self.tuner_configs.warnings()

    @property
    def _config(self) -> dict[str, Any]:
        options = self.tuner_configs
        ranges: dict[str, Any] = tuning_ranges.as_json(self.hyperparamaters_ranges)
        if options.autotune:
            ranges["AutoParameters"] = [
                {"Name": name, "ValueHint": hyperparameters.text(value)} for name, value in self._auto.items()
            ]
        return {
            "Strategy": options.strategy,
            "ResourceLimits": options.resource_limits(),
            "TrainingJobEarlyStoppingType": options.early_stopping_type,
            "HyperParameterTuningJobObjective": {
                "Type": options.objective_type,
                "MetricName": options.objective_metric_name,
            },
            **({"RandomSeed": options.random_seed} if options.random_seed is not None else {}),
            "ParameterRanges": ranges,
        }

    @property
    def _fixed(self) -> dict[str, Any]:
        """The hyper-parameters without a range."""
        return {
            name: value for name, value in self.algo_hyperparamaters.items() if name not in self.hyperparamaters_ranges
        }

    @property
    def _auto(self) -> dict[str, Any]:
        """Hyper-parameters without a range that SageMaker may change itself."""
        kept = self.tuner_configs.hyperparameters_to_keep_static
        return {name: value for name, value in self._fixed.items() if name not in kept}

    @property
    def _static(self) -> dict[str, Any]:
        if not self.tuner_configs.autotune:
            return self._fixed
        return {name: value for name, value in self._fixed.items() if name not in self._auto}

    @rule("hyperparamaters_ranges")
    def _ranges_are_possible(self, _: Launch) -> Iterator[Problem]:
        yield from tuning_ranges.problems("hyperparamaters_ranges", self.hyperparamaters_ranges)

    @rule("hyperparamaters_ranges", "tuner_configs")
    def _something_is_searched(self, _: Launch) -> Iterator[Problem]:
        if not self.hyperparamaters_ranges and not self.tuner_configs.autotune:
            yield Problem(
                "hyperparamaters_ranges", "must have one range at least, or tuner_configs.autotune must be true"
            )

    @rule("hyperparamaters_ranges", "tuner_configs")
    def _grid_is_of_categories(self, _: Launch) -> Iterator[Problem]:
        """See https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-how-it-works.html."""
        if self.tuner_configs.strategy != "Grid" or list(
            tuning_ranges.problems("hyperparamaters_ranges", self.hyperparamaters_ranges)
        ):
            return
        others = [
            name
            for name, given in self.hyperparamaters_ranges.items()
            if tuning_ranges.kind_of(given) != tuning_ranges.CATEGORICAL
        ]
        for name in others:
            yield Problem(f"hyperparamaters_ranges.{name}", "must be categorical: the strategy Grid tries each value")
        wanted, most = tuning_ranges.combinations(self.hyperparamaters_ranges), self.tuner_configs.max_jobs
        if not others and most not in {None, wanted}:
            yield Problem(
                "tuner_configs.max_jobs", f"must be {wanted}, the number of combinations, or left out with Grid"
            )

    @rule("tuner_configs")
    def _options_agree(self, _: Launch) -> Iterator[Problem]:
        options = self.tuner_configs
        most = options.resource_limits().get("MaxNumberOfTrainingJobs")
        if most is not None and options.max_parallel_jobs > most:
            yield Problem("tuner_configs.max_parallel_jobs", f"must be {most} at most, which is max_jobs")
        if options.strategy == "Hyperband" and options.early_stopping_type != "Off":
            yield Problem("tuner_configs.early_stopping_type", "must be Off with Hyperband, which stops jobs by itself")
        yield from metric_definitions.problems("tuner_configs.metric_definitions", options.metric_definitions)

    @rule("tuner_configs")
    def _tags_are_free(self, launch: Launch) -> Iterator[Problem]:
        keys = [tag.Key for tag in self.tuner_configs.tags]
        taken = {*OWN_TAGS, *dict(launch.options.tags)}
        excess = len(keys) + len(taken) - _MOST_TAGS
        if excess > 0:
            room = f"AWS takes {_MOST_TAGS}, of which the orchestrator sets {len(taken)}"
            yield Problem("tuner_configs.tags", f"must be {excess} fewer: {room}")
        for key in dict.fromkeys(keys):
            if key in taken:
                yield Problem("tuner_configs.tags", f"must not have {key}, which the orchestrator sets itself")
            if key.lower().startswith("aws:"):
                yield Problem("tuner_configs.tags", f"must not have {key}: AWS keeps names that begin with aws:")
            if keys.count(key) > 1:
                yield Problem("tuner_configs.tags", f"has {key} more than once")

    @rule("tuner_configs", "custom_image_uri")
    def _metrics_of_an_own_image(self, _: Launch) -> Iterator[Problem]:
        names = [definition.Name for definition in self.tuner_configs.metric_definitions]
        objective = self.tuner_configs.objective_metric_name
        if self.custom_image_uri and objective not in names:
            yield Problem(
                "tuner_configs.metric_definitions",
                f"must define {objective}: SageMaker does not know where the log of your image has it",
            )

    @rule("tuner_configs", "algo_hyperparamaters")
    def _kept_ones_exist(self, _: Launch) -> Iterator[Problem]:
        kept = self.tuner_configs.hyperparameters_to_keep_static
        if kept and not self.tuner_configs.autotune:
            yield Problem(
                "tuner_configs.hyperparameters_to_keep_static",
                "needs autotune: without it, all hyper-parameters that have no range stay as they are",
            )
            return
        for name in kept:
            if name not in self.algo_hyperparamaters:
                yield Problem("tuner_configs.hyperparameters_to_keep_static", f"{name} is no hyper-parameter of yours")
