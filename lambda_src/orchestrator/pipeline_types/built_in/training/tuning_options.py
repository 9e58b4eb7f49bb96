# SPDX-License-Identifier: Apache-2.0
"""`tuner_configs`: options of a tuning job (compatibility 3.11).

The keys are those of the SageMaker SDK's tuner. Two of them concern only the SDK and are ignored with a warning. Keys
that the SDK cannot read from JSON do not exist here either.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_HyperParameterTuningJobConfig.html
"""

from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.pipeline_types.built_in.training.metric_definitions import MetricDefinitions
from orchestrator.values import training
from orchestrator.values.common import NUMBER, Expect

_WITHOUT_EFFECT: Final = {
    "base_tuning_job_name": "the name of the job is job_name, or made from model_name",
    "estimator_name": "SageMaker names the one training definition that there is",
}


_Count = Annotated[int, Field(ge=1, le=2_147_483_647), NUMBER, Expect("a whole number, 1 at least")]
_Seed = Annotated[int, Field(ge=0, le=2_147_483_647), NUMBER, Expect("a whole number, 0 to 2147483647")]
_Seconds = Annotated[
    int,
    Field(ge=120, le=15_768_000),
    NUMBER,
    Expect("a whole number of seconds, 120 to 15768000"),
]


class Tag(BaseModel):
    """A tag of the job and of the training jobs that it starts."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    Key: Annotated[
        str,
        Field(min_length=1, max_length=128, pattern=r"^[\p{L}\p{Z}\p{N}_.:/=+@-]*$"),
        Expect("128 letters, digits, spaces and _.:/=+@- at most"),
    ]
    Value: Annotated[
        str,
        Field(max_length=256, pattern=r"^[\p{L}\p{Z}\p{N}_.:/=+@-]*$"),
        Expect("256 letters, digits, spaces and _.:/=+@- at most"),
    ]


class TunerOptions(BaseModel):
    """The object `tuner_configs`."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    objective_metric_name: Annotated[
        str,
        Field(min_length=1, max_length=255, description="metric that decides which training job is best"),
        Expect("the name of a metric", example="validation:auc"),
    ]
    objective_type: Annotated[
        Literal["Maximize", "Minimize"],
        Field(description="whether the metric is better when it is greater"),
        Expect("Maximize or Minimize"),
    ] = "Maximize"
    metric_definitions: Annotated[
        MetricDefinitions, Field(description="metrics and where they stand in the log; needed for an image of your own")
    ] = []
    strategy: Annotated[
        Literal["Bayesian", "Random", "Hyperband", "Grid"],
        Field(description="how the next values are chosen"),
        Expect("Bayesian, Random, Hyperband or Grid"),
    ] = "Bayesian"
    max_jobs: Annotated[_Count | None, Field(description="training jobs in all; 1 when left out, all with Grid")] = None
    max_parallel_jobs: Annotated[_Count, Field(description="training jobs at a time")] = 1
    max_runtime_in_seconds: Annotated[_Seconds | None, Field(description="seconds after which the search ends")] = None
    early_stopping_type: Annotated[
        Literal["Off", "Auto"], Field(description="whether hopeless training jobs are stopped"), Expect("Off or Auto")
    ] = "Off"
    random_seed: Annotated[_Seed | None, Field(description="makes a search repeatable")] = None
    autotune: Annotated[
        training.Flag, Field(description="whether SageMaker chooses ranges for hyper-parameters without one")
    ] = False
    hyperparameters_to_keep_static: Annotated[
        list[str], Field(max_length=100, description="hyper-parameters that autotune leaves as they are")
    ] = []
    tags: Annotated[list[Tag], Field(max_length=40, description="tags of the job and of its training jobs")] = []
    base_tuning_job_name: Annotated[str, Field(description="of the SDK alone; ignored")] = ""
    estimator_name: Annotated[str, Field(description="of the SDK alone; ignored")] = ""

    def warnings(self) -> Iterator[str]:
        """Yield a warning for each key without effect."""
        for key, reason in _WITHOUT_EFFECT.items():
            if getattr(self, key):
                yield f"tuner_configs.{key} is ignored: {reason}"

    def resource_limits(self) -> dict[str, int]:
        """See https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ResourceLimits.html."""
        most = self.max_jobs if self.max_jobs is not None or self.strategy == "Grid" else 1
        return {
            **({"MaxNumberOfTrainingJobs": most} if most is not None else {}),
            "MaxParallelTrainingJobs": self.max_parallel_jobs,
            **({"MaxRuntimeInSeconds": self.max_runtime_in_seconds} if self.max_runtime_in_seconds else {}),
        }
