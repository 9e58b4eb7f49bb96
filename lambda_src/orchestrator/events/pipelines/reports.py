# SPDX-License-Identifier: Apache-2.0
"""A message at each end of a pipeline execution, and of the deployment of a stage.

The order is that of `events/jobs/reports.py`: claim the end's marker, collect the details, publish, mark as reported.
Details that cannot be read are left out of the message, and the reason is logged. The event is retried only if the
message cannot be published.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from aws_lambda_powertools import Logger

from orchestrator import metrics, on_demand
from orchestrator.aws import claims, notifications
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.s3 import objects
from orchestrator.errors import OrchestratorError, ServiceBusyError
from orchestrator.events.pipelines import causes
from orchestrator.events.pipelines.ends import End, stage_named
from orchestrator.events.pipelines.messages import Ending
from orchestrator.launch.settings import Settings
from orchestrator.plan import layout
from orchestrator.plan import notifications as own_words
from orchestrator.plan.stack_tags import AUTOMATION_TAG, SMOKE_TEST_TAG, STACK_TAG, TYPE_TAG
from orchestrator.provisioned import pipeline_stacks, state, work
from orchestrator.provisioned.awaited import smoke_tests
from orchestrator.provisioned.state import Deployment, Seen, State, Work

Learned = TypeVar("Learned")
_EXECUTIONS: Final = {"SUCCEEDED": "Succeeded", "FAILED": "Failed", "STOPPED": "Stopped", "CANCELED": "Cancelled"}
"""State of an execution in events -> its status in answers. One that was superseded decides nothing."""

_AFTER: Final = "events.approved_versions.ends:after"
"""What goes on by itself; most pipelines need nothing of it."""

logger = Logger(service="orchestrator", child=True)


def ended(event: dict[str, Any], settings: Settings, owner: str) -> dict[str, Any]:
    """Report an end, from CodePipeline's event, once.

    `owner` is the id of the invocation. Raises `OrchestratorError` when a retry may succeed.
    """
    end = End.of(event)
    key = f"{layout.REPORTED}pipeline/{end.key}"
    errors: list[OrchestratorError] = []
    told = claims.once(settings.launch.pipelines_bucket, key, owner, lambda: errors.extend(_tell(end, settings, owner)))
    logger.info("pipeline ended", extra={"pipeline": end.pipeline, "state": end.state, "told": told})
    if errors:
        # It is told, and marked so: this has the alarm on errors tell of the rest.
        raise errors[0]
    return {"reported": int(told)}


def _tell(end: End, settings: Settings, owner: str) -> list[OrchestratorError]:
    """Tell the end; return the errors of what should have followed from it by itself."""
    nothing: dict[str, str] = {}
    untested: list[str] = []
    tags = _learned("tags", lambda: codepipelines.tags(end.pipeline_arn), nothing)
    errors = list(_go_on(end, tags, settings, owner)) if AUTOMATION_TAG in tags and not end.stage else []
    failed = end.state == "FAILED"
    cause = _learned("cause", lambda: causes.find(end, settings.approval_timeout), None) if failed else None
    words = _learned("words", lambda: _words(end, tags, settings), "") if not end.stage else ""
    overall = _learned("state", lambda: _state(end, tags, settings), None)
    is_overtaken = _learned("stop", lambda: _is_overtaken(end, tags), otherwise=False)
    tested = _learned("smoke tests", lambda: _tested(end, tags, settings), untested)
    ending = Ending(end, tags, cause, settings.allow_detailed_error_message, words, overall, tested, is_overtaken)
    notifications.publish(settings.notifications_topic_arn, ending.message)
    if not end.stage:
        metrics.count(metrics.PIPELINES_ENDED, pipeline_type=tags.get(TYPE_TAG, ""), state=end.state)
    if overall is not None:
        metrics.count(metrics.STATES_TOLD, state=overall.name)
    return errors


def _is_overtaken(end: End, tags: Mapping[str, str]) -> bool:
    is_stopped = end.state == "STOPPED" and not end.stage and AUTOMATION_TAG in tags
    return is_stopped and codepipelines.was_overtaken(end.pipeline, end.execution)


def _state(end: End, tags: Mapping[str, str], settings: Settings) -> State | None:
    """Return the state of the pipeline after this end, as everybody tells it who asks; `None` if another decides it."""
    execution = _EXECUTIONS.get(end.state)
    stack = stacks.find(tags[STACK_TAG]) if execution and not end.stage and STACK_TAG in tags else None
    if execution is None or stack is None:
        return None
    done = Work()
    if execution == "Succeeded":
        pipeline = pipeline_stacks.of(stack)
        done = work.of_deployed(pipeline, work.deployed_stack(pipeline, stack), settings)
    # An update of the stack that has begun since is not what ended.
    return state.decide(Seen(Deployment(execution=execution), done))


def _tested(end: End, tags: Mapping[str, str], settings: Settings) -> list[str]:
    """Return what the smoke tests of a successful deployment found, a sentence for each account."""
    stage = stage_named(end.stage)
    if end.state != "SUCCEEDED" or SMOKE_TEST_TAG not in tags or (settings.multi_account is not None and not stage):
        return []
    common_name = pipeline_stacks.common_name(tags[STACK_TAG])
    found = smoke_tests.of(settings.launch.pipelines_bucket, common_name)
    return [record.sentence() for record in found if record.stage == stage]


def _words(end: End, tags: Mapping[str, str], settings: Settings) -> str:
    """Return the sentence that the pipeline type's author wrote for such an end."""
    common_name = pipeline_stacks.common_name(tags.get(STACK_TAG, ""))
    bucket = settings.launch.pipelines_bucket
    found = objects.beginning(bucket, own_words.key(common_name), own_words.LONGEST) if common_name else None
    return own_words.message_for(found.content, end.state) if found else ""


def _go_on(end: End, tags: Mapping[str, str], settings: Settings, owner: str) -> Iterator[OrchestratorError]:
    """Do what follows from this end by itself. What a retry may cure is raised before the end is told."""
    try:
        on_demand.function(_AFTER)(end, tags, settings, owner)
    except ServiceBusyError:
        raise
    except OrchestratorError as error:
        logger.warning("nothing follows from the end", extra={"pipeline": end.pipeline}, exc_info=True)
        yield error


def _learned(what: str, learn: Callable[[], Learned], otherwise: Learned) -> Learned:
    try:
        return learn()
    except Exception:
        # Whatever the error, the end itself is reported.
        logger.warning("not learned", extra={"what": what}, exc_info=True)
        return otherwise
