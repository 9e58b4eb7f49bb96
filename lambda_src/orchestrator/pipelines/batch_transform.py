# SPDX-License-Identifier: Apache-2.0
"""`byom_batch_builtin` and `byom_batch_custom`: a data set scored by a transform job (compatibility 3.3, 3.4).

The job runs when the pipeline is deployed, and again when a changed request deploys another one. With a schedule it
also recurs: the run at deployment stays, so that a job that AWS refuses is found then and not at night.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from orchestrator import fields, job_fields, locations, parameter_json, training_fields
from orchestrator.operator_options import FunctionOptions, RoleOptions
from orchestrator.per_stage import PerStage, Stage, at
from orchestrator.pipelines.encryption import Encrypted, EncryptionParameters
from orchestrator.pipelines.models import BuiltInImage, CustomImage, OwnModel, OwnModelParameters
from orchestrator.settings import Launch


class BatchTransformParameters(RoleOptions, FunctionOptions, EncryptionParameters, OwnModelParameters):
    """Parameters of the batch transform blueprint."""

    BatchInputBucket: Annotated[fields.BucketName, Field(description="Bucket of the data to score.")]
    BatchInputKey: Annotated[fields.KeyPrefix, Field(description="Key or prefix of the data in that bucket.")] = ""
    BatchInferenceData: Annotated[locations.S3Data, Field(description="The same as bucket and key.")]
    BatchOutputLocation: Annotated[
        locations.S3Location, Field(description="Bucket and prefix that receive the results.")
    ]
    ContentType: Annotated[job_fields.MediaType, Field(description="MIME type of the data.")] = "text/csv"
    Accept: Annotated[job_fields.MediaType, Field(description="MIME type of the results.")] = "text/csv"
    SplitType: Annotated[job_fields.SplitType, Field(description="How a file is split into records.")] = "Line"
    BatchStrategy: Annotated[
        job_fields.BatchStrategy, Field(description="Records in a request to the model; SageMaker decides when empty.")
    ] = ""
    MaxPayloadInMB: Annotated[
        job_fields.MaxPayloadMb, Field(description="Largest request to the model; SageMaker decides when empty.")
    ] = ""
    InstanceCount: Annotated[job_fields.InstanceCount, Field(description="Instances of the job.")] = "1"
    ScheduleExpression: Annotated[
        job_fields.ScheduleExpression, Field(description="When the job runs again; only at deployment when empty.")
    ] = ""
    Tags: Annotated[training_fields.JsonDocument, Field(description="Tags of the jobs, as JSON.")]


class BatchTransform(Encrypted, OwnModel):
    """What both batch types have in common."""

    blueprint: ClassVar = "batch_transform"

    batch_inference_data: Annotated[
        PerStage[locations.S3Data],
        Field(description="bucket/key of the file to score, or bucket/prefix of several, without s3://"),
    ]
    batch_job_output_location: Annotated[
        PerStage[locations.S3Location], Field(description="bucket/prefix for the results, without s3://")
    ]
    content_type: Annotated[job_fields.MediaType, Field(description="MIME type of the data")] = "text/csv"
    accept: Annotated[job_fields.MediaType, Field(description="MIME type of the results")] = "text/csv"
    split_type: Annotated[
        job_fields.SplitType, Field(description="how a file is split into records; None: a file is one record")
    ] = "Line"
    strategy: Annotated[
        job_fields.BatchStrategy,
        Field(description="whether a request to the model has several records or one; SageMaker decides when left out"),
    ] = ""
    max_payload_mb: Annotated[
        job_fields.MaxPayloadMb,
        Field(description="megabytes of the largest request to the model; SageMaker decides when left out"),
    ] = ""
    instance_count: Annotated[
        PerStage[job_fields.InstanceCount], Field(description="number of instances that share the work")
    ] = "1"
    schedule_expression: Annotated[
        PerStage[job_fields.ScheduleExpression],
        Field(description="when to score again after the run at deployment; never when left out"),
    ] = ""

    def parameters(self, launch: Launch, stage: Stage | None) -> BatchTransformParameters:
        """See `PipelineRequest.parameters`."""
        data = at(self.batch_inference_data, stage)
        bucket, _, key = data.partition("/")
        return BatchTransformParameters(
            **self.model_parameters(launch, stage),
            **self.encryption_parameters(stage),
            BatchInputBucket=bucket,
            BatchInputKey=key,
            BatchInferenceData=data,
            BatchOutputLocation=at(self.batch_job_output_location, stage),
            ContentType=self.content_type,
            Accept=self.accept,
            SplitType=self.split_type,
            BatchStrategy=self.strategy,
            MaxPayloadInMB=self.max_payload_mb,
            InstanceCount=at(self.instance_count, stage),
            ScheduleExpression=at(self.schedule_expression, stage),
            Tags=parameter_json.text([{"Key": key, "Value": value} for key, value in self.tags(launch, stage)]),
        )


class BatchBuiltIn(BuiltInImage, BatchTransform):
    """Score a data set, once or on a schedule, with a model of a built-in framework."""

    postfix: ClassVar = "BYOMPipelineBatchBuiltIn"

    pipeline_type: Literal["byom_batch_builtin"]


class BatchCustom(CustomImage, BatchTransform):
    """Score a data set, once or on a schedule, with a container image of your own."""

    postfix: ClassVar = "BYOMPipelineBatchCustom"

    pipeline_type: Literal["byom_batch_custom"]
