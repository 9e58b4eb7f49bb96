# SPDX-License-Identifier: Apache-2.0
"""A pipeline's stack that could not be made is told once, and one that was made and deleted is not (lesson 117)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest

from orchestrator.aws import notifications
from orchestrator.aws.calls import client
from orchestrator.aws.cloudformation import stack_events, stacks
from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.aws.notifications import Message
from orchestrator.launch.settings import Settings
from orchestrator.plan.stack_tags import LABEL_TAG, RELEASE_TAG, TYPE_TAG
from orchestrator.provisioned import failed_creations

NAME: Final = "mlops-pipeline-berths-byompipelinerealtimebuiltin-codepipeline"
ARN: Final = f"arn:aws:cloudformation:eu-west-1:123456789012:stack/{NAME}/0f1e2d3c-1"
TAGS: Final = {RELEASE_TAG: "mlops/1.0", TYPE_TAG: "byom_realtime_builtin", LABEL_TAG: "berths"}


def event(resource: str, status: str, reason: str = "") -> dict[str, Any]:
    physical = ARN if resource == NAME else "physical"
    named = {"LogicalResourceId": resource, "ResourceType": "AWS::CodePipeline::Pipeline"}
    return {**named, "StackId": ARN, "PhysicalResourceId": physical, "ResourceStatus": status,
            "ResourceStatusReason": reason}  # fmt: skip


FAILED: Final = [event(NAME, "DELETE_COMPLETE"), event("MLOpsPipeline", "CREATE_FAILED", "no such role: r")]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch, settings: Settings, aws: None) -> list[Message]:
    """What people are told of a stack with the events that a test sets; the newest come first."""
    client("s3").create_bucket(
        Bucket=settings.launch.pipelines_bucket,
        CreateBucketConfiguration={"LocationConstraint": settings.launch.region},
    )
    stack = Stack(ARN, "DELETE_COMPLETE", datetime(2026, 1, 1, tzinfo=UTC), {}, TAGS, {})
    monkeypatch.setattr(stacks, "find", lambda _: stack)
    monkeypatch.setattr(stack_events, "of", lambda _: FAILED)
    found: list[Message] = []
    monkeypatch.setattr(notifications, "publish", lambda _, message: found.append(message))
    return found


@pytest.mark.parametrize("statuses", [["CREATE_FAILED", "DELETE_COMPLETE"], ["DELETE_COMPLETE"], ["CREATE_FAILED"]])
def test_people_hear_once_whichever_event_comes(settings: Settings, told: list[Message], statuses: list[str]) -> None:
    for number, status in enumerate(statuses):
        assert failed_creations.report(ARN, status, settings, f"invocation-{number}")
    (message,) = told
    assert "no such role: r" in message.text
    assert message.state == "not created"


def test_without_details_what_aws_said_is_left_out(settings: Settings, told: list[Message]) -> None:
    failed_creations.report(ARN, "DELETE_COMPLETE", replace(settings, allow_detailed_error_message=False), "i")
    assert "MLOpsPipeline" in told[0].text
    assert "no such role" not in told[0].text


def test_a_pipeline_that_was_made_and_is_deleted_by_hand_is_not_told(
    settings: Settings, told: list[Message], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_events, "of", lambda _: [*FAILED, event(NAME, "CREATE_COMPLETE")])
    assert not failed_creations.report(ARN, "DELETE_COMPLETE", settings, "i")
    assert told == []


@pytest.mark.parametrize("status", ["DELETE_FAILED", "UPDATE_COMPLETE"])
def test_other_ends_are_none_of_a_creation(settings: Settings, told: list[Message], status: str) -> None:
    assert not failed_creations.report(ARN, status, settings, "i")
    assert told == []
