# SPDX-License-Identifier: Apache-2.0
"""Models beside the request's own on its endpoint: variants that share its traffic, or a shadow of it."""

from __future__ import annotations

from typing import Any, Final

from awacs import sagemaker as sagemaker_actions
from troposphere import Equals, GetAtt, If, Not, NoValue, Ref, Select, Split, Template, sagemaker

from generator import parameters, permissions
from generator.conditions import if_provided
from generator.resources import model_resources
from orchestrator.pipeline_types.built_in.serving.variants import MOST, SEPARATOR

_ROLE, _NAME, _WEIGHT, _INSTANCE, _COUNT, _PACKAGE, _IMAGE, _ARTIFACT = range(8)
"""What a parameter holds, in this order (`Variant.packed`)."""
_SHADOWED: Final = "HasShadow"
_PLACES: Final = range(1, MOST + 1)


def model_id(place: int) -> str:
    """Logical id of the model of a variant; CloudFormation names the model after it."""
    return f"{model_resources.MODEL}Variant{place}"


def add_to(built: Template, role: str) -> None:
    """Add the models, each only when there is one. Their environment is that of the request's own (`own_container`)."""
    built.add_condition(_SHADOWED, Equals(_part(1, _ROLE), "shadow"))
    for place in _PLACES:
        built.add_condition(_is_there(place), Not(Equals(_part(place, _ROLE), "")))
        packaged = _is_packaged(place)
        built.add_condition(packaged, Not(Equals(_part(place, _PACKAGE), "")))
        container = sagemaker.ContainerDefinition(
            ModelPackageName=If(packaged, _part(place, _PACKAGE), NoValue),
            Image=If(packaged, NoValue, _part(place, _IMAGE)),
            ModelDataUrl=If(packaged, NoValue, _part(place, _ARTIFACT)),
            Environment=NoValue,
        )
        built.add_resource(
            model_resources.of_container(built, model_id(place), role, container, Condition=_is_there(place))
        )


def production() -> list[Any]:
    """The variants that share the traffic."""
    first = If(_SHADOWED, NoValue, _variant(1))
    return [
        If(_is_there(1), first, NoValue),
        *(If(_is_there(place), _variant(place), NoValue) for place in _PLACES[1:]),
    ]


def config_properties() -> dict[str, Any]:
    """Property of the endpoint's configuration that names the shadow; absent without one."""
    return {"ShadowProductionVariants": If(_SHADOWED, [_variant(1)], NoValue)}


def read_packages(built: Template) -> Any:
    """Policy of the model's role to read the packages of variants, when there are some."""
    actions = [sagemaker_actions.DescribeModelPackage, sagemaker_actions.DescribeModelPackageGroup]
    statement = permissions.allow(actions, Split(",", Ref("VariantPackages")))
    return if_provided(built, "VariantPackages", permissions.policy("VariantPackages", statement))


def _variant(place: int) -> sagemaker.ProductionVariant:
    return sagemaker.ProductionVariant(
        VariantName=_part(place, _NAME),
        ModelName=GetAtt(model_id(place), "ModelName"),
        InstanceType=_part(place, _INSTANCE),
        InitialInstanceCount=_part(place, _COUNT),
        InitialVariantWeight=_part(place, _WEIGHT),
    )


def _part(place: int, index: int) -> Select:
    return parameters.part(f"Variant{place}", index, SEPARATOR)


def _is_there(place: int) -> str:
    return f"HasVariant{place}"


def _is_packaged(place: int) -> str:
    return f"Variant{place}Packaged"
