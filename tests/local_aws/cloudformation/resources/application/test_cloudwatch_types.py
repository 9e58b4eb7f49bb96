# SPDX-License-Identifier: Apache-2.0
"""Dashboards of CloudFormation, and the tags that a pipeline has from its stack."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import WaiterError

from tests.local_aws.deploying import wait


def template(body: Any, name: str = "sights") -> str:
    dashboard = {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardName": name, "DashboardBody": body}}
    return json.dumps({"Resources": {"Sights": dashboard}, "Outputs": {"Name": {"Value": {"Ref": "Sights"}}}})


def test_a_dashboard_follows_its_stack(client: Callable[..., Any]) -> None:
    cloudformation, cloudwatch = client("cloudformation"), client("cloudwatch")
    cloudformation.create_stack(StackName="sights", TemplateBody=template('{"widgets":[]}'))
    wait(cloudformation, "create", "sights")
    assert json.loads(cloudwatch.get_dashboard(DashboardName="sights")["DashboardBody"]) == {"widgets": []}
    cloudformation.update_stack(StackName="sights", TemplateBody=template('{"start":"-PT1H","widgets":[]}'))
    wait(cloudformation, "update", "sights")
    assert "start" in json.loads(cloudwatch.get_dashboard(DashboardName="sights")["DashboardBody"])
    cloudformation.delete_stack(StackName="sights")
    wait(cloudformation, "delete", "sights")
    assert cloudwatch.list_dashboards(DashboardNamePrefix="sights")["DashboardEntries"] == []


@pytest.mark.parametrize("body", ["[]", "{", "text"])
def test_a_body_that_is_no_object_is_refused(client: Callable[..., Any], body: str) -> None:
    """A quote too many in a template would otherwise be seen on AWS only."""
    cloudformation = client("cloudformation")
    name = f"refused-{len(body)}"
    cloudformation.create_stack(StackName=name, TemplateBody=template(body, name), OnFailure="DO_NOTHING")
    with pytest.raises(WaiterError):
        wait(cloudformation, "create", name)
    reasons = [
        event.get("ResourceStatusReason", "")
        for event in cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    ]
    assert any("must be a valid JSON object" in reason for reason in reasons)
