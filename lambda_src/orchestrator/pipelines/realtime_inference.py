# SPDX-License-Identifier: Apache-2.0
"""`byom_realtime_builtin` and `byom_realtime_custom`: an endpoint behind a signed API (contract 3.1, 3.2)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from orchestrator import fields
from orchestrator.per_stage import PerStage, Stage, at
from orchestrator.pipelines.models import BuiltInImage, CustomImage, OwnModel
from orchestrator.settings import Launch
from orchestrator.template_parameters import TemplateParameters


class RealtimeInferenceParameters(TemplateParameters):
    """Parameters of the real-time inference blueprint."""

    ModelName: Annotated[fields.ModelName, Field(description="Name of the model, for tags.")]
    AssetsBucket: Annotated[fields.BucketName, Field(description="Bucket that holds the model artifact.")]
    ModelArtifactLocation: Annotated[
        fields.AssetsKey, Field(description="Key of model.tar.gz in the assets bucket.")
    ] = ""
    ImageUri: Annotated[fields.ImageUri, Field(description="Container image that serves the model.")] = ""
    CustomAlgorithmsECRRepoArn: Annotated[
        fields.EcrRepositoryArn, Field(description="Repository in this account from which the image may be pulled.")
    ] = ""
    ModelPackageName: Annotated[
        fields.ModelPackageArn,
        Field(description="Model package version to deploy instead of an image and an artifact."),
    ] = ""
    InferenceInstance: Annotated[fields.InstanceType, Field(description="Instance type of the endpoint.")]
    EndpointName: Annotated[fields.EndpointName, Field(description="Name of the endpoint; generated when empty.")] = ""
    DataCaptureLocation: Annotated[
        fields.S3Location, Field(description="Bucket and prefix that receive the captured requests and answers.")
    ]
    KmsKeyArn: Annotated[
        fields.KmsKeyArn, Field(description="Key that encrypts the endpoint's volume and the captured data.")
    ] = ""


class RealtimeInference(OwnModel):
    """What both real-time types have in common."""

    blueprint: ClassVar = "realtime_inference"

    data_capture_location: Annotated[
        PerStage[fields.S3Location],
        Field(description="bucket/prefix for the captured requests and answers, without s3://"),
    ]
    endpoint_name: Annotated[PerStage[fields.EndpointName], Field(description="name of the endpoint")] = ""
    kms_key_arn: Annotated[
        PerStage[fields.KmsKeyArn], Field(description="key that encrypts the endpoint's volume and the captured data")
    ] = ""

    def parameters(self, launch: Launch, stage: Stage | None) -> RealtimeInferenceParameters:
        """See `PipelineRequest.parameters`."""
        return RealtimeInferenceParameters(
            ModelName=self.model_name,
            AssetsBucket=launch.assets_bucket,
            ModelArtifactLocation=self.model_artifact_location,
            ImageUri=self.image_uri(launch, stage),
            CustomAlgorithmsECRRepoArn=self.repository_arn(launch),
            ModelPackageName=self.model_package_name,
            InferenceInstance=at(self.inference_instance, stage),
            EndpointName=at(self.endpoint_name, stage),
            DataCaptureLocation=at(self.data_capture_location, stage),
            KmsKeyArn=at(self.kms_key_arn, stage),
        )


class RealtimeBuiltIn(BuiltInImage, RealtimeInference):
    """Serve predictions from an endpoint, with a model of a built-in framework."""

    postfix: ClassVar = "BYOMPipelineRealtimeBuiltIn"
    contract: ClassVar = "3.1"

    pipeline_type: Literal["byom_realtime_builtin"]


class RealtimeCustom(CustomImage, RealtimeInference):
    """Serve predictions from an endpoint, with a container image of your own."""

    postfix: ClassVar = "BYOMPipelineRealtimeCustom"
    contract: ClassVar = "3.2"

    pipeline_type: Literal["byom_realtime_custom"]
