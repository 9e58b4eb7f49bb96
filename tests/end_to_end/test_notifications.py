# SPDX-License-Identifier: Apache-2.0
"""What people hear of a pipeline: once, with the reason and whose it is; and the dashboard that they look at."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scripts.demo_model import TrainedModel
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

pytestmark = pytest.mark.xdist_group("end-to-end")

Until = Callable[[Callable[[], Any]], Any]


@pytest.fixture
def team(orchestrator: Orchestrator) -> Iterator[Subscriber]:
    """Somebody who hears of one model only."""
    made = Subscriber(orchestrator, "team-of-one-model", model_name="noted")
    yield made
    made.unsubscribe()


def test_a_success_reaches_those_who_filter_for_the_model(
    orchestrator: Orchestrator, model: TrainedModel, team: Subscriber, until: Until
) -> None:
    """Defect 83."""
    orchestrator.provisioned(orchestrator.request("unheard"))
    orchestrator.provisioned(orchestrator.request("noted"))
    told = team.next("finished executing", until)
    assert "Model: noted\nType: byom_realtime_builtin\n" in told.text
    assert told.subject == "MLOps pipeline SUCCEEDED: noted"
    assert told.attributes == {
        "pipeline_type": "byom_realtime_builtin",
        "model_name": "noted",
        "state": "SUCCEEDED",
    }


def test_a_failure_names_the_first_failing_resource(
    orchestrator: Orchestrator, model: TrainedModel, subscriber: Subscriber, until: Until
) -> None:
    """Contract 1.7's sentence comes first, then what CloudFormation says was wrong."""
    nowhere = orchestrator.request("unlucky", model_artifact_location="models/there-is-none/model.tar.gz")
    pipeline_id = orchestrator.provision(nowhere)["pipeline_id"]
    assert not orchestrator.ended(pipeline_id).has_succeeded
    told = subscriber.next("finished executing", until)
    assert told.text.split("\n\n")[0].endswith("finished executing. Pipeline execution result is FAILED")
    assert "Why it failed: in stage DeployPipeline, action deploy_stack, MLOpsSagemaker" in told.text
    assert "Pipeline in the console: https://console.aws.amazon.com/codesuite/codepipeline/pipelines/" in told.text
    assert "Stack in the console: https://console.aws.amazon.com/cloudformation/home" in told.text
    assert told.attributes["state"] == "FAILED"


def test_the_dashboard_is_there_with_the_names_of_this_launch(orchestrator: Orchestrator) -> None:
    cloudwatch = orchestrator.client("cloudwatch")
    (found,) = cloudwatch.list_dashboards()["DashboardEntries"]
    body = json.loads(cloudwatch.get_dashboard(DashboardName=found["DashboardName"])["DashboardBody"])
    assert "${" not in json.dumps(body)
    assert orchestrator.deployment.stack_name in found["DashboardName"]


def test_the_alarms_reach_the_topic(orchestrator: Orchestrator) -> None:
    topic = orchestrator.deployment.outputs["NotificationsTopicArn"]
    alarms = orchestrator.client("cloudwatch").describe_alarms()["MetricAlarms"]
    of_solution = [alarm for alarm in alarms if alarm["AlarmName"].startswith(orchestrator.deployment.stack_name)]
    assert len(of_solution) == 3
    assert all(alarm["AlarmActions"] == [topic] for alarm in of_solution)
