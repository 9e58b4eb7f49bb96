# SPDX-License-Identifier: Apache-2.0
"""The network of models and jobs: the VPC of the request, its interfaces, and containers that reach no network.

The parameters are those of `orchestrator/pipeline_types/built_in/network.py`. Without values nothing of it is there.
"""

from __future__ import annotations

from typing import Any, Final

from troposphere import And, Condition, Equals, If, Not, NoValue, Or, Ref, Template, sagemaker

from generator import permissions
from generator.conditions import if_true, is_true
from generator.resources.json_text import Listed

_SUBNETS: Final = "Subnets"
_GROUPS: Final = "SecurityGroupIds"
_IN_VPC: Final = "InVpc"
_ISOLATION: Final = "NetworkIsolation"
_ANY: Final = "NetworkConfigured"


def in_vpc(built: Template) -> str:
    """Name of the condition that there is a VPC, which is added to the template on first use."""
    built.conditions.setdefault(_IN_VPC, And(*(Not(Equals(Ref(name), "")) for name in (_SUBNETS, _GROUPS))))
    return _IN_VPC


def if_in_vpc(built: Template, value: Any) -> If:
    """`value` when there is a VPC; otherwise the property is absent."""
    return If(in_vpc(built), value, NoValue)


def interfaces(built: Template) -> If:
    """Policy of SageMaker's role for the network interfaces that it makes in the VPC, when there is one."""
    return if_in_vpc(built, permissions.policy("Vpc", *permissions.network_interfaces()))


def properties(built: Template) -> dict[str, Any]:
    """The properties of a SageMaker model, and of a monitor's `NetworkConfig`."""
    return {"VpcConfig": if_in_vpc(built, _vpc()), **_isolation(built)}


def vpc_of_job(built: Template) -> dict[str, Any]:
    """`VpcConfig` of a job's request."""
    return {"VpcConfig": if_in_vpc(built, vpc_of_request())}


def vpc_of_request() -> dict[str, Any]:
    """The members of `VpcConfig`, each a list of texts both in JSON and as a property."""
    return {name: Listed(name) for name in (_GROUPS, _SUBNETS)}


def of_job(built: Template) -> dict[str, Any]:
    """The members of a job's request."""
    return {**vpc_of_job(built), **_isolation(built)}


def of_baseline(built: Template) -> If:
    """The property `NetworkConfig` of a processing job; one more would compute all baselines that are there anew."""
    if _ISOLATION not in built.parameters:
        return if_in_vpc(built, sagemaker.NetworkConfig(VpcConfig=_vpc()))
    given = (in_vpc(built), is_true(built, _ISOLATION))
    built.conditions.setdefault(_ANY, Or(*map(Condition, given)))
    return If(_ANY, sagemaker.NetworkConfig(**properties(built)), NoValue)


def _isolation(built: Template) -> dict[str, Any]:
    """The property for isolation, where the blueprint has its parameter."""
    return {"EnableNetworkIsolation": if_true(built, _ISOLATION, True)} if _ISOLATION in built.parameters else {}


def _vpc() -> sagemaker.VpcConfig:
    return sagemaker.VpcConfig(**vpc_of_request())
