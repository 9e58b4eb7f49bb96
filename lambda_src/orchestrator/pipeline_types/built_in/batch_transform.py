# SPDX-License-Identifier: Apache-2.0
"""`byom_batch_builtin` and `byom_batch_custom`: a data set scored by a transform job (compatibility 3.3, 3.4).

The job runs when the pipeline is deployed, and again when a changed request is deployed. With a schedule it also
recurs. The run at deployment stays, so that a job that AWS refuses fails then and not at the first scheduled run.
"""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.operator_options import FunctionParameters, RoleParameters
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.models import BuiltInImage, CustomImage, OwnModel
from orchestrator.pipeline_types.built_in.network import Networked, NetworkParameters
from orchestrator.pipeline_types.built_in.served_models import ServedModelParameters
from orchestrator.pipeline_types.built_in.serving.containers import WithContainers
from orchestrator.pipeline_types.encryption import Encrypted, EncryptionParameters
from orchestrator.values import common, jobs, json_parameter, locations, training
from orchestrator.values.per_stage import PerStage, Stage, at
from orchestrator.values.template_parameters import InTemplate


class BatchTransformParameters(
    NetworkParameters, RoleParameters, FunctionParameters, EncryptionParameters, ServedModelParameters
):
    """Parameters of the batch transform blueprint."""

    BatchInputBucket: Annotated[common.BucketName, Field(description="Bucket of the data to score.")]
    BatchInputKey: Annotated[common.KeyPrefix, Field(description="Key or prefix of the data in that bucket.")] = ""
    BatchInferenceData: Annotated[locations.S3Data, Field(description="The same as bucket and key.")]
    BatchOutputLocation: Annotated[
        locations.S3Location, Field(description="Bucket and prefix that receive the results.")
    ]
    BatchStrategy: Annotated[
        jobs.BatchStrategy, Field(description="Records in a request to the model; SageMaker decides when empty.")
    ] = ""
    MaxPayloadInMB: Annotated[
        jobs.MaxPayloadMb, Field(description="Largest request to the model; SageMaker decides when empty.")
    ] = ""
    Tags: Annotated[training.JsonDocument, Field(description="Tags of the jobs, as JSON.")]


class BatchTransform(Encrypted, Networked, WithContainers, OwnModel):
    """What both batch types have in common."""

    blueprint: ClassVar = "batch_transform"
    parameters_type: ClassVar = BatchTransformParameters
    instance_purpose: ClassVar = "transform"

    batch_inference_data: Annotated[
        PerStage[locations.S3Data],
        Field(description="bucket/key of the file to score, or bucket/prefix of several, without s3://"),
    ]
    batch_job_output_location: Annotated[
        PerStage[locations.S3Location], Field(description="bucket/prefix for the results, without s3://")
    ]
    content_type: Annotated[
        jobs.MediaType,
        Field(description="MIME type of the data"),
        InTemplate("MIME type of the data."),
    ] = "text/csv"
    accept: Annotated[
        jobs.MediaType,
        Field(description="MIME type of the results"),
        InTemplate("MIME type of the results."),
    ] = "text/csv"
    split_type: Annotated[
        jobs.SplitType,
        Field(description="how a file is split into records; None: a file is one record"),
        InTemplate("How a file is split into records."),
    ] = "Line"
    strategy: Annotated[
        jobs.BatchStrategy,
        Field(description="whether a request to the model has several records or one; SageMaker decides when left out"),
    ] = ""
    max_payload_mb: Annotated[
        jobs.MaxPayloadMb,
        Field(description="megabytes of the largest request to the model; SageMaker decides when left out"),
    ] = ""
    instance_count: Annotated[
        PerStage[jobs.InstanceCount],
        Field(description="number of instances that share the work"),
        InTemplate("Instances of the job."),
    ] = "1"
    schedule_expression: Annotated[
        PerStage[jobs.ScheduleExpression],
        Field(description="when to score again after the run at deployment; never when left out"),
        InTemplate("When the job runs again; only at deployment when empty."),
    ] = ""

    @rule("inference_instance")
    def _instance_is_possible(self, _: Launch) -> Iterator[Problem]:
        yield from self.impossible_instances()

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        bucket, _, key = at(self.batch_inference_data, stage).partition("/")
        return {
            **super().values(launch, stage),
            **self.encryption_parameters(stage),
            **self.network_parameters(stage),
            "BatchInputBucket": bucket,
            "BatchInputKey": key,
            "BatchOutputLocation": at(self.batch_job_output_location, stage),
            "BatchStrategy": self.strategy,
            "MaxPayloadInMB": self.max_payload_mb,
            "Tags": json_parameter.text([{"Key": key, "Value": value} for key, value in self.tags(launch, stage)]),
        }


class BatchBuiltIn(BuiltInImage, BatchTransform):
    """Score a data set, once or on a schedule, with a model of a built-in framework."""

    postfix: ClassVar = "BYOMPipelineBatchBuiltIn"
    short_name: ClassVar = "batch"

    pipeline_type: Literal["byom_batch_builtin"]


class BatchCustom(CustomImage, BatchTransform):
    """Score a data set, once or on a schedule, with a container image of your own."""

    postfix: ClassVar = "BYOMPipelineBatchCustom"
    short_name: ClassVar = "batch-custom"

    pipeline_type: Literal["byom_batch_custom"]
