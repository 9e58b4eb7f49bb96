# SPDX-License-Identifier: Apache-2.0
"""Source of the caller's model: a model package, or artifact and image (compatibility 3.1 to 3.4)."""

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, PrivateAttr, StrictBool
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types import private_images
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.served_models import ServedModel
from orchestrator.pipeline_types.private_images import PrivateImage
from orchestrator.plan import layout
from orchestrator.plan.automation import NOTHING, PlannedAutomation
from orchestrator.sagemaker.images import ImageQuery, UnknownImageError, resolve, superfluous_version
from orchestrator.values.common import (
    AssetsKey,
    Expect,
    FrameworkName,
    FrameworkVersion,
    ImageUri,
    ModelPackageArn,
)
from orchestrator.values.package_artifacts import PackagedModel
from orchestrator.values.per_stage import Stage


class OwnModel(ServedModel):
    """A model that the caller brings: an image and an artifact, or a package of both."""

    in_package: ClassVar[tuple[str, ...]] = ("model_artifact_location",)
    """Keys that are ignored with a model package, which has its own image and artifact."""

    model_artifact_location: Annotated[
        AssetsKey,
        Field(description="key of model.tar.gz in the assets bucket (needed without a model package)"),
    ] = ""
    model_package_name: Annotated[
        ModelPackageArn,
        Field(description="ARN of the model package version (needed with the model registry)"),
    ] = ""

    deploy_on_approval: Annotated[
        StrictBool,
        Expect("true or false"),
        Field(
            description="deploy a version of the model package's group by itself when it is approved, and go back when "
            "the deployed one is rejected; the group must be of this account"
        ),
    ] = False

    _packaged: PackagedModel = PrivateAttr(PackagedModel())

    @override
    def comes_from_package(self, launch: Launch) -> bool:
        """Whether a model package is deployed: always with the model registry, else if the request names one."""
        return launch.use_model_registry or bool(self.model_package_name)

    @override
    def automation(self, launch: Launch) -> PlannedAutomation:
        if not self.deploy_on_approval:
            return NOTHING
        follows = (layout.follower_of_group(self.model_package_name.split("/")[1], self.stack_name),)
        return PlannedAutomation(("deploy_on_approval",), (("deploy_on_approval", True),), follows)

    @override
    def unused_keys(self, launch: Launch) -> frozenset[str]:
        return frozenset(self.in_package) if self.comes_from_package(launch) else frozenset()

    @override
    def model_package(self, launch: Launch) -> str:
        return self.model_package_name

    @override
    def with_packaged_model(self, model: PackagedModel) -> Self:
        informed = self.model_copy()
        informed._packaged = model
        return informed

    @override
    def places(self, launch: Launch, stage: Stage | None) -> PackagedModel:
        return super().places(launch, stage).joined(self._packaged)

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        return {
            **super().values(launch, stage),
            "ModelArtifactLocation": "" if self.comes_from_package(launch) else self.model_artifact_location,
            "ModelPackageGroupName": self.model_package_name.split("/")[1] if self.model_package_name else "",
        }

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        if not self.comes_from_package(launch):
            return
        if not launch.use_model_registry:
            yield (
                "model_package_name: the model package is deployed, although UseModelRegistry of this orchestrator is "
                "No; leave the key out to deploy an image and an artifact"
            )
        for key in self.in_package:
            if getattr(self, key):
                yield f"{key} is ignored: the model package version has its own image and artifact"
        region = self.model_package_name.split(":")[3]
        if region != launch.region:
            yield (
                f"model_package_name: SageMaker deploys packages of its own Region, {launch.region}; this one is in "
                f"{region}"
            )

    @override
    def image_uri(self, launch: Launch, stage: Stage | None) -> str:
        return "" if self.comes_from_package(launch) else self.image_on(launch, self.instance_type_at(stage))

    def image_on(self, launch: Launch, instance_type: str) -> str:
        """Return the image of a model without a package for an instance type; raises `UnknownImageError`."""
        raise NotImplementedError

    def _needed_without_package(self, key: str, launch: Launch) -> Iterator[Problem]:
        if not self.comes_from_package(launch) and not getattr(self, key):
            yield Problem(key, f"is required: {type(self).model_fields[key].description}")

    @rule("model_package_name")
    def _registry_names_a_package(self, launch: Launch) -> Iterator[Problem]:
        if launch.use_model_registry and not self.model_package_name:
            yield Problem("model_package_name", "is required: this orchestrator deploys models from the model registry")

    @rule("deploy_on_approval", "model_package_name")
    def _approvals_are_heard_of(self, launch: Launch) -> Iterator[Problem]:
        """SageMaker tells of a version's approval in the account and Region of its group alone."""
        if not self.deploy_on_approval:
            return
        if not self.model_package_name:
            yield Problem(
                "deploy_on_approval",
                "needs model_package_name, the version to begin with: the versions of its group are deployed when they "
                "are approved",
            )
        elif self.model_package_name.split(":")[3:5] != [launch.region, launch.account]:
            yield Problem(
                "deploy_on_approval",
                "needs a model package of the orchestrator's own account and Region: approvals elsewhere are not heard "
                "of here",
            )

    @rule("model_artifact_location", "model_package_name")
    def _artifact_without_package(self, launch: Launch) -> Iterator[Problem]:
        yield from self._needed_without_package("model_artifact_location", launch)


class BuiltInImage(OwnModel):
    """A model served by the image of one of SageMaker's frameworks or algorithms."""

    in_package: ClassVar = (*OwnModel.in_package, "model_framework", "model_framework_version")

    model_framework: Annotated[
        FrameworkName, Field(description="framework or algorithm (needed without a model package)")
    ] = ""
    model_framework_version: Annotated[
        FrameworkVersion, Field(description="version of the framework (needed without a model package)")
    ] = ""

    @override
    def image_on(self, launch: Launch, instance_type: str) -> str:
        return resolve(self._query(launch, instance_type))

    def _query(self, launch: Launch, instance_type: str | None) -> ImageQuery:
        return ImageQuery(
            framework=self.model_framework,
            version=self.model_framework_version,
            region=launch.region,
            instance_type=instance_type,
            purpose="inference",
        )

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        if not self.comes_from_package(launch):
            for _, instance_type in self.instance_types()[:1]:
                yield from superfluous_version(self._query(launch, instance_type))

    @rule("model_framework", "model_package_name")
    def _framework_without_package(self, launch: Launch) -> Iterator[Problem]:
        yield from self._needed_without_package("model_framework", launch)

    @rule("model_framework_version", "model_package_name")
    def _version_without_package(self, launch: Launch) -> Iterator[Problem]:
        yield from self._needed_without_package("model_framework_version", launch)

    @rule("model_framework", "model_framework_version", "model_package_name")
    def _image_exists(self, launch: Launch) -> Iterator[Problem]:
        """Refuse an image that does not exist before anything is made (lessons 20 and 29)."""
        if self.comes_from_package(launch) or not (self.model_framework and self.model_framework_version):
            return
        found: dict[str, Problem] = {}
        for key, instance_type in self.instance_types():
            try:
                resolve(self._query(launch, instance_type))
            except UnknownImageError as error:
                named = key if error.key == "instance_type" else error.key
                found.setdefault(named, Problem(named, str(error)))
        yield from (problem for key, problem in found.items() if key)


class CustomImage(OwnModel):
    """A model served by the caller's own container image."""

    in_package: ClassVar = (*OwnModel.in_package, "custom_image_uri")

    custom_image_uri: Annotated[
        ImageUri,
        Field(description="URI of the container image that serves the model (needed without a model package)"),
    ] = ""

    @override
    def image_on(self, launch: Launch, instance_type: str) -> str:
        return self.custom_image_uri

    @override
    def repository_arn(self, launch: Launch) -> str:
        """Return the ARN of the image's own repository; with a model package, of the solution's."""
        image = PrivateImage.named(self.custom_image_uri)
        if image is None or self.comes_from_package(launch):
            return launch.ecr_repository_arn
        return image.repository_arn(launch)

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        if not self.comes_from_package(launch):
            yield from private_images.warnings("custom_image_uri", self.custom_image_uri, launch)

    @rule("custom_image_uri", "model_package_name")
    def _image_without_package(self, launch: Launch) -> Iterator[Problem]:
        yield from self._needed_without_package("custom_image_uri", launch)
        if not self.comes_from_package(launch):
            yield from private_images.problems("custom_image_uri", self.custom_image_uri, launch)
