# SPDX-License-Identifier: Apache-2.0
"""What the tests of stack sets share: three accounts, a template, and following an operation."""

from __future__ import annotations

import json
from typing import Any

from scripts.local_aws import clients
from scripts.local_aws.organization import Organization
from scripts.local_aws.server import LocalAws
from tests.local_aws.waiting import eventually

ACCOUNTS = {"dev": "111111111111", "staging": "222222222222", "prod": "333333333333"}
TEMPLATE = json.dumps(
    {
        "Parameters": {"Colour": {"Type": "String", "Default": "blue"}},
        "Resources": {
            "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Colour"}}},
        },
        "Outputs": {"Arn": {"Value": {"Ref": "Topic"}}},
    }
)
PARALLEL = {"FailureTolerancePercentage": 100, "MaxConcurrentPercentage": 100, "RegionConcurrencyType": "PARALLEL"}


def organization_of(aws: LocalAws) -> Organization:
    assert aws.organization is not None
    return aws.organization


def acting_in(aws: LocalAws, account: str, service: str, region: str | None = None) -> Any:
    """A client whose credentials STS handed out for a role of that account."""
    return clients.client(service, f"arn:aws:iam::{account}:role/tester", region or aws.region)


def targets(unit: str, *accounts: str, kind: str = "INTERSECTION") -> dict[str, Any]:
    return {"OrganizationalUnitIds": [unit], "Accounts": list(accounts), "AccountFilterType": kind}


def parameters(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]


def create(cloudformation: Any, name: str, body: str = TEMPLATE, **more: Any) -> str:
    request = {"PermissionModel": "SERVICE_MANAGED", "AutoDeployment": {"Enabled": False}} | more
    return str(cloudformation.create_stack_set(StackSetName=name, TemplateBody=body, **request)["StackSetId"])


def ended(cloudformation: Any, name: str, operation_id: str) -> str:
    """The status of an operation once it is no longer under way."""

    def status() -> str:
        found = cloudformation.describe_stack_set_operation(StackSetName=name, OperationId=operation_id)
        return str(found["StackSetOperation"]["Status"])

    eventually(lambda: status() != "RUNNING")
    return status()


def outcome(cloudformation: Any, name: str, operation_id: str) -> dict[str, tuple[str, str]]:
    """Status and reason of an operation's results by account."""
    pages = cloudformation.get_paginator("list_stack_set_operation_results").paginate(
        StackSetName=name, OperationId=operation_id
    )
    return {
        result["Account"]: (result["Status"], result.get("StatusReason", ""))
        for page in pages
        for result in page["Summaries"]
    }
