# SPDX-License-Identifier: Apache-2.0
"""The operator's VPC for functions: the permission to make network interfaces, and rules between parameters."""

from __future__ import annotations

from typing import Any, Final

from troposphere import And, Equals, If, Not, Or, Ref, Template, iam

from generator import permissions
from generator.conditions import if_provided, provided
from generator.resources import functions
from orchestrator.values.template_parameters import TemplateParameters

# One policy for all functions, and not inline: the orchestrator's inline policies nearly fill what IAM allows a role.
_POLICY: Final = "FunctionNetworkPolicy"


def add_to(template: Template, declared: type[TemplateParameters]) -> None:
    """Add the policy, and a rule for each VPC that the launch parameters can name."""
    template.add_resource(policy(template))
    for subnets in declared.model_fields:
        prefix = subnets.removesuffix(functions.SUBNETS)
        if prefix != subnets:
            template.add_rule(f"{prefix}FunctionNetwork", _together(subnets, f"{prefix}{functions.SECURITY_GROUPS}"))


def policy(template: Template) -> iam.ManagedPolicy:
    """Policy for the network interfaces that Lambda makes under the roles of functions in a VPC; none without a VPC."""
    return iam.ManagedPolicy(
        _POLICY,
        Condition=provided(template, functions.SUBNETS),
        Description="Network interfaces of functions, made by Lambda alone",
        PolicyDocument=permissions.document(*permissions.interfaces_of_functions()),
    )


def attached_policies(template: Template) -> list[If]:
    """The managed policies of a function's role."""
    return [if_provided(template, functions.SUBNETS, Ref(_POLICY))]


def _together(subnets: str, groups: str) -> dict[str, Any]:
    names = (subnets, groups)
    none = And(*(Equals(Ref(name), "") for name in names))
    both = And(*(Not(Equals(Ref(name), "")) for name in names))
    described = f"{subnets} and {groups} belong together: give both, or neither"
    return {"Assertions": [{"Assert": Or(none, both), "AssertDescription": described}]}
