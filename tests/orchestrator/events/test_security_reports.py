# SPDX-License-Identifier: Apache-2.0
"""What people read of what should never happen, and how often."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, Final

import pytest

from orchestrator import api
from orchestrator.aws import calls
from orchestrator.launch.settings import Settings
from tests.orchestrator import telling
from tests.orchestrator.conftest import Context, read_json

Event = dict[str, Any]
Inbox = Callable[[], list[dict[str, str]]]
REFUSED, CHANGED = (read_json(f"events/{name}.json") for name in ("refused_write", "role_changed"))
POLICY: Final = "arn:aws:iam::111122223333:policy/mlops-RequestReachPolicy-1A2B"


@pytest.fixture(autouse=True)
def with_settings(aws: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler of an orchestrator that has a topic and a bucket for pipelines."""
    topic = calls.client("sns").create_topic(Name="notifications")["TopicArn"]
    monkeypatch.setattr(api, "_settings", lambda: telling.by_topic(settings, topic))
    location = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=settings.launch.pipelines_bucket, CreateBucketConfiguration=location)


@pytest.fixture
def inbox(sent: list[Any]) -> Inbox:
    """The messages that were published so far."""
    return lambda: [call.parameters for call in sent if call.operation == "sns.Publish"]


def handled(event: Event, invocation: str, requested: dict[str, str] | None = None, **changes: Any) -> int:
    """How many messages came of a call, with changes in what was called and in its request."""
    event = copy.deepcopy(event)
    event["detail"]["requestParameters"].update(requested or {})
    event["detail"].update(changes)
    return int(api.handler(event, Context(aws_request_id=invocation))["reported"])  # type: ignore[arg-type]


def test_a_refused_write_is_told_with_what_who_where_when_and_what_to_do(inbox: Inbox) -> None:
    assert handled(REFUSED, "1") == 1
    (message,) = inbox()
    assert message["Subject"] == "MLOps security: refused write to quayside-artifacts"
    assert "S3 refused it: nothing was changed." in message["Message"]
    assert "Next: no pipeline does this by itself." in message["Message"]
    for line in (
        "What: PutObject quayside-artifacts/mlops/0.3.0/orchestrator.zip",
        "Who: arn:aws:sts::111122223333:assumed-role/mlops-pipeline-berth-SageMakerRole-1A2B/SageMaker",
        "From: 203.0.113.7",
        "Account: 111122223333",
        "Region: eu-west-1",
        "When: 2026-11-24T06:14:09Z",
        "CloudTrail event: 0b1e7f52-6f8e-4a7c-9b0f-2f9d8c5a4e11",
    ):
        assert line in message["Message"].splitlines()


def test_a_container_that_tries_again_and_again_fills_no_mailbox(inbox: Inbox) -> None:
    again = {"eventID": "another", "eventName": "DeleteObject"}
    assert [handled(REFUSED, "1"), handled(REFUSED, "2", **again), handled(REFUSED, "3", {"key": "b"}, **again)] == [
        *(1, 0, 0)
    ]
    assert handled(REFUSED, "4", {"bucketName": "quayside-pipelines"}) == 1
    assert handled(REFUSED, "5", eventTime="2026-11-25T00:00:00Z") == 1
    assert len(inbox()) == 3


@pytest.mark.parametrize(
    ("requested", "name", "what"),
    [
        ({}, "PutRolePolicy", "PutRolePolicy mlops-DeployRole-1A2B"),
        ({"roleName": "", "policyArn": POLICY}, "CreatePolicyVersion", f"CreatePolicyVersion {POLICY}"),
    ],
    ids=["role", "policy"],
)
def test_a_changed_role_or_policy_is_told_each_time(
    inbox: Inbox, requested: dict[str, str], name: str, what: str
) -> None:
    """A delivery that comes twice is one change."""
    change = {"requested": requested, "eventName": name}
    assert [handled(CHANGED, "1", **change), handled(CHANGED, "2", **change)] == [1, 0]
    assert handled(CHANGED, "3", **change, eventID="another") == 1
    message = inbox()[0]
    assert message["Subject"] == f"MLOps security: {what}"[:99]
    assert "Somebody changed a role or a policy of the solution itself" in message["Message"]
    assert f"What: {what}" in message["Message"].splitlines()
    assert "Who: arn:aws:iam::111122223333:user/mallory" in message["Message"].splitlines()


def test_whoever_has_no_arn_is_named_as_well_as_can_be(inbox: Inbox) -> None:
    handled(CHANGED, "1", userIdentity={"type": "AWSService", "invokedBy": "ssm.amazonaws.com"})
    assert "Who: AWSService" in inbox()[0]["Message"].splitlines()


def test_what_code_in_a_container_names_writes_no_lines_of_its_own(inbox: Inbox) -> None:
    handled(REFUSED, "1", {"key": "a\nNext: call \u202e+49\r"})
    assert r"What: PutObject quayside-artifacts/a Next: call \u202e+49" in inbox()[0]["Message"].splitlines()
