# SPDX-License-Identifier: Apache-2.0
"""How a model gets to its instances: how long that may take, on what volume, and from which files.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProductionVariant.html
https://docs.aws.amazon.com/sagemaker/latest/dg/large-model-inference-uncompressed.html
"""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.models import OwnModel
from orchestrator.pipeline_types.built_in.serving import values as hosting
from orchestrator.pipeline_types.built_in.serving.containers import WithContainers
from orchestrator.sagemaker.instance_storage import has_local_storage
from orchestrator.values.package_artifacts import PackagedModel
from orchestrator.values.per_stage import PerStage, Stage, at, by_key, key_at
from orchestrator.values.template_parameters import TemplateParameters


class LoadingParameters(TemplateParameters):
    """Parameters of a blueprint of an endpoint; the request has said what is wrong with a value."""

    ModelDataDownloadTimeout: Annotated[str, Field(description="Seconds to fetch the model in.")] = ""
    ContainerStartupTimeout: Annotated[str, Field(description="Seconds until containers answer.")] = ""
    VolumeSize: Annotated[str, Field(description="Gigabytes of an instance's volume.")] = ""
    ModelDataPrefix: Annotated[str, Field(description="Prefix of the model's files in the assets bucket.")] = ""


class Loading(WithContainers):
    """A model behind an endpoint, whose instances load it when they start."""

    model_data_download_timeout: Annotated[
        PerStage[hosting.Seconds],
        Field(description="seconds in which an instance must have fetched the model; SageMaker decides when left out"),
    ] = ""
    container_startup_timeout: Annotated[
        PerStage[hosting.Seconds],
        Field(description="seconds in which the containers must answer pings; SageMaker decides when left out"),
    ] = ""
    volume_size: Annotated[
        PerStage[hosting.VolumeGb],
        Field(
            description="gigabytes of the volume of each instance, for instance types without storage of their own; "
            "SageMaker decides when left out"
        ),
    ] = ""

    @override
    def places(self, launch: Launch, stage: Stage | None) -> PackagedModel:
        prefix = self.data_prefix(launch, stage)
        of_files = PackagedModel((f"{launch.assets_bucket}/{prefix}/*",) if prefix else ())
        return super().places(launch, stage).joined(of_files)

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        return {**super().values(launch, stage), "ModelDataPrefix": self.data_prefix(launch, stage)}

    @rule("volume_size", "inference_instance")
    def _volume_can_have_a_size(self, launch: Launch) -> Iterator[Problem]:
        """SageMaker refuses a size for an instance type that comes with storage."""
        yield from self.of_each_stage(launch, self._size_of_local_storage)

    def _size_of_local_storage(self, stage: Stage | None) -> Iterator[Problem]:
        instance_type = at(self.inference_instance, stage)
        if at(self.volume_size, stage) and has_local_storage(instance_type):
            yield Problem(
                key_at("volume_size", self.volume_size, stage),
                f"cannot be chosen for {instance_type}, whose local NVMe storage SageMaker uses; leave it out",
            )


class PrefixedModel(OwnModel):
    """A model that the caller brings as an artifact, or as files below a prefix."""

    model_data_prefix: Annotated[
        PerStage[hosting.ModelDataPrefix],
        Field(
            description="prefix of the model's uncompressed files in the assets bucket, in place of "
            "model_artifact_location"
        ),
    ] = ""

    @override
    def unused_keys(self, launch: Launch) -> frozenset[str]:
        own = {"model_data_prefix"} if self.comes_from_package(launch) else set()
        return super().unused_keys(launch) | own

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        if self.comes_from_package(launch) and any(prefix for _, prefix in self._prefixes()):
            yield "model_data_prefix is ignored: the model package version has its own model"

    @rule("model_artifact_location", "model_package_name", "model_data_prefix")
    @override
    def _artifact_without_package(self, launch: Launch) -> Iterator[Problem]:
        if not any(prefix for _, prefix in self._prefixes()):
            yield from super()._artifact_without_package(launch)
            return
        if self.model_artifact_location:
            yield Problem("model_data_prefix", "takes the place of model_artifact_location: leave one of them out")
        for key, prefix in self._prefixes():
            if not prefix:
                yield Problem(key, "is required: the model is at a prefix in every stage, or in none")

    @override
    def data_prefix(self, launch: Launch, stage: Stage | None) -> str:
        """Return the prefix; empty with a model package, which has its own model."""
        return "" if self.comes_from_package(launch) else at(self.model_data_prefix, stage)

    def _prefixes(self) -> list[tuple[str, str]]:
        return by_key("model_data_prefix", self.model_data_prefix)
