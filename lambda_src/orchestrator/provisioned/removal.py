# SPDX-License-Identifier: Apache-2.0
"""`DELETE /pipelines/{id}`, and CloudFormation's events, which continue the deletion after the response.

    the request -> marker (`provisioned/removal_records.py`) -> first step (`provisioned/removal_steps.py`) -> 202
    an event of a stack or StackSet with a marker -> next step -> ... -> package removed, message sent, marker removed

An event without a marker is ignored: somebody deleted the stack by hand. A repeated request continues from the present
state. That is also how to proceed if the events of StackSets go to another account.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools import Logger

from orchestrator.automation import ending
from orchestrator.aws import claims, notifications
from orchestrator.aws.notifications import Message
from orchestrator.aws.s3 import object_versions
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.launch.settings import Settings
from orchestrator.plan import layout
from orchestrator.provisioned import (
    failed_creations,
    lookup,
    pipeline_stacks,
    removal_messages,
    removal_records,
    removal_steps,
)
from orchestrator.provisioned.removal_records import Removal
from orchestrator.provisioned.removal_steps import Progress, StepFailedError

if TYPE_CHECKING:
    from orchestrator import answers

_STACK_SET_ARN: Final = re.compile(r"arn:[^:]+:cloudformation:[^:]+:[0-9]+:stackset/(?P<name>[^:]+):.+")
_GOOD_ENDS: Final = frozenset({"DELETE_COMPLETE", "SUCCEEDED"})

logger = Logger(service="orchestrator", child=True)


def begin(given: str, caller: str, settings: Settings) -> answers.DeletionBegun:
    """Start or continue the deletion of a pipeline; raises the errors of `orchestrator.errors`.

    A refusal leaves no marker that was not there before. A call without a response may have started the deletion: the
    marker stays, with a failure, so that CloudFormation's events continue it and the pipeline can be provisioned again.
    """
    found = lookup.find(given, settings)
    bucket = settings.launch.pipelines_bucket
    removal = removal_records.begin(found.pipeline, caller)
    removal_records.store(bucket, removal)
    try:
        _go_on(removal, settings, owner=removal.attempt)
    except ServiceBusyError as busy:
        removal_records.store(bucket, removal.model_copy(update={"failure": f"AWS did not {busy.doing}."}))
        raise
    except ServiceRefusedError:
        if found.removal is None:
            removal_records.drop(bucket, removal)
        raise
    name = removal.pipeline.stack_name
    message = f"The deletion of pipeline {name} has begun. A notification will tell how it ends."
    return {"message": message, "pipeline_id": removal.pipeline.id}


def stack_changed(event: Mapping[str, Any], settings: Settings, owner: str) -> dict[str, Any]:
    """Continue when CloudFormation has ended its work on a stack; report a pipeline's stack that was not made.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html
    """
    detail = event["detail"]
    arn, status = detail["stack-id"], detail["status-details"]["status"]
    removal = _of(pipeline_stacks.name_in(arn), settings)
    if removal is None and failed_creations.report(arn, status, settings, owner):
        return {"deleting": False, "created": False}
    return _changed(removal, status, settings, owner)


def stack_set_changed(event: Mapping[str, Any], settings: Settings, owner: str) -> dict[str, Any]:
    """Continue when CloudFormation has ended an operation on a StackSet.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stackset-operation-status-change.html
    """
    detail = event["detail"]
    arn = _STACK_SET_ARN.fullmatch(detail["stack-set-arn"])
    removal = _of(arn["name"] if arn else "", settings)
    return _changed(removal, detail["status-details"]["status"], settings, owner)


def _of(name: str, settings: Settings) -> Removal | None:
    return removal_records.find(settings.launch.pipelines_bucket, pipeline_stacks.common_name(name))


def _changed(removal: Removal | None, status: str, settings: Settings, owner: str) -> dict[str, Any]:
    # After a failure people decide what happens; only a successful end is still handled.
    if removal is None or (removal.failure and status not in _GOOD_ENDS):
        return {"deleting": False}
    try:
        _go_on(removal, settings, owner)
    except ServiceBusyError:
        raise
    except ServiceRefusedError as refused:
        # A retry would be refused, too, so the failure is reported.
        logger.warning("refused", exc_info=True)
        detail_shown = f" {refused.detail}" if settings.allow_detailed_error_message else ""
        _fail(removal, f"AWS did not {refused.doing}.{detail_shown}", settings, owner)
    return {"deleting": True}


def _go_on(removal: Removal, settings: Settings, owner: str) -> None:
    try:
        progress = removal_steps.advance(removal, settings)
    except StepFailedError as failed:
        _fail(removal, str(failed), settings, owner)
        return
    logger.info("deletion", extra={"pipeline": removal.pipeline.id, "progress": progress.name})
    if progress is Progress.GONE:
        _finish(removal, settings, owner)
    elif progress is Progress.OVERTAKEN:
        removal_records.drop(settings.launch.pipelines_bucket, removal)


def _finish(removal: Removal, settings: Settings, owner: str) -> None:
    bucket = settings.launch.pipelines_bucket
    below = layout.folder(removal.pipeline.common_name)
    if removal.pipeline.automation or removal.pipeline.is_training:
        ending.forget(bucket, removal.pipeline.common_name)
    # A scheduled job may still run, and needs its instructions for the registration.
    object_versions.purge(bucket, below, kept=f"{below}{layout.REGISTRATIONS}")
    # Simultaneous requests are separate attempts, but the pipeline's end is reported once.
    _tell(removal.pipeline.id.rsplit("/", 1)[1], removal_messages.gone(removal.pipeline), settings, owner)
    removal_records.drop(bucket, removal)


def _fail(removal: Removal, reason: str, settings: Settings, owner: str) -> None:
    logger.warning("deletion failed", extra={"pipeline": removal.pipeline.id, "reason": reason})
    _tell(removal.attempt, removal_messages.failed(removal.pipeline, reason), settings, owner)
    removal_records.store(settings.launch.pipelines_bucket, removal.model_copy(update={"failure": reason}))


def _tell(what: str, message: Message, settings: Settings, owner: str) -> None:
    """Publish a message once, although its event may come several times."""
    key = f"{layout.REPORTED}deletion/{what}/{message.state}"
    claims.once(
        settings.launch.pipelines_bucket,
        key,
        owner,
        lambda: notifications.publish(settings.notifications_topic_arn, message),
    )
