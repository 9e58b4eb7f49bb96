# SPDX-License-Identifier: Apache-2.0
"""Reconciliation of the pipelines that follow a model package group with its versions as SageMaker lists them now.

Whoever has changed something looks again, until there is nothing to change: the last to write has seen every version
that was there, and what changes after its look has an event of its own. So two invocations at once end as one would,
and no lock is needed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from aws_lambda_powertools import Logger

from orchestrator.automation import followers, pauses, requests
from orchestrator.automation.followers import Follower
from orchestrator.aws import parallel
from orchestrator.aws.sagemaker import model_packages
from orchestrator.errors import ConflictError
from orchestrator.events.approved_versions import changes, decisions, messages, pending
from orchestrator.events.approved_versions.causes import Cause
from orchestrator.events.approved_versions.changes import Automatic
from orchestrator.events.approved_versions.decisions import Decision, Situation
from orchestrator.events.approved_versions.pending import Pending
from orchestrator.launch.settings import Settings
from orchestrator.sagemaker import version_arns

KEY: Final = "model_package_name"
"""Key of requests with the version that is deployed."""
SWITCH: Final = "deploy_on_approval"
_ROUNDS: Final = 5

logger = Logger(service="orchestrator", child=True)


@dataclass(frozen=True)
class Group:
    """A model package group of this account, and why one looks at it."""

    arn: str
    cause: Cause
    settings: Settings
    owner: str
    """Id of the invocation."""

    def reconcile(self, found: Sequence[Follower]) -> int:
        """Bring these pipelines to the newest approved version; return how many were changed.

        Raises the first error of a pipeline when all have had their turn, so that a retry makes up for it.
        """
        changed = 0
        for _ in range(_ROUNDS):
            approved = self._approved()
            look = partial(self._in_turn, approved)
            ended = parallel.each(changes.SERVICES, look, found)
            found = [one for one, (is_other, _) in zip(found, ended, strict=True) if is_other]
            changed += len(found)
            errors = [error for _, error in ended if error is not None]
            if errors:
                raise errors[0]
            if not found:
                return changed
        raise ConflictError(f"The versions of {self.arn} change faster than they can be deployed.")

    def _in_turn(self, approved: frozenset[int], one: Follower) -> tuple[bool, Exception | None]:
        return changes.in_turn(lambda: self._one(one, approved))

    def _approved(self) -> frozenset[int]:
        return frozenset(version_arns.number(version) for version in model_packages.approved(self.arn))

    def _one(self, follower: Follower, approved: frozenset[int]) -> bool:
        """Bring one pipeline to what is approved; return whether its request is another now."""
        bucket = self.settings.launch.pipelines_bucket
        request = requests.stored(bucket, follower.common_name)
        if request is None or not self._is_followed_by(request):
            followers.forget(bucket, follower.key)
            return False
        automatic = Automatic(follower.common_name, request, self.settings, self.owner)
        begun = pending.find(bucket, follower.common_name)
        decision = decisions.decide(_situation(request, approved, begun))
        if decision.what == "nothing":
            if begun is not None:
                pending.drop(bucket, follower.common_name)
            return False
        if automatic.is_gone():
            followers.forget(bucket, follower.key)
            return False
        return self._bring_about(automatic, decision, begun)

    def _is_followed_by(self, request: dict[str, Any]) -> bool:
        version = str(request.get(KEY, ""))
        return bool(request.get(SWITCH)) and version_arns.group_arn(version).lower() == self.arn.lower()

    def _bring_about(self, automatic: Automatic, decision: Decision, begun: Pending | None) -> bool:
        if decision.what == "none_left":
            self._none_left(automatic)
            return False
        if decision.what == "finish" and begun is not None:
            return automatic.carry_out(begun)
        version = version_arns.numbered(version_arns.group_arn(automatic.request[KEY]), decision.version)
        step: Any = decision.what
        cause = self.cause.of_change(version, str(automatic.request[KEY]))
        change = Pending(step=step, changes={KEY: version}, cause=cause)
        pause = pauses.find(automatic.bucket, automatic.common_name)
        if pause is not None:
            message = messages.paused(automatic.subject, change, pause)
            automatic.hold(change, message, f"{pause.by} has paused it", pause.at.isoformat())
            return False
        return automatic.carry_out(change)

    def _none_left(self, automatic: Automatic) -> None:
        """Tell it when it comes about, and not at what happens to other versions later."""
        present = str(automatic.request[KEY])
        logger.warning("no approved version", extra={"pipeline": automatic.common_name, "version": present})
        if present.lower() != self.cause.version.lower():
            return
        change = Pending(step="roll_back", changes={KEY: present}, cause=self.cause)
        message = messages.none_left(automatic.subject, change)
        automatic.hold(change, message, "no version of the group is approved", self.cause.id)


def _situation(request: dict[str, Any], approved: frozenset[int], begun: Pending | None) -> Situation:
    under_way = version_arns.number(begun.changes.get(KEY, "")) if begun is not None else 0
    return Situation(version_arns.number(str(request[KEY])), approved, under_way)
