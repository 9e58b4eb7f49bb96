# SPDX-License-Identifier: Apache-2.0
"""`mlops events`: what is told of a pipeline that was deployed, and of decisions and jobs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError

from scripts.cli.everyday.history import History
from tests.cli.conftest import Mlops
from tests.end_to_end.running import Running
from tests.end_to_end.users import Orchestrator

_AT = datetime(2026, 11, 30, 8, tzinfo=UTC)
_DETAILS = {"pipeline_id": "arn:aws:cloudformation:eu-west-1:111122223333:stack/s/1", "stack": None, "job": None}


def _pages(**answers: Any) -> Any:
    """An AWS whose paginators have one page each; what is no page is raised."""
    client = Mock()

    def paginator(name: str) -> Mock:
        found = answers[name]
        return Mock(paginate=Mock(side_effect=found if isinstance(found, Exception) else lambda **_: iter([found])))

    client.get_paginator.side_effect = paginator
    return Mock(client=Mock(return_value=client)), client


def _action(status: str, category: str = "Approval", **more: Any) -> dict[str, Any]:
    return {
        "stageName": "DeployDev",
        "actionName": "DeployStaging",
        "startTime": _AT,
        "lastUpdateTime": _AT + timedelta(minutes=5),
        "status": status,
        "input": {"actionTypeId": {"category": category}},
        **more,
    }


@pytest.mark.parametrize(
    ("action", "state", "detail", "minutes"),
    [
        (_action("InProgress"), "Waiting", "a person must decide", 0),
        (_action("Failed"), "Failed", "", 5),
        (_action("Succeeded", updatedBy="arn:aws:iam::1:user/anna"), "Approved", "by user/anna", 5),
        (
            _action(
                "Failed",
                updatedBy="arn:aws:iam::1:user/anna",
                output={"executionResult": {"externalExecutionSummary": "too slow"}},
            ),
            "Rejected",
            "by user/anna: too slow",
            5,
        ),
        (
            _action("Failed", "Deploy", output={"executionResult": {"errorDetails": {"message": "no quota"}}}),
            "Failed",
            "no quota",
            5,
        ),
    ],
    ids=["asked", "out of time", "approved", "rejected", "deployment"],
)
def test_what_an_action_tells(action: dict[str, Any], state: str, detail: str, minutes: int) -> None:
    aws, _ = _pages(
        describe_stack_events={"StackEvents": []},
        list_pipeline_executions={"pipelineExecutionSummaries": []},
        list_action_executions={"actionExecutionDetails": [action]},
    )
    (event,) = History(aws, {**_DETAILS, "pipeline": {"pipelineName": "p"}}).events()
    assert (event.what, event.state, event.detail) == ("DeployDev/DeployStaging", state, detail)
    assert event.at == _AT + timedelta(minutes=minutes)


def test_a_job_tells_its_steps_and_its_end() -> None:
    aws, client = _pages(describe_stack_events={"StackEvents": []})
    client.describe_training_job.return_value = {
        "TrainingJobName": "j",
        "TrainingJobStatus": "Failed",
        "FailureReason": "no data",
        "CreationTime": _AT,
        "TrainingEndTime": _AT + timedelta(hours=1),
        "LastModifiedTime": _AT + timedelta(hours=2),
        "SecondaryStatusTransitions": [
            {"Status": "Downloading", "StartTime": _AT + timedelta(minutes=1), "StatusMessage": "data"}
        ],
    }
    details = {**_DETAILS, "pipeline": None, "job": {"kind": "training job", "name": "j"}}
    told = [(event.state, event.detail) for event in History(aws, details).events()]
    assert told == [("Created", ""), ("Downloading", "data"), ("Failed", "no data")]


def test_what_may_not_be_seen_is_told_and_hides_nothing_else() -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "not you"}}, "DescribeStackEvents")
    aws, _ = _pages(
        describe_stack_events=denied,
        list_pipeline_executions={"pipelineExecutionSummaries": []},
        list_action_executions={"actionExecutionDetails": [_action("Succeeded", "Deploy")]},
    )
    history = History(aws, {**_DETAILS, "pipeline": {"pipelineName": "p"}})
    assert [event.state for event in history.events()] == ["Succeeded"]
    assert history.hidden == ["DescribeStackEvents: not you"]


def test_a_deployed_pipeline_has_a_history(local: Running, orchestrator: Orchestrator, mlops: Mlops) -> None:
    orchestrator.provisioned(orchestrator.request("eventful"))
    (document,) = mlops("events", "eventful", "--local", "--json").documents
    assert document["not_shown"] == []
    told = [(event["what"], event["state"]) for event in document["events"]]
    assert [event["time"] for event in document["events"]] == sorted(event["time"] for event in document["events"])
    assert told[0] == ("pipeline's stack", "CREATE_IN_PROGRESS")
    for expected in (("DeployPipeline/deploy_stack", "Succeeded"), ("stack", "CREATE_COMPLETE")):
        assert expected in told
    assert {event["pipeline"] for event in document["events"]} == {"eventful/realtime"}

    (all_of_them,) = mlops("events", "--all", "--since", "1d", "--local", "--json").documents
    assert {"eventful/realtime"} <= {event["pipeline"] for event in all_of_them["events"]}
    assert "eventful/realtime" in mlops("events", "eventful", "--local").out
    assert "Nothing happened" in mlops("events", "eventful", "--since", "2100-01-01", "--local").out


@pytest.mark.parametrize("arguments", [(), ("eventful", "--all")], ids=["neither", "both"])
def test_one_pipeline_or_all_are_named(local: Running, mlops: Mlops, arguments: tuple[str, ...]) -> None:
    ended = mlops("events", *arguments, "--local")
    assert ended.status == 2
    assert "name a pipeline, or give --all" in ended.err
