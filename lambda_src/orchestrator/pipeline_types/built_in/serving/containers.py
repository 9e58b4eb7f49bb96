# SPDX-License-Identifier: Apache-2.0
"""Containers that serve a model: their environment, and further ones in series.

https://docs.aws.amazon.com/sagemaker/latest/dg/inference-pipelines.html
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types import private_images
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.served_models import ServedModel
from orchestrator.pipeline_types.optional_objects import optional_object
from orchestrator.pipeline_types.private_images import PrivateImage
from orchestrator.plan.additions import Additions, FurtherContainer, Variable
from orchestrator.sagemaker.images import ImageQuery, UnknownImageError, resolve
from orchestrator.sagemaker.serving import environments
from orchestrator.values.common import EXPECT_KEYWORD, AssetsKey, Expect, FrameworkName, FrameworkVersion, ImageUri
from orchestrator.values.package_artifacts import PackagedModel
from orchestrator.values.per_stage import PerStageObject, Stage, at, by_key

_MOST_FURTHER: Final = 3
_EXPECTED: Final = "an object of names and texts"
_EXAMPLE: Final = [{"model_framework": "xgboost", "model_framework_version": "1.7-1"}]
_SHOWN: Final = {EXPECT_KEYWORD: _EXPECTED, "default": "", "examples": [{"LOG_LEVEL": "info"}]}

_Text = Annotated[
    str,
    Field(min_length=1, max_length=environments.LONGEST_VALUE),
    Expect("a text of 1 to 1024 characters", but="or left out"),
]
Environment = PerStageObject[Annotated[dict[str, _Text] | None, optional_object(_EXPECTED)]]
"""Variables by name, perhaps by stage."""


class ContainerInSeries(BaseModel):
    """A container that gets what the one before it has answered."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    custom_image_uri: Annotated[
        ImageUri, Field(description="URI of its image, or else a framework and its version")
    ] = ""
    model_framework: Annotated[FrameworkName, Field(description="framework or algorithm of its image")] = ""
    model_framework_version: Annotated[FrameworkVersion, Field(description="version of the framework")] = ""
    model_artifact_location: Annotated[
        AssetsKey, Field(description="key of its model.tar.gz in the assets bucket; none when left out")
    ] = ""
    environment: Annotated[
        Environment, Field(description="environment variables of this container", json_schema_extra=_SHOWN)
    ] = None

    @property
    def is_built_in(self) -> bool:
        """Whether its image is one of SageMaker's."""
        return bool(self.model_framework and self.model_framework_version)

    def image_uri(self, region: str, instance_type: str) -> str:
        """Return its image; raises `UnknownImageError` where there is none for the instance type."""
        if self.custom_image_uri:
            return self.custom_image_uri
        framework, version = self.model_framework, self.model_framework_version
        return resolve(ImageQuery(framework, version, region, instance_type, "inference"))


_Series = Annotated[
    Annotated[list[ContainerInSeries], Field(max_length=_MOST_FURTHER)] | None,
    BeforeValidator(lambda value: None if value == "" else value),
]


class WithContainers(ServedModel):
    """A model whose containers have an environment, and which may have several."""

    environment: Annotated[
        Environment,
        Field(
            description="environment variables of the model's container, by name; the values may differ by stage and "
            "are no place for secrets",
            json_schema_extra=_SHOWN,
        ),
    ] = None
    containers: Annotated[
        _Series,
        Field(
            description="further containers, 3 at most: each gets what the one before it has answered",
            json_schema_extra={EXPECT_KEYWORD: "a list of 3 objects at most", "default": "", "examples": [_EXAMPLE]},
        ),
    ] = None

    @property
    def further(self) -> list[ContainerInSeries]:
        """The containers after the first."""
        return self.containers or []

    def variables(self, stage: Stage | None) -> Mapping[str, str]:
        """Return the environment of the first container at a stage."""
        return _at(self.environment, stage)

    def variables_at_all(self, launch: Launch) -> tuple[str, ...]:
        """Return the names of the first container's variables in any stage, sorted."""
        return _names(self.variables(stage) for stage in self.stages(launch))

    @override
    def additions(self, launch: Launch) -> Additions:
        return replace(
            super().additions(launch),
            environment=_numbered("Environment", self.variables_at_all(launch)),
            further=tuple(
                FurtherContainer(
                    f"Container{number}Image",
                    f"Container{number}Artifact",
                    _numbered(
                        f"Container{number}Environment",
                        _names(_at(one.environment, stage) for stage in self.stages(launch)),
                    ),
                )
                for number, one in enumerate(self.further, start=2)
            ),
        )

    @override
    def parameter_values(self, launch: Launch, stage: Stage | None) -> Mapping[str, str]:
        """Return the declared parameters, and those that the additions declare."""
        additions, instance_type = self.additions(launch), at(self.inference_instance, stage)
        values = {**super().parameter_values(launch, stage), **_filled(additions.environment, self.variables(stage))}
        for named, one in zip(additions.further, self.further, strict=True):
            values[named.image] = one.image_uri(launch.region, instance_type)
            values[named.artifact] = one.model_artifact_location
            values |= _filled(named.environment, _at(one.environment, stage))
        return values

    @override
    def places(self, launch: Launch, stage: Stage | None) -> PackagedModel:
        keys = [one.model_artifact_location for one in self.further if one.model_artifact_location]
        further = PackagedModel(tuple(f"{launch.assets_bucket}/{key}" for key in keys))
        return super().places(launch, stage).joined(further)

    @override
    def repository_arns(self, launch: Launch) -> tuple[str, ...]:
        named = (PrivateImage.named(one.custom_image_uri) for one in self.further)
        return (*super().repository_arns(launch), *(image.repository_arn(launch) for image in named if image))

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        for key, environment in self._environments():
            for name in environments.secrets_by_name(environment):
                yield (
                    f"{key}.{name}: whoever may look at the model or the package sees this value; keep a secret in AWS "
                    "Secrets Manager, and give the container its ARN"
                )
        for index, one in enumerate(self.further):
            yield from private_images.warnings(f"containers.{index}.custom_image_uri", one.custom_image_uri, launch)

    @rule("environment", "containers")
    def _environments_are_possible(self, launch: Launch) -> Iterator[Problem]:
        for key, environment in self._environments():
            for name in environment:
                if problem := environments.wrong_name(name):
                    yield Problem(f"{key}.{name}", problem)
        for stage in self.stages(launch):
            of_all = [_at(self.environment, stage), *(_at(one.environment, stage) for one in self.further)]
            if problem := environments.too_large(of_all):
                yield Problem("environment", problem)
                return

    @rule("containers", "inference_instance")
    def _further_images_exist(self, launch: Launch) -> Iterator[Problem]:
        for index, one in enumerate(self.further):
            key = f"containers.{index}"
            if bool(one.custom_image_uri) == one.is_built_in or (one.custom_image_uri and one.model_framework):
                yield Problem(key, "needs custom_image_uri, or model_framework and model_framework_version, not both")
            elif one.custom_image_uri:
                yield from private_images.problems(f"{key}.custom_image_uri", one.custom_image_uri, launch)
            else:
                yield from _unknown_image(key, one, launch, by_key("inference_instance", self.inference_instance))

    def _environments(self) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Yield each environment with its key."""
        held = [("environment", self.environment)]
        held += [(f"containers.{index}.environment", one.environment) for index, one in enumerate(self.further)]
        for key, environment in held:
            for below, variables in by_key(key, environment):
                yield below, variables or {}


def _unknown_image(
    key: str, one: ContainerInSeries, launch: Launch, instance_types: list[tuple[str, str]]
) -> Iterator[Problem]:
    for _, instance_type in instance_types:
        if not instance_type:
            continue
        try:
            one.image_uri(launch.region, instance_type)
        except UnknownImageError as error:
            named = "model_framework" if error.key == "instance_type" else error.key
            yield Problem(f"{key}.{named}", str(error))
            return


def _at(environment: Any, stage: Stage | None) -> Mapping[str, str]:
    found: Mapping[str, str] | None = at(environment, stage)
    return found or {}


def _names(environments_by_stage: Iterator[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(sorted({name for variables in environments_by_stage for name in variables}))


def _numbered(beginning: str, names: tuple[str, ...]) -> tuple[Variable, ...]:
    return tuple(Variable(name, f"{beginning}{number}") for number, name in enumerate(names, start=1))


def _filled(variables: tuple[Variable, ...], values: Mapping[str, str]) -> dict[str, str]:
    return {one.parameter: values.get(one.name, "") for one in variables}
