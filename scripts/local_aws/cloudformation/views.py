# SPDX-License-Identifier: Apache-2.0
"""Stacks, resources, events, change sets and templates in the form of CloudFormation's answers."""

from __future__ import annotations

from typing import Any

from scripts.local_aws.cloudformation.stacks import ChangeSet, Stack, StackEvent, StackResource
from scripts.local_aws.cloudformation.template import template_parameters


def stack(one: Stack) -> dict[str, Any]:
    """Return a stack for DescribeStacks and ListStacks."""
    definition = one.definition
    return {
        "StackId": one.stack_id,
        "StackName": one.name,
        "Description": definition.template.get("Description"),
        "TemplateDescription": definition.template.get("Description"),
        "Parameters": template_parameters.shown(definition.template, definition.parameters),
        "Outputs": one.outputs,
        "Tags": _tags(definition.tags),
        "Capabilities": list(definition.capabilities),
        "RoleARN": one.role_arn,
        "StackStatus": one.status,
        "StackStatusReason": one.status_reason if one.status_reason != "User Initiated" else None,
        "CreationTime": one.created,
        "LastUpdatedTime": one.updated,
        "DeletionTime": one.deleted,
        "DisableRollback": one.disable_rollback,
        "EnableTerminationProtection": one.termination_protection,
        "NotificationARNs": [],
        "RollbackConfiguration": {},
        "DriftInformation": {"StackDriftStatus": "NOT_CHECKED"},
    }


def resource(one: Stack, made: StackResource) -> dict[str, Any]:
    """Return a resource for all requests about resources; each uses the members of its own answer."""
    return {
        "StackId": one.stack_id,
        "StackName": one.name,
        "LogicalResourceId": made.logical_id,
        "PhysicalResourceId": made.physical_id or None,
        "ResourceType": made.type,
        "ResourceStatus": made.status,
        "ResourceStatusReason": made.reason,
        "Timestamp": made.changed,
        "LastUpdatedTimestamp": made.changed,
        "DriftInformation": {"StackResourceDriftStatus": "NOT_CHECKED"},
    }


def event(one: Stack, happened: StackEvent) -> dict[str, Any]:
    """Return an event for DescribeStackEvents."""
    return {
        "StackId": one.stack_id,
        "StackName": one.name,
        "EventId": happened.event_id,
        "LogicalResourceId": happened.logical_id,
        "PhysicalResourceId": happened.physical_id,
        "ResourceType": happened.type,
        "ResourceStatus": happened.status,
        "ResourceStatusReason": happened.reason,
        "ClientRequestToken": happened.token,
        "Timestamp": happened.at,
    }


def change_set(one: Stack, wanted: ChangeSet) -> dict[str, Any]:
    """Return a change set for DescribeChangeSet and ListChangeSets."""
    definition = wanted.definition
    return {
        "ChangeSetName": wanted.name,
        "ChangeSetId": wanted.change_set_id,
        "StackId": one.stack_id,
        "StackName": one.name,
        "Description": wanted.description,
        "Parameters": template_parameters.shown(definition.template, definition.parameters),
        "CreationTime": wanted.created,
        "Status": wanted.status,
        "StatusReason": wanted.reason,
        "ExecutionStatus": wanted.execution_status,
        "NotificationARNs": [],
        "Capabilities": list(definition.capabilities),
        "Tags": _tags(definition.tags),
        "Changes": wanted.changes,
        "OnStackFailure": wanted.on_stack_failure,
    }


def _tags(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": name, "Value": value} for name, value in tags.items()]
