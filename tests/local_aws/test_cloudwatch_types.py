# SPDX-License-Identifier: Apache-2.0
"""Dashboards of CloudFormation, and the tags that a pipeline has from its stack."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import WaiterError

WAIT = {"Delay": 0.1, "MaxAttempts": 300}


def template(body: Any, name: str = "sights") -> str:
    dashboard = {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardName": name, "DashboardBody": body}}
    return json.dumps({"Resources": {"Sights": dashboard}, "Outputs": {"Name": {"Value": {"Ref": "Sights"}}}})


def test_a_dashboard_follows_its_stack(client: Callable[..., Any]) -> None:
    cloudformation, cloudwatch = client("cloudformation"), client("cloudwatch")
    cloudformation.create_stack(StackName="sights", TemplateBody=template('{"widgets":[]}'))
    cloudformation.get_waiter("stack_create_complete").wait(StackName="sights", WaiterConfig=WAIT)
    assert json.loads(cloudwatch.get_dashboard(DashboardName="sights")["DashboardBody"]) == {"widgets": []}
    cloudformation.update_stack(StackName="sights", TemplateBody=template('{"start":"-PT1H","widgets":[]}'))
    cloudformation.get_waiter("stack_update_complete").wait(StackName="sights", WaiterConfig=WAIT)
    assert "start" in json.loads(cloudwatch.get_dashboard(DashboardName="sights")["DashboardBody"])
    cloudformation.delete_stack(StackName="sights")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="sights", WaiterConfig=WAIT)
    assert cloudwatch.list_dashboards(DashboardNamePrefix="sights")["DashboardEntries"] == []


@pytest.mark.parametrize("body", ["[]", "{", "text"])
def test_a_body_that_is_no_object_is_refused(client: Callable[..., Any], body: str) -> None:
    """A quote too many in a template would otherwise be seen on AWS only."""
    cloudformation = client("cloudformation")
    name = f"refused-{len(body)}"
    cloudformation.create_stack(StackName=name, TemplateBody=template(body, name), OnFailure="DO_NOTHING")
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig=WAIT)
    reasons = [
        event.get("ResourceStatusReason", "")
        for event in cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    ]
    assert any("must be a valid JSON object" in reason for reason in reasons)
