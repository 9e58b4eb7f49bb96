# SPDX-License-Identifier: Apache-2.0
"""Carrying out of a decision: facts, decision, effect, one at a time for each pipeline that trains.

Most runs are held back by what the pipelines bucket has, without a lock. Whoever would start something takes the lock
of the pipeline, and decides again by all facts. Who finds it taken does not wait: another run is having the same
pipeline train, and this run would be held back by that.
"""

from __future__ import annotations

from typing import Final

from orchestrator.aws import locks, notifications
from orchestrator.aws.notifications import Message
from orchestrator.events.retraining import facts, preparing, recording, starting
from orchestrator.events.retraining.cases import Case
from orchestrator.events.retraining.decision import Hold, Prepare, Started, Why, decide
from orchestrator.launch.settings import Settings
from orchestrator.plan import layout

_BUSY: Final = Hold(Why.BUSY, "Another run is having the same pipeline train at this moment.")


def carry_out(case: Case, settings: Settings, owner: str) -> None:
    """Decide on a case, and do it; `owner` is the id of the invocation.

    Raises the errors of `orchestrator.errors` after which a retry may succeed.
    """
    decision = decide(facts.kept(case, settings).facts)
    done = decision if isinstance(decision, Hold) else _alone(case, settings, owner)
    if isinstance(done, Hold):
        recording.hold(case.asked, done, case.now, settings, owner)
    elif done is not None:
        # Last of all: whoever is interrupted before tells nobody twice.
        notifications.publish(settings.notifications_topic_arn, done)


def _alone(case: Case, settings: Settings, owner: str) -> Hold | Message | None:
    """Do it while nobody else does; gives why not, or what people are told."""
    key = layout.retraining_lock(case.training.common_name)
    with locks.holding(settings.launch.pipelines_bucket, key, owner) as is_held:
        return _done(case, settings) if is_held else _BUSY


def _done(case: Case, settings: Settings) -> Hold | Message | None:
    looked = facts.looked(case, settings)
    decision = decide(looked.facts)
    if isinstance(decision, Hold):
        return decision
    if isinstance(decision, Started):
        return starting.started(case, settings)
    if isinstance(decision, Prepare):
        return preparing.prepare(case, settings)
    if looked.request is None:
        name = case.training.pipeline.short_name
        return Hold(Why.NO_REQUEST, f"{name} was made by an earlier release, which has not kept its request.")
    return starting.start(case, looked.request, settings)
