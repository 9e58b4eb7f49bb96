# SPDX-License-Identifier: Apache-2.0
"""Resources and outputs of a template with given parameters, determined before anything is made."""

from __future__ import annotations

import graphlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.cloudformation.exceptions import CloudFormationError, ValidationError

from scripts.local_aws.cloudformation.stacks import Definition
from scripts.local_aws.cloudformation.template import template_parameters
from scripts.local_aws.cloudformation.template.functions import Resolver, ResourceValues, UnmadeResources
from scripts.local_aws.cloudformation.template.template import references

IAM_NAMES = {
    "AWS::IAM::Group": "GroupName",
    "AWS::IAM::InstanceProfile": "InstanceProfileName",
    "AWS::IAM::ManagedPolicy": "ManagedPolicyName",
    "AWS::IAM::Role": "RoleName",
    "AWS::IAM::User": "UserName",
}
IAM_TYPES = {*IAM_NAMES, "AWS::IAM::Policy", "AWS::IAM::AccessKey", "AWS::IAM::UserToGroupAddition"}


class InsufficientCapabilitiesError(CloudFormationError):
    """Raised for IAM resources that the caller has not acknowledged."""

    code = "InsufficientCapabilitiesException"


@dataclass(frozen=True)
class Planned:
    """Planned resource. `properties` has placeholders for values that exist only once other resources are made."""

    type: str
    properties: dict[str, Any]
    definition: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """Planned resources, each after those it depends on, and the outputs with placeholders."""

    resources: dict[str, Planned]
    outputs: dict[str, Any]


def make(definition: Definition, stack_id: str) -> Plan:
    """Return the plan of a definition. Raise CloudFormation's ValidationError if the template is inconsistent."""
    resolve = resolver(definition, stack_id, UnmadeResources())
    if failed := resolve.failed_assertions():
        raise ValidationError(message=f"Template validation error: {'; '.join(failed)}")
    wanted = {
        logical_id: resource
        for logical_id, resource in definition.template["Resources"].items()
        if resolve.is_active(resource)
    }
    resources = {}
    for logical_id in dependency_order(wanted):
        properties = resolve.value(wanted[logical_id].get("Properties") or {})
        resources[logical_id] = Planned(wanted[logical_id]["Type"], properties, wanted[logical_id])
    outputs = {
        name: resolve.value({key: part for key, part in output.items() if key != "Condition"})
        for name, output in (definition.template.get("Outputs") or {}).items()
        if resolve.is_active(output)
    }
    return Plan(resources, outputs)


def resolver(definition: Definition, stack_id: str, resources: ResourceValues) -> Resolver:
    """Return a resolver of functions for a stack; the pseudo parameters come from the ARN `stack_id`."""
    _, partition, _, region, account, name = stack_id.split(":", 5)
    values = template_parameters.typed(definition.template, definition.parameters) | {
        "AWS::AccountId": account,
        "AWS::Partition": partition,
        "AWS::Region": region,
        "AWS::StackId": stack_id,
        "AWS::StackName": name.split("/")[1],
        "AWS::URLSuffix": "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com",
        "AWS::NotificationARNs": [],
    }
    return Resolver(definition.template, values, resources)


def dependency_order(resources: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the logical ids, each after those that its definition refers to."""
    graph = {logical_id: dependencies(resource, resources) for logical_id, resource in resources.items()}
    try:
        return list(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        cycle = ", ".join(sorted(set(error.args[1])))
        raise ValidationError(message=f"Circular dependency between resources: [{cycle}]") from error


def dependencies(definition: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    """Return the logical ids among `known` that a resource's definition refers to."""
    parts = {key: definition.get(key) or [] for key in ("Properties", "DependsOn")}
    wanted = set(references(parts))
    return [logical_id for logical_id in known if logical_id in wanted]


def check_capabilities(plan: Plan, given: Iterable[str]) -> None:
    """Refuse IAM resources that the caller has not acknowledged; custom names need another capability.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/control-access-with-iam.html
    """
    found = [resource for resource in plan.resources.values() if resource.type in IAM_TYPES]
    named = any(IAM_NAMES.get(resource.type, "") in resource.properties for resource in found)
    allowed = set(given)
    if named and "CAPABILITY_NAMED_IAM" not in allowed:
        raise InsufficientCapabilitiesError("Requires capabilities : [CAPABILITY_NAMED_IAM]")
    if found and not allowed & {"CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"}:
        raise InsufficientCapabilitiesError("Requires capabilities : [CAPABILITY_IAM]")
