# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from mlops_orchestrator.aws import aws_access, stack_following
from mlops_orchestrator.aws.stack_following import StackEvent, StackFailedError
from scripts.launch import deployment
from scripts.launch.deployment import Audience, Target
from scripts.local_aws.server import LocalAws

_GOOD = """
Parameters:
  Name: {Type: String}
  Label: {Type: String, Default: first}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: {TopicName: !Ref Name, DisplayName: !Ref Label}
Outputs:
  Topic: {Value: !Ref Topic}
  Label: {Value: !Ref Label}
"""
_BAD = """
Parameters:
  Name: {Type: String}
  Label: {Type: String, Default: first}
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Name}}
  Policy:
    Type: AWS::S3::BucketPolicy
    DependsOn: Topic
    Properties: {Bucket: no-such-bucket-anywhere, PolicyDocument: {Version: '2012-10-17', Statement: []}}
"""
_TEMPLATES = {"good.yaml": _GOOD, "bad.yaml": _BAD}


class Listener(Audience):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.events: list[StackEvent] = []

    def say(self, text: str) -> None:
        self.said.append(text)

    def event(self, event: StackEvent) -> None:
        self.events.append(event)


@pytest.fixture(scope="module")
def cloudformation() -> Iterator[Any]:
    with LocalAws() as running:
        aws = aws_access.local(running.endpoint_url, running.region)
        aws.client("s3").create_bucket(Bucket="templates")
        for name, text in _TEMPLATES.items():
            aws.client("s3").put_object(Bucket="templates", Key=name, Body=text.encode())
        yield aws.client("cloudformation")


def _target(stack_name: str, template: str = "good.yaml", **parameters: str) -> Target:
    url = f"https://templates.s3.us-east-1.amazonaws.com/{template}"
    return Target(stack_name, url, parameters, frozenset({"Name", "Label"}))


def _deploy(cloudformation: Any, target: Target, listener: Listener) -> stack_following.StackState | None:
    state = deployment.settle(cloudformation, target.stack_name, listener)
    change_set = deployment.prepare(cloudformation, target, state)
    return deployment.execute(cloudformation, change_set, listener) if change_set else None


def test_new_stack_is_created_and_its_events_are_told_in_order(cloudformation: Any) -> None:
    listener = Listener()
    state = _deploy(cloudformation, _target("create", Name="create-topic"), listener)

    assert state is not None
    assert state.status == "CREATE_COMPLETE"
    assert state.outputs["Topic"].endswith(":create-topic")
    told = [(event.logical_id, event.status) for event in listener.events]
    assert told[0] == ("create", "CREATE_IN_PROGRESS")
    assert told[-1] == ("create", "CREATE_COMPLETE")
    assert told.index(("Topic", "CREATE_IN_PROGRESS")) < told.index(("Topic", "CREATE_COMPLETE"))
    assert len(told) == len(set(told))


def test_nothing_to_change_makes_no_change_set(cloudformation: Any) -> None:
    target = _target("same", Name="same-topic")
    _deploy(cloudformation, target, Listener())

    assert _deploy(cloudformation, target, Listener()) is None
    statuses = [entry["Status"] for entry in cloudformation.list_change_sets(StackName="same")["Summaries"]]
    assert "FAILED" not in statuses


def test_update_keeps_values_that_are_not_given(cloudformation: Any) -> None:
    _deploy(cloudformation, _target("update", Name="update-topic", Label="kept"), Listener())
    listener = Listener()
    state = _deploy(cloudformation, _target("update", Name="update-topic-2"), listener)

    assert state is not None
    assert state.status == "UPDATE_COMPLETE"
    assert state.outputs["Label"] == "kept"
    assert not any(event.status.startswith("CREATE") and event.of_stack for event in listener.events)


def test_shown_changes_name_what_is_replaced(cloudformation: Any) -> None:
    _deploy(cloudformation, _target("shown", Name="shown-topic"), Listener())
    state = stack_following.find(cloudformation, "shown")
    change_set = deployment.prepare(cloudformation, _target("shown", Name="shown-topic-2"), state)

    assert change_set is not None
    (change,) = change_set.changes
    assert (change.action, change.logical_id, change.resource_type) == ("Modify", "Topic", "AWS::SNS::Topic")
    assert change.replacement == "True"


def test_change_set_of_an_interrupted_call_is_used(cloudformation: Any) -> None:
    target = _target("resumed", Name="resumed-topic")
    first = deployment.prepare(cloudformation, target, None)
    state = deployment.settle(cloudformation, "resumed", Listener())
    again = deployment.prepare(cloudformation, target, state)

    assert first is not None
    assert state is not None
    assert state.status == "REVIEW_IN_PROGRESS"
    assert again is not None
    assert again.arn == first.arn
    assert deployment.execute(cloudformation, again, Listener()).status == "CREATE_COMPLETE"


def test_running_operation_is_followed(cloudformation: Any) -> None:
    change_set = deployment.prepare(cloudformation, _target("running", Name="running-topic"), None)
    assert change_set is not None
    cloudformation.execute_change_set(ChangeSetName=change_set.arn)
    state = deployment.settle(cloudformation, "running", Listener())

    assert state is not None
    assert state.status == "CREATE_COMPLETE"


def test_failure_names_the_first_cause(cloudformation: Any) -> None:
    with pytest.raises(StackFailedError, match=r"ROLLBACK_COMPLETE\. First cause: Policy \(AWS::S3::BucketPolicy\)"):
        _deploy(cloudformation, _target("failing", "bad.yaml", Name="failing-topic"), Listener())
    assert "NoSuchBucket" in stack_following.first_cause(cloudformation, "failing")


def test_stack_that_never_came_to_be_makes_room(cloudformation: Any) -> None:
    with pytest.raises(StackFailedError):
        _deploy(cloudformation, _target("second-try", "bad.yaml", Name="second-try-topic"), Listener())
    listener = Listener()
    state = _deploy(cloudformation, _target("second-try", Name="second-try-topic"), listener)

    assert state is not None
    assert state.status == "CREATE_COMPLETE"
    assert listener.said == ["The stack second-try is in ROLLBACK_COMPLETE: it never came to be and is deleted."]


def test_failed_update_says_so_and_the_old_stack_stays(cloudformation: Any) -> None:
    _deploy(cloudformation, _target("rolled-back", Name="rolled-back-topic"), Listener())
    with pytest.raises(StackFailedError, match=r"UPDATE_ROLLBACK_COMPLETE\. First cause: Policy"):
        _deploy(cloudformation, _target("rolled-back", "bad.yaml", Name="rolled-back-topic"), Listener())

    state = stack_following.find(cloudformation, "rolled-back")
    assert state is not None
    assert state.outputs["Topic"].endswith(":rolled-back-topic")


def test_refused_parameters_are_told_in_the_words_of_cloudformation(cloudformation: Any) -> None:
    with pytest.raises(cloudformation.exceptions.ClientError, match=r"Parameters: \[Name\] must have values"):
        deployment.prepare(cloudformation, _target("incomplete"), None)


def test_deleted_stack_tells_its_end(cloudformation: Any) -> None:
    state = _deploy(cloudformation, _target("deleted", Name="deleted-topic"), Listener())
    assert state is not None
    listener = Listener()
    deployment.delete(cloudformation, state, listener)

    assert [event.status for event in listener.events if event.of_stack] == ["DELETE_IN_PROGRESS", "DELETE_COMPLETE"]
    assert stack_following.find(cloudformation, "deleted") is None


def _failed(identity: str, reason: str) -> dict[str, Any]:
    return {
        "StackId": "arn:aws:cloudformation:us-east-1:111122223333:stack/s/1",
        "StackName": "s",
        "EventId": identity,
        "LogicalResourceId": identity,
        "ResourceType": "AWS::SNS::Topic",
        "ResourceStatus": "CREATE_FAILED",
        "ResourceStatusReason": reason,
        "Timestamp": datetime.now(UTC),
    }


def test_first_cause_is_the_earliest_failure_that_is_no_consequence() -> None:
    """CloudFormation tells the newest first, and of everything that it gave up because of the cause."""
    client = boto3.client("cloudformation", "us-east-1", aws_access_key_id="any", aws_secret_access_key="any")
    events = [
        _failed("Stack", "The following resource(s) failed to create: [Later, Cause]. Rollback requested by user."),
        _failed("Later", "another reason"),
        _failed("Cause", "the name is taken"),
        _failed("GivenUp", "Resource creation cancelled"),
    ]
    with Stubber(client) as stubber:
        stubber.add_response("describe_stack_events", {"StackEvents": events})

        assert stack_following.first_cause(client, "s") == "Cause (AWS::SNS::Topic) CREATE_FAILED: the name is taken"
