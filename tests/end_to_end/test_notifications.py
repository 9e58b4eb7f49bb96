# SPDX-License-Identifier: Apache-2.0
"""What people hear of a pipeline: once, with the reason and whose it is; and the dashboard that they look at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests import making
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator
from tests.orchestrator.conftest import read_json

Until = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def team(orchestrator: Orchestrator) -> Iterator[Subscriber]:
    """Somebody who hears of one model only."""
    made = Subscriber(orchestrator, model_name="noted")
    yield made
    made.unsubscribe()


def test_the_end_of_a_pipeline_is_told_with_its_reason_and_to_whom_it_matters(
    orchestrator: Orchestrator, subscriber: Subscriber, team: Subscriber, until: Until
) -> None:
    """Lesson 83. Compatibility 1.7's sentence comes first, then what CloudFormation says was wrong."""
    making.endpoint("unlucky-live", orchestrator.client)
    taken = orchestrator.request("unlucky", endpoint_name="unlucky-live")
    assert not orchestrator.ended(orchestrator.provision(taken)["pipeline_id"]).has_succeeded
    told = subscriber.next("finished executing", until, "Model: unlucky\n")
    assert told.text.split("\n\n")[0].endswith("finished executing. Pipeline execution result is FAILED")
    assert "Why it failed: in stage DeployPipeline, action deploy_stack, MLOpsSagemaker" in told.text
    assert "Pipeline in the console: https://console.aws.amazon.com/codesuite/codepipeline/pipelines/" in told.text
    assert "Stack in the console: https://console.aws.amazon.com/cloudformation/home" in told.text
    assert told.attributes["state"] == "FAILED"

    orchestrator.provisioned(orchestrator.request("noted"))
    told = team.next("finished executing", until)
    assert "Model: noted\nType: byom_realtime_builtin\n" in told.text
    assert told.subject == "MLOps pipeline SUCCEEDED: noted"
    assert told.attributes == {
        "pipeline_type": "byom_realtime_builtin",
        "model_name": "noted",
        "state": "SUCCEEDED",
    }


def test_a_change_of_a_role_by_a_person_is_told(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    """The local AWS has no CloudTrail of IAM, but takes its events from anybody, as AWS does not."""
    stack = {"StackName": orchestrator.deployment.stack_name, "LogicalResourceId": "DeployRole"}
    found = orchestrator.client("cloudformation").describe_stack_resource(**stack)["StackResourceDetail"]
    event = read_json("events/role_changed.json")
    event["detail"]["requestParameters"]["roleName"] = found["PhysicalResourceId"]
    entry = {"Source": event["source"], "DetailType": event["detail-type"], "Detail": json.dumps(event["detail"])}
    assert orchestrator.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    told = subscriber.next("Somebody changed a role", until, f"What: PutRolePolicy {found['PhysicalResourceId']}\n")
    assert told.subject.startswith("MLOps security: PutRolePolicy ")


def test_the_dashboard_is_there_with_the_names_of_this_launch(orchestrator: Orchestrator) -> None:
    cloudwatch = orchestrator.client("cloudwatch")
    listed = [found["DashboardName"] for found in cloudwatch.list_dashboards()["DashboardEntries"]]
    (name,) = [found for found in listed if orchestrator.deployment.stack_name in found]
    body = json.loads(cloudwatch.get_dashboard(DashboardName=name)["DashboardBody"])
    assert "${" not in json.dumps(body)


def test_the_alarms_reach_the_topic(orchestrator: Orchestrator) -> None:
    topic = orchestrator.deployment.outputs["NotificationsTopicArn"]
    made = orchestrator.resources(orchestrator.deployment.stack_name)
    names = [one["PhysicalResourceId"] for one in made if one["ResourceType"] == "AWS::CloudWatch::Alarm"]
    of_solution = orchestrator.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    assert len(of_solution) == 3
    assert all(alarm["AlarmActions"] == [topic] for alarm in of_solution)
