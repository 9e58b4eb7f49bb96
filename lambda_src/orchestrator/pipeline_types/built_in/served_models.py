# SPDX-License-Identifier: Apache-2.0
"""What SageMaker serves on instances: the model of a request, wherever it comes from (compatibility 3.1 to 3.4)."""

from typing import Annotated, Any, Final

from pydantic import Field
from typing_extensions import override

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.blueprints import BlueprintPipeline
from orchestrator.values import common
from orchestrator.values.common import InstanceType
from orchestrator.values.package_artifacts import PackagedModel
from orchestrator.values.per_stage import PerStage, Stage, at, by_key
from orchestrator.values.template_parameters import InTemplate, TemplateParameters

_Joined = Annotated[str, Field(max_length=4096)]
"""Comma-separated texts made by the orchestrator."""


WITHOUT_INSTANCE: Final = "ml.m5.large"
"""What runs without an instance of its own runs on x86."""


class ServedModelParameters(TemplateParameters):
    """Parameters of a blueprint that makes a SageMaker model of what the request names."""

    ModelName: Annotated[common.ModelName, Field(description="Name of the model, for tags.")]
    AssetsBucket: Annotated[common.BucketName, Field(description="Bucket that holds the model artifact.")]
    ModelArtifactLocation: Annotated[
        common.AssetsKey, Field(description="Key of model.tar.gz in the assets bucket.")
    ] = ""
    ModelPackageName: Annotated[
        common.ModelPackageArn,
        Field(description="Model package version to deploy instead of an image and an artifact."),
    ] = ""
    ImageUri: Annotated[common.ImageUri, Field(description="Container image that serves the model.")] = ""
    CustomAlgorithmsECRRepoArn: Annotated[
        _Joined, Field(description="Repositories from which images may be pulled, with commas between.")
    ] = ""
    ModelPackageGroupName: Annotated[
        common.ModelPackageGroupName, Field(description="Group of that model package version, in the same account.")
    ] = ""
    ModelPackageObjects: Annotated[
        _Joined,
        Field(description="ARNs of objects that hold a version's model, and others; a star stands for several."),
    ] = ""
    ModelPackageBuckets: Annotated[
        _Joined, Field(description="ARNs of the buckets in which several have to be found.")
    ] = ""
    ModelPackagePrefixes: Annotated[_Joined, Field(description="How the keys of these begin.")] = ""


class ServedModel(BlueprintPipeline):
    """A model that SageMaker serves on instances, wherever it comes from."""

    inference_instance: Annotated[
        PerStage[InstanceType],
        Field(description="instance type that serves the model"),
        InTemplate("Instance type that serves the model."),
    ]

    def comes_from_package(self, launch: Launch) -> bool:
        """Whether a model package is deployed."""
        return False

    def data_prefix(self, launch: Launch, stage: Stage | None) -> str:
        """Return the prefix of the model's files in the assets bucket; empty if they are an artifact."""
        return ""

    def places(self, launch: Launch, stage: Stage | None) -> PackagedModel:
        """Return where in S3 the model is, as far as it is not at `model_artifact_location`."""
        return PackagedModel()

    def image_uri(self, launch: Launch, stage: Stage | None) -> str:
        """Return the container image; empty with a model package, which names its own."""
        raise NotImplementedError

    def repository_arn(self, launch: Launch) -> str:
        """Return the ARN of the ECR repository that the model's role must read."""
        return launch.ecr_repository_arn

    def repository_arns(self, launch: Launch) -> tuple[str, ...]:
        """Return the ARNs of all such repositories."""
        return (self.repository_arn(launch),)

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        return {
            **super().values(launch, stage),
            **self.places(launch, stage).parameters(launch.partition),
            "AssetsBucket": launch.assets_bucket,
            "ImageUri": self.image_uri(launch, stage),
            "CustomAlgorithmsECRRepoArn": ",".join(dict.fromkeys(self.repository_arns(launch))),
        }

    def instance_type_at(self, stage: Stage | None) -> str:
        """Return the instance type whose processor the image of a stage is for."""
        return at(self.inference_instance, stage)

    def instance_types(self) -> list[tuple[str, str | None]]:
        """Return each instance type with its key; a single `None` without key when the key itself is invalid."""
        given = getattr(self, "inference_instance", None)
        if given is None:
            return [("", None)]
        return [(key, value or WITHOUT_INSTANCE) for key, value in by_key("inference_instance", given)]
