# SPDX-License-Identifier: Apache-2.0
"""Models compared on one endpoint: the keys `variants` and `shadow_variant` of real-time requests."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Self

from pydantic import Field, PrivateAttr
from typing_extensions import override

from orchestrator.errors import Problem
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import rule
from orchestrator.pipeline_types.built_in.models import OwnModel
from orchestrator.pipeline_types.built_in.serving.updates import SafelyUpdated
from orchestrator.pipeline_types.built_in.serving.variants import MOST, NO_VARIANT, Shadow, Variant
from orchestrator.pipeline_types.optional_objects import optional_object
from orchestrator.plan import comparing_roles
from orchestrator.sagemaker import instance_types
from orchestrator.sagemaker.images import UnknownImageError
from orchestrator.sagemaker.instance_storage import has_local_storage
from orchestrator.sagemaker.serving import guardrails
from orchestrator.values.common import EXPECT_KEYWORD
from orchestrator.values.package_artifacts import PackagedModel
from orchestrator.values.per_stage import PerStage, PerStageObject, Stage, at, key_at
from orchestrator.values.template_parameters import TemplateParameters

_VARIANT: Final = f"a list of objects with {', '.join(Variant.model_fields)}; name and a model are needed"
_EXPECTED: Final = f"an object with {', '.join(Shadow.model_fields)}; name and a model are needed"
_SHADOW_EXAMPLE: Final = {"name": "next", "model_artifact_location": "models/next/model.tar.gz", "sampling_percent": 50}

# https://docs.aws.amazon.com/sagemaker/latest/dg/shadow-tests-exclusions.html
# https://docs.aws.amazon.com/sagemaker/latest/dg/serverless-endpoints.html (feature exclusions)
_EXCLUDED: Final = {
    "serverless": "SageMaker has no such endpoint",
    "containers": "SageMaker has no shadow of an endpoint of several containers, and a variant's model is of one",
}
"""Keys that cannot stand beside models compared, and why."""

Beside = Variant | Shadow
NONE: Final[list[Variant]] = []


class VariantParameters(TemplateParameters):
    """Parameters of a blueprint whose endpoint may have further variants."""

    Variant1: Annotated[str, Field(description="Role, name, weight, type, instances, package, image, artifact.")] = (
        NO_VARIANT
    )
    Variant2: Annotated[str, Field(description="The same of another one.")] = NO_VARIANT
    VariantPackages: Annotated[str, Field(description="ARNs of their packages and groups.")] = ""
    ComparedBy: Annotated[str, Field(description="Role to compare them from outside, and who assumes it.")] = ""


class Compared(SafelyUpdated, OwnModel):
    """A pipeline whose endpoint may have models beside its own."""

    variants: Annotated[
        PerStage[Annotated[list[Variant], Field(max_length=MOST)]],
        Field(
            description="further models that share the traffic with the request's own, two at most",
            json_schema_extra={"default": [], EXPECT_KEYWORD: _VARIANT},
        ),
    ] = NONE
    shadow_variant: Annotated[
        PerStageObject[Annotated[Shadow | None, optional_object(_EXPECTED)]],
        Field(
            description="a model that gets copies of the calls; its answers are captured and nobody gets them",
            json_schema_extra={"default": "", EXPECT_KEYWORD: _EXPECTED, "examples": [_SHADOW_EXAMPLE]},
        ),
    ] = None

    _packages: dict[str, PackagedModel] = PrivateAttr(default_factory=dict)

    def beside(self, stage: Stage | None) -> Iterator[tuple[str, Beside]]:
        """Yield the models beside the request's own with the keys that hold them."""
        key = key_at("variants", self.variants, stage)
        yield from ((f"{key}.{index}", one) for index, one in enumerate(self.at_stage(stage)))
        if shadow := self.shadow_at(stage):
            yield key_at("shadow_variant", self.shadow_variant, stage), shadow

    def at_stage(self, stage: Stage | None) -> list[Variant]:
        """Return the models that share the traffic with the request's own."""
        return at(self.variants, stage)

    def shadow_at(self, stage: Stage | None) -> Shadow | None:
        """Return the model that gets copies."""
        return at(self.shadow_variant, stage)

    def every_beside(self, launch: Launch) -> dict[str, Beside]:
        """Return key -> model, of all stages."""
        return {key: one for stage in self.stages(launch) for key, one in self.beside(stage)}

    @override
    def has_variants_at(self, stage: Stage | None) -> bool:
        return any(True for _ in self.beside(stage))

    @override
    def further_packages(self, launch: Launch) -> Mapping[str, str]:
        return {
            f"{key}.model_package_name": one.model_package_name
            for key, one in self.every_beside(launch).items()
            if one.model_package_name
        }

    @override
    def with_further_package(self, arn: str, model: PackagedModel) -> Self:
        informed = self.model_copy()
        informed._packages = {**self._packages, arn: model}
        return informed

    @override
    def places(self, launch: Launch, stage: Stage | None) -> PackagedModel:
        """The artifacts beside the request's own are read as those of packages are."""
        found = super().places(launch, stage)
        for one in self.every_beside(launch).values():
            if one.model_artifact_location:
                found = found.joined(PackagedModel((f"{launch.assets_bucket}/{one.model_artifact_location}",)))
            found = found.joined(self._packages.get(one.model_package_name, PackagedModel()))
        return found

    @override
    def values(self, launch: Launch, stage: Stage | None) -> dict[str, Any]:
        values = super().values(launch, stage)
        models = [one for _, one in self.beside(stage)]
        if not models:
            return values
        packed = {f"Variant{place}": self._packed(one, launch, stage) for place, one in enumerate(models, 1)}
        packages = dict.fromkeys(one.model_package_name for one in models if one.model_package_name)
        arns = [arn for package in packages for arn in (package, _group(package))]
        # In the orchestrator's own account its function needs no role to look at them.
        by = {comparing_roles.PARAMETER: comparing_roles.parameter(launch, self.stack_name, stage)} if stage else {}
        return {**values, **packed, "VariantPackages": ",".join(dict.fromkeys(arns)), **by}

    def _packed(self, one: Beside, launch: Launch, stage: Stage | None) -> str:
        instance_type = one.inference_instance or at(self.inference_instance, stage)
        image = "" if one.model_package_name else self.image_on(launch, instance_type)
        return one.packed(instance_type, image, launch.assets_bucket)

    @override
    def warnings(self, launch: Launch) -> Iterator[str]:
        yield from super().warnings(launch)
        for key, one in self.every_beside(launch).items():
            if one.inference_instance and (sentence := instance_types.unknown("endpoint", one.inference_instance)):
                yield f"{key}.inference_instance: {sentence}"

    @override
    def needs_no_volume_key(self, stage: Stage | None) -> bool:
        return any(
            one.inference_instance and has_local_storage(one.inference_instance) for _, one in self.beside(stage)
        )

    @rule("variants", "shadow_variant", "model_package_name")
    def _models_beside_are_whole(self, launch: Launch) -> Iterator[Problem]:
        for key, one in self.every_beside(launch).items():
            for member, words in one.missing(self.comes_from_package(launch)):
                yield Problem(f"{key}.{member}", words)
            if one.inference_instance and (words := instance_types.impossible("endpoint", one.inference_instance)):
                yield Problem(f"{key}.inference_instance", words)

    @rule("shadow_variant", "inference_instance")
    def _instances_can_have_a_shadow(self, launch: Launch) -> Iterator[Problem]:
        yield from self.of_each_stage(launch, self._without_shadows)

    def _without_shadows(self, stage: Stage | None) -> Iterator[Problem]:
        shadow, own = self.shadow_at(stage), at(self.inference_instance, stage)
        if shadow is None:
            return
        named = {
            key_at("inference_instance", self.inference_instance, stage): own,
            f"{key_at('shadow_variant', self.shadow_variant, stage)}.inference_instance": shadow.inference_instance,
        }
        for key, instance_type in named.items():
            if instance_type and guardrails.lacks_shadows(instance_type):
                yield Problem(key, f"must not be {instance_type}: SageMaker has no shadows with ml.inf1 instances")

    @rule("variants", "shadow_variant")
    def _variants_are_possible(self, launch: Launch) -> Iterator[Problem]:
        yield from self.of_each_stage(launch, self._conflicts_at)

    def _conflicts_at(self, stage: Stage | None) -> Iterator[Problem]:
        names: set[str] = set()
        for key, one in self.beside(stage):
            if one.name.lower() in names:
                yield Problem(f"{key}.name", f"must differ from the others: {one.name} is there already")
            names.add(one.name.lower())
        if self.at_stage(stage) and self.shadow_at(stage):
            yield Problem(
                key_at("shadow_variant", self.shadow_variant, stage),
                "must not be given beside variants: SageMaker copies the calls of one production variant alone",
            )
        for other, why in _EXCLUDED.items():
            given: Any = getattr(self, other, None)
            if names and at(given, stage):
                yield Problem(other, f"must not be given beside variants or shadow_variant: {why}")

    @rule("variants", "shadow_variant", "inference_instance", "model_package_name")
    def _their_images_exist(self, launch: Launch) -> Iterator[Problem]:
        if self.comes_from_package(launch):
            return
        for key, one in self.every_beside(launch).items():
            if one.inference_instance and not one.model_package_name:
                try:
                    self.image_on(launch, one.inference_instance)
                except UnknownImageError as error:
                    if error.key == "instance_type":
                        yield Problem(f"{key}.inference_instance", str(error))


def _group(package: str) -> str:
    account, _, version = package.partition(":model-package/")
    return f"{account}:model-package-group/{version.partition('/')[0]}"
