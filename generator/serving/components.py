# SPDX-License-Identifier: Apache-2.0
"""An endpoint whose model is an inference component: instances that SageMaker adds and takes away, down to none.

The component itself is put in when the blueprint is packaged (`plan/component.py`).

https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling-zero-instances.html
"""

from __future__ import annotations

from typing import Any, Final

from troposphere import Equals, GetAtt, If, Join, Not, NoValue, Output, Ref, Split, Template, sagemaker

from generator import parameters
from generator.resources import model_resources
from orchestrator.pipeline_types.built_in.serving.managed_instances import NO_COMPONENT
from orchestrator.sagemaker import deployed_outputs

_PARAMETER: Final = "Components"
_HAS: Final = "HasComponent"
_LEAST, _MOST = range(2)
"""What the parameter begins with (`ManagedInstances.as_parameter`); the rest is for the component itself."""


def has_component(built: Template) -> str:
    """Name of the condition that the endpoint's model is an inference component."""
    built.conditions.setdefault(_HAS, Not(Equals(Ref(_PARAMETER), NO_COMPONENT)))
    return _HAS


def if_component(built: Template, value: Any, otherwise: Any = NoValue) -> If:
    """`value` when the endpoint's model is an inference component; otherwise the property is absent, or another."""
    return If(has_component(built), value, otherwise)


def config_properties(built: Template, role: str) -> dict[str, Any]:
    """Property of an endpoint's configuration without a model, which has a role in place of the model's."""
    return {"ExecutionRoleArn": if_component(built, GetAtt(role, "Arn"))}


def variant_properties(built: Template) -> dict[str, Any]:
    """Properties of the main variant: a model, or instances for one that comes to them."""
    scaling = sagemaker.ManagedInstanceScaling(
        Status="ENABLED", MinInstanceCount=_part(_LEAST), MaxInstanceCount=_part(_MOST)
    )
    routing = sagemaker.RoutingConfig(RoutingStrategy="LEAST_OUTSTANDING_REQUESTS")
    return {
        "ModelName": if_component(built, NoValue, GetAtt(model_resources.MODEL, "ModelName")),
        "ManagedInstanceScaling": if_component(built, scaling),
        "RoutingConfig": if_component(built, routing),
    }


def output(endpoint: str) -> Output:
    """The component's name, which is the endpoint's: who asks the endpoint names both."""
    return Output(
        deployed_outputs.COMPONENT, Description="The same", Value=GetAtt(endpoint, "EndpointName"), Condition=_HAS
    )


def arn(built: Template, endpoint: str) -> If:
    """ARN of the component in a list of resources: the endpoint's with another kind, in lower case as all of these."""
    return if_component(built, Join(":inference-component/", Split(":endpoint/", Ref(endpoint))))


def _part(place: int) -> Any:
    return parameters.part(_PARAMETER, place)
