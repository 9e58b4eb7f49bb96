# SPDX-License-Identifier: Apache-2.0
"""Stack sets, instances and operations in the form of CloudFormation's answers."""

from __future__ import annotations

from typing import Any

from scripts.local_aws.cloudformation.stack_sets.records import DELETED, Operation, Result, StackInstance, StackSet
from scripts.local_aws.cloudformation.template import template_parameters

_NOT_CHECKED = "NOT_CHECKED"


def stack_set(one: StackSet) -> dict[str, Any]:
    """For DescribeStackSet and ListStackSets; each takes the members that it knows."""
    definition = one.definition
    return {
        "StackSetName": one.name,
        "StackSetId": one.stack_set_id,
        "StackSetARN": one.arn,
        "Description": one.description,
        "Status": one.status,
        "TemplateBody": definition.body,
        "Parameters": template_parameters.shown(definition.template, definition.parameters),
        "Capabilities": list(definition.capabilities),
        "Tags": [{"Key": name, "Value": value} for name, value in definition.tags.items()],
        "PermissionModel": "SERVICE_MANAGED",
        "AutoDeployment": {"Enabled": False},
        "OrganizationalUnitIds": [] if one.status == DELETED else one.unit_ids,
        "Regions": sorted({instance.region for instance in one.every_instance()}),
        "DriftStatus": _NOT_CHECKED,
        "StackSetDriftDetectionDetails": {"DriftStatus": _NOT_CHECKED},
    }


def instance(one: StackSet, made: StackInstance) -> dict[str, Any]:
    """For DescribeStackInstance and ListStackInstances."""
    return {
        "StackSetId": one.stack_set_id,
        "Account": made.account,
        "Region": made.region,
        "StackId": made.stack_id or None,
        "ParameterOverrides": [],
        "Status": made.status,
        "StackInstanceStatus": {"DetailedStatus": made.detailed_status},
        "StatusReason": made.reason,
        "OrganizationalUnitId": made.unit_id,
        "DriftStatus": _NOT_CHECKED,
        "LastOperationId": made.last_operation_id,
    }


def operation(one: StackSet, made: Operation) -> dict[str, Any]:
    """For DescribeStackSetOperation and ListStackSetOperations."""
    return {
        "OperationId": made.operation_id,
        "StackSetId": one.stack_set_id,
        "Action": made.action,
        "Status": made.status,
        "OperationPreferences": dict(made.preferences),
        "DeploymentTargets": dict(made.targets),
        "RetainStacks": made.retain_stacks if made.action == "DELETE" else None,
        "CreationTimestamp": made.created,
        "EndTimestamp": made.ended,
        "StatusDetails": {"FailedStackInstancesCount": made.failures},
    }


def result(made: Result) -> dict[str, Any]:
    """Return a result for ListStackSetOperationResults, with AWS's message for accounts without a gate function."""
    where = made.instance
    gate = f"arn:aws:lambda:{where.region}:{where.account}:function:AWSCloudFormationStackSetAccountGate"
    return {
        "Account": where.account,
        "Region": where.region,
        "Status": made.status,
        "StatusReason": made.reason,
        "OrganizationalUnitId": where.unit_id,
        "AccountGateResult": {"Status": "SKIPPED", "StatusReason": f"Function not found: {gate}"},
    }
