# SPDX-License-Identifier: Apache-2.0
"""End of a run of a monitor with `retrain`: decide whether its model is trained again, once."""

from __future__ import annotations

from datetime import UTC, datetime

from aws_lambda_powertools import Logger

from orchestrator.automation import instructions
from orchestrator.aws import claims
from orchestrator.events.retraining import cases, recording, runs
from orchestrator.events.retraining.cases import Asked, Case
from orchestrator.events.retraining.deciding import carry_out
from orchestrator.events.retraining.decision import Hold, Why
from orchestrator.events.retraining.runs import Run
from orchestrator.launch.settings import Settings

logger = Logger(service="orchestrator", child=True)


def run_ended(run: Run, settings: Settings, owner: str) -> bool:
    """Decide on a run, and do it; gives whether this is done now. `owner` is the id of the invocation.

    Raises the errors of `orchestrator.errors` after which a retry may succeed.
    """
    if not settings.launch.automatic_retraining:
        logger.info("AutomaticRetraining=No", extra={"run": run.job})
        return False
    return claims.once(settings.launch.pipelines_bucket, run.marker, owner, lambda: _decide(run, settings, owner))


def _decide(run: Run, settings: Settings, owner: str) -> None:
    retrain = instructions.read(settings.launch.pipelines_bucket, run.told.key)
    if retrain is None:
        logger.info("the monitor is deleted", extra={"run": run.job})
        return
    found = runs.findings(run, frozenset(retrain.on))
    asked = Asked(run.told.common_name, run.job, run.saw_until, run.report, found, retrain)
    training, now = cases.training_of(retrain, settings), datetime.now(UTC)
    if isinstance(training, str):
        recording.hold(asked, Hold(Why.GONE, training), now, settings, owner)
    else:
        carry_out(Case(asked, training, now), settings, owner)
