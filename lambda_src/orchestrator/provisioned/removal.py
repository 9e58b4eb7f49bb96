# SPDX-License-Identifier: Apache-2.0
"""`DELETE /pipelines/{id}`, and the events of CloudFormation that carry it on when the answer is long given.

    the request -> marker (`provisioned/removal_records.py`) -> first step (`provisioned/removal_steps.py`) -> 202
    an event of a stack or StackSet with a marker -> next step -> ... -> package removed, people told, marker removed

An event of something without a marker is nobody's business: somebody deleted it by hand. A repeated request goes on
from wherever the work stands, which is also the way on where events of StackSets reach another account than this.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from aws_lambda_powertools import Logger

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

_STACK_SET_ARN: Final = re.compile(r"arn:[^:]+:cloudformation:[^:]+:[0-9]+:stackset/(?P<name>[^:]+):.+")
_GOOD_ENDS: Final = frozenset({"DELETE_COMPLETE", "SUCCEEDED"})

logger = Logger(service="orchestrator", child=True)


def begin(given: str, caller: str, settings: Settings) -> dict[str, Any]:
    """Begin to delete a pipeline, or go on with it; raises the errors of `orchestrator.errors`.

    What is refused at once leaves no marker behind that was not there before. What was not answered may have begun all
    the same: the marker stays, as that of a failure, so that CloudFormation's events carry it on, and the pipeline can
    still be provisioned.
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
    """Go on when CloudFormation has ended its work on a stack; report one of a pipeline that it could not make.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stack-status-change.html
    """
    detail = event["detail"]
    arn, status = detail["stack-id"], detail["status-details"]["status"]
    removal = _of(pipeline_stacks.name_in(arn), settings)
    if removal is None and failed_creations.report(arn, status, settings, owner):
        return {"deleting": False, "created": False}
    return _changed(removal, status, settings, owner)


def stack_set_changed(event: Mapping[str, Any], settings: Settings, owner: str) -> dict[str, Any]:
    """Go on when CloudFormation has ended an operation on a StackSet.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/event-detail-stackset-operation-status-change.html
    """
    detail = event["detail"]
    arn = _STACK_SET_ARN.fullmatch(detail["stack-set-arn"])
    removal = _of(arn["name"] if arn else "", settings)
    return _changed(removal, detail["status-details"]["status"], settings, owner)


def _of(name: str, settings: Settings) -> Removal | None:
    return removal_records.find(settings.launch.pipelines_bucket, pipeline_stacks.common_name(name))


def _changed(removal: Removal | None, status: str, settings: Settings, owner: str) -> dict[str, Any]:
    # After a failure people decide what happens; that it has become needless is worth noticing.
    if removal is None or (removal.failure and status not in _GOOD_ENDS):
        return {"deleting": False}
    try:
        _go_on(removal, settings, owner)
    except ServiceBusyError:
        raise
    except ServiceRefusedError as refused:
        # Another try of the event would be refused, too: people must know.
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
    # A job that a schedule started may still run, and will be registered by its instructions.
    object_versions.purge(bucket, below, kept=f"{below}{layout.REGISTRATIONS}")
    # Requests at once are attempts of their own, but a pipeline is gone once.
    _tell(removal.pipeline.id.rsplit("/", 1)[1], removal_messages.gone(removal.pipeline), settings, owner)
    removal_records.drop(bucket, removal)


def _fail(removal: Removal, reason: str, settings: Settings, owner: str) -> None:
    logger.warning("deletion failed", extra={"pipeline": removal.pipeline.id, "reason": reason})
    _tell(removal.attempt, removal_messages.failed(removal.pipeline, reason), settings, owner)
    removal_records.store(settings.launch.pipelines_bucket, removal.model_copy(update={"failure": reason}))


def _tell(what: str, message: Message, settings: Settings, owner: str) -> None:
    """Publish once for what has ended and how: an event may come several times."""
    key = f"{claims.MARKERS}deletion/{what}/{message.state}"
    claims.once(
        settings.launch.pipelines_bucket,
        key,
        owner,
        lambda: notifications.publish(settings.notifications_topic_arn, message),
    )
