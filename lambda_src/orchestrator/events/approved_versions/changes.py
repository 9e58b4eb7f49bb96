# SPDX-License-Identifier: Apache-2.0
"""A change of one pipeline's request, carried out by provisioning it, and told.

not there any more, or being deleted -> nothing
AWS is busy, or another change goes on -> the error is raised; the change is pending and whoever looks next ends it
the request is refused                -> people get every problem; nothing is repeated
done                                  -> an execution of the pipeline that still waits for a person is stopped
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from aws_lambda_powertools import Logger

from orchestrator import service
from orchestrator.automation import journal, requests
from orchestrator.automation.journal import Outcome, Step
from orchestrator.aws import claims, notifications
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.notifications import Message
from orchestrator.errors import RefusedRequestError
from orchestrator.events.approved_versions import messages, pending
from orchestrator.events.approved_versions.messages import Subject
from orchestrator.events.approved_versions.pending import Pending
from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.packaged import PIPELINE_STACK_SUFFIX
from orchestrator.plan import layout
from orchestrator.plan.stack_tags import PIPELINE_NAME_OUTPUT
from orchestrator.provisioned import removal_records

SERVICES: Final = ("s3", "sagemaker", "cloudformation", "codepipeline", "sns", "ecr")
"""The services that are called."""
_TOLD: Final = f"{layout.REPORTED}automation/"

logger = Logger(service="orchestrator", child=True)


@dataclass(frozen=True)
class Automatic:
    """A pipeline on which something is done by itself, under these settings, by this invocation."""

    common_name: str
    request: Mapping[str, Any]
    """The pipeline's own."""
    settings: Settings
    owner: str

    @property
    def bucket(self) -> str:
        """The pipelines bucket."""
        return self.settings.launch.pipelines_bucket

    @property
    def subject(self) -> Subject:
        """The pipeline as messages name it."""
        return Subject(self.common_name, self.request)

    def is_gone(self) -> bool:
        """True if there is no such pipeline any more, or it is being deleted."""
        removal = removal_records.find(self.bucket, self.common_name)
        if removal is not None and not removal.failure:
            return True
        stack = stacks.find(f"{self.common_name}-{PIPELINE_STACK_SUFFIX}")
        return stack is None or stack.is_gone

    def carry_out(self, change: Pending) -> bool:
        """Change the pipeline; return whether it was. Raises the errors of `orchestrator.errors`."""
        change = pending.begin(self.bucket, self.common_name, change)
        if self._is_overtaken(change):
            pending.drop(self.bucket, self.common_name)
            return False
        try:
            service.provision_pipeline({**self.request, **change.changes}, self.settings)
        except RefusedRequestError as refused:
            self._refused(change, refused)
            return False
        stopped = self._stop_waiting() if self.settings.multi_account else []
        # A person is told once, and who dies after it tells nobody again: the message has a marker of its own.
        told = messages.started(self.subject, change, stopped)
        self.tell(told, change, "started", told.text.partition("\n")[0], change.cause.id)
        pending.drop(self.bucket, self.common_name)
        return True

    def _is_overtaken(self, change: Pending) -> bool:
        """True if another invocation has made the same change since this one has looked."""
        now = requests.stored(self.bucket, self.common_name) or {}
        had, has = ({key: one.get(key) for key in change.changes} for one in (self.request, now))
        return had != has == change.changes

    def hold(self, change: Pending, message: Message, why: str, *once_for: str) -> None:
        """Record that a change is not made, and tell people, once for each of these."""
        self.tell(message, change, "held", why, *once_for)

    def tell(self, message: Message, change: Pending, outcome: Outcome, detail: str, *once_for: str) -> None:
        """Record a step and publish its message, once for each of `once_for`."""

        def do() -> None:
            step = Step(at=change.cause.at, step=change.step, cause=change.cause.words, outcome=outcome, detail=detail)
            journal.record(self.bucket, self.common_name, step)
            notifications.publish(self.settings.notifications_topic_arn, message)

        values = sorted(change.changes.values())
        digest = hashlib.sha256("\n".join([change.step, outcome, *values, *once_for]).encode()).hexdigest()
        claims.once(self.bucket, f"{_TOLD}{self.common_name}/{digest}", self.owner, do)

    def _refused(self, change: Pending, refused: RefusedRequestError) -> None:
        problems = [str(problem) for problem in refused.listed]
        logger.warning("refused", extra={"pipeline": self.common_name, "problems": problems})
        message = messages.refused(self.subject, change, problems)
        self.tell(message, change, "failed", "; ".join(problems)[: messages.LONGEST_DETAIL], *problems)
        pending.drop(self.bucket, self.common_name)

    def _stop_waiting(self) -> list[str]:
        """Stop executions that wait for an approval while a newer one has begun; return their ids.

        A stage is locked while its approval waits: the newer execution could not even enter it.
        https://docs.aws.amazon.com/codepipeline/latest/userguide/concepts-how-it-works.html
        """
        stack = stacks.find(f"{self.common_name}-{PIPELINE_STACK_SUFFIX}")
        name = stack.outputs.get(PIPELINE_NAME_OUTPUT) if stack is not None else None
        return codepipelines.stop_waiting(name) if name else []


def in_turn(work: Callable[[], bool]) -> tuple[bool, Exception | None]:
    """Do the work of one pipeline among others; return whether it has changed, and the error, which stops no other."""
    try:
        return work(), None
    except Exception as error:
        logger.warning("not carried out", extra={"error": str(error)}, exc_info=True)
        return False, error
