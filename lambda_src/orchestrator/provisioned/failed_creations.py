# SPDX-License-Identifier: Apache-2.0
"""A pipeline's own stack that could not be made: it deletes itself, so nobody would hear of it (lesson 117).

The answer to the request is long given by then. CloudFormation keeps the events of a stack that is gone under its ARN.
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStackEvents.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from orchestrator.aws import claims, notifications
from orchestrator.aws.cloudformation import stack_events, stacks
from orchestrator.aws.notifications import Message
from orchestrator.launch.settings import Settings
from orchestrator.plan import layout
from orchestrator.provisioned import pipeline_stacks
from orchestrator.provisioned.pipeline_stacks import Pipeline

NOT_CREATED: Final = "not created"
# CloudFormation documents no order: either may come first, and one of them alone.
_ENDS: Final = frozenset({"CREATE_FAILED", "DELETE_COMPLETE"})


def report(arn: str, status: str, settings: Settings, owner: str) -> bool:
    """Tell people once that a pipeline's stack failed to be made, and what failed first; tells whether it was so."""
    if status not in _ENDS or not pipeline_stacks.is_named_as_one(pipeline_stacks.name_in(arn)):
        return False
    stack = stacks.find(arn)
    if stack is None or not pipeline_stacks.holds_pipeline(stack):
        return False
    events = stack_events.of(arn)
    reason = stack_events.cause(events)
    if reason is None or _was_made(events):
        return False
    message = _message(pipeline_stacks.of(stack), reason, settings)
    key = f"{layout.REPORTED}creation/{arn.rsplit('/', 1)[1]}"
    bucket, topic = settings.launch.pipelines_bucket, settings.notifications_topic_arn
    claims.once(bucket, key, owner, lambda: notifications.publish(topic, message))
    return True


def _was_made(events: Iterable[Mapping[str, Any]]) -> bool:
    return any(
        event["PhysicalResourceId"] == event["StackId"] and event["ResourceStatus"] == "CREATE_COMPLETE"
        for event in events
    )


def _message(pipeline: Pipeline, reason: str, settings: Settings) -> Message:
    shown = reason if settings.allow_detailed_error_message else reason.partition(":")[0]
    text = (
        f"The pipeline {pipeline.stack_name} ({pipeline.type_name}, {pipeline.label}) could not be created.\n\n{shown}"
        "\n\nWhat was made of it is deleted. Remove the cause, then send the request again."
    )
    subject = f"MLOps pipeline not created: {pipeline.label}"
    return Message(subject, text, pipeline.type_name, pipeline.label, state=NOT_CREATED)
