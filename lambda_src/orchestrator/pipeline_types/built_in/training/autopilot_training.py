# SPDX-License-Identifier: Apache-2.0
"""`model_autopilot_training`: SageMaker chooses algorithm, features and hyper-parameters (compatibility 3.12)."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import Field
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.training.jobs import JobParameters, JobPipeline
from orchestrator.sagemaker import job_kinds
from orchestrator.values import common, training
from orchestrator.values.common import Expect
from orchestrator.values.per_stage import Stage

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_AutoMLJobObjective.html
_OBJECTIVES: Final = {
    "Regression": ("MSE", "RMSE", "MAE", "R2"),
    "BinaryClassification": ("Accuracy", "F1", "AUC", "BalancedAccuracy", "Precision", "Recall"),
    "MulticlassClassification": ("Accuracy", "F1macro", "BalancedAccuracy", "PrecisionMacro", "RecallMacro"),
}

Objective = Annotated[
    Literal[
        "", "Accuracy", "MSE", "F1", "F1macro", "AUC", "RMSE", "MAE", "R2", "BalancedAccuracy", "Precision",
        "PrecisionMacro", "Recall", "RecallMacro",
    ],
    Expect("a metric of Autopilot", example="Accuracy"),
]  # fmt: skip


class AutopilotParameters(JobParameters):
    """Parameters of the Autopilot blueprint."""

    JobName: Annotated[
        training.ShortJobName, Field(description="Name of the job; made from JobNamePrefix when empty.")
    ] = ""
    TargetAttribute: Annotated[training.TargetAttribute, Field(description="Column to predict.")]
    ProblemType: Annotated[training.ProblemType, Field(description="Kind of prediction; found out when empty.")] = ""
    AutopilotJobObjective: Annotated[
        Objective, Field(description="Metric that decides which candidate is best; by problem type when empty.")
    ] = ""
    CompressionType: Annotated[training.Compression, Field(description="How the data is compressed.")] = ""
    AutopilotMaxCandidates: Annotated[training.Candidates, Field(description="Number of candidates.")]
    EncryptInnerTraffic: Annotated[
        training.TrueOrFalse, Field(description="Whether traffic between the containers is encrypted.")
    ]
    MaxRuntimePerJob: Annotated[training.JobRunTime, Field(description="Seconds for each training job.")]
    AutopilotTotalRuntime: Annotated[training.AutopilotRunTime, Field(description="Seconds for all of it.")]
    GenerateDefinitionsOnly: Annotated[
        training.TrueOrFalse, Field(description="Whether to stop once the candidates are defined.")
    ]


class AutopilotTraining(JobPipeline):
    """Let SageMaker Autopilot find the best model for a table."""

    blueprint: ClassVar = "autopilot_training"
    parameters_type: ClassVar = AutopilotParameters
    postfix: ClassVar = "AutopilotTraining"
    short_name: ClassVar = "autopilot"
    takes_merged_data: ClassVar = False
    job: ClassVar = job_kinds.AUTOPILOT
    instance_key: ClassVar = ""
    purpose: ClassVar = "autopilot"

    pipeline_type: Literal["model_autopilot_training"]
    job_name: Annotated[
        training.ShortJobName,
        Field(description="name of the job; SageMaker never frees one, so a changed request needs another"),
    ] = ""
    training_data: Annotated[
        common.AssetsData,
        Field(description="key of a CSV with header in the assets bucket, or prefix of several"),
    ]
    target_attribute: Annotated[training.TargetAttribute, Field(description="column to predict")]
    problem_type: Annotated[
        training.ProblemType,
        Field(description="kind of prediction, with job_objective; else Autopilot finds out"),
    ] = ""
    job_objective: Annotated[
        Objective, Field(description="metric that decides which candidate is best, with problem_type")
    ] = ""
    compression_type: Annotated[training.Compression, Field(description="how the data is compressed")] = ""
    job_max_candidates: Annotated[training.Candidates, Field(description="number of candidates")] = 10
    encrypt_inner_traffic: Annotated[
        training.Flag, Field(description="whether traffic between the containers is encrypted")
    ] = True
    max_runtime_per_job: Annotated[training.JobRunTime, Field(description="seconds for each training job")] = 86_400
    total_max_runtime: Annotated[training.AutopilotRunTime, Field(description="seconds for all of it")] = 2_592_000
    generate_definition_only: Annotated[
        training.Flag, Field(description="whether to stop once the candidates are defined")
    ] = False

    @override
    def inference_image_uri(self, launch: Launch) -> str:
        """Return no image: the best candidate has its own containers."""
        return ""

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        return {
            **super().values(launch, stage),
            "AutopilotJobObjective": self.job_objective,
            "AutopilotMaxCandidates": self.job_max_candidates,
            "AutopilotTotalRuntime": self.total_max_runtime,
            "GenerateDefinitionsOnly": str(self.generate_definition_only),
        }

    @rule("problem_type", "job_objective")
    def _objective_of_the_problem(self, _: Launch) -> Iterator[Problem]:
        """Require problem type and objective together, and a fitting objective (lesson 13)."""
        if self.problem_type and not self.job_objective:
            yield Problem("job_objective", "is required together with problem_type: SageMaker takes both or none")
        if self.job_objective and not self.problem_type:
            yield Problem("problem_type", "is required together with job_objective: SageMaker takes both or none")
        fitting = _OBJECTIVES.get(self.problem_type, ())
        if self.job_objective and fitting and self.job_objective not in fitting:
            yield Problem("job_objective", f"must be one of {', '.join(fitting)} for {self.problem_type}")

    @rule("max_runtime_per_job", "total_max_runtime")
    def _each_run_fits_in_all(self, _: Launch) -> Iterator[Problem]:
        given = {"max_runtime_per_job", "total_max_runtime"} <= self.model_fields_set
        if given and self.max_runtime_per_job > self.total_max_runtime:
            yield Problem(
                "max_runtime_per_job", f"must be {self.total_max_runtime} at most, which is total_max_runtime"
            )

    @rule("generate_definition_only", "registration")
    def _nothing_to_register(self, _: Launch) -> Iterator[Problem]:
        if self.generate_definition_only and self.registration is not None:
            yield Problem("registration", "cannot go together with generate_definition_only, which trains no model")

    @rule("registration")
    def _candidates_have_images(self, _: Launch) -> Iterator[Problem]:
        if self.registration is not None and self.registration.inference_image_uri:
            yield Problem(
                "registration.inference_image_uri",
                "has no meaning here, leave it out: the best candidate serves with images of Autopilot's own",
            )
