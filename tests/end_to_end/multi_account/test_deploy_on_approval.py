# SPDX-License-Identifier: Apache-2.0
"""Approved versions through dev, staging and prod; a newer approval takes the place of one that waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from scripts.launch.local_deployment import STAGE_ACCOUNTS
from tests.end_to_end import approving
from tests.end_to_end.approving import Versions, answered, predictions
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
MODEL: Final = "obedient"
STACK: Final = f"mlops-pipeline-{MODEL}-byompipelinerealtimebuiltin"
CLOSE: Final = 1e-6
FOLLOWING: Final = ("staging", "prod")


def is_served(orchestrator: Orchestrator, stage: str, number: int) -> Callable[[], bool]:
    runtime = orchestrator.in_account(stage).client("sagemaker-runtime")
    return lambda: answered(runtime, f"{MODEL}-{stage}") == pytest.approx(predictions(number), abs=CLOSE)


def let_through(orchestrator: Orchestrator, pipeline_id: str, after: str | None = None) -> str:
    """Approve both stages; gives the execution that has succeeded."""
    for stage in FOLLOWING:
        orchestrator.decide(pipeline_id, orchestrator.asked(pipeline_id, stage))
    ended = orchestrator.ended(pipeline_id, after=after)
    assert ended.has_succeeded, ended
    return str(ended.execution)


def test_a_newer_approval_takes_the_place_of_one_that_waits(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    """The question about the older version is gone: nobody can let it through any more."""
    versions = Versions(orchestrator, "obedient-berths")
    versions.begin(*STAGE_ACCOUNTS.values())
    first = versions.register(1, "Approved")
    request = orchestrator.request(
        MODEL,
        model_package_name=first,
        deploy_on_approval=True,
        endpoint_name={stage: f"{MODEL}-{stage}" for stage in STAGE_ACCOUNTS},
        **dict.fromkeys(approving.OWN_KEYS),
    )
    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    deployed = let_through(orchestrator, pipeline_id)
    assert is_served(orchestrator, "prod", 1)()

    versions.register(2, "Approved")
    subscriber.next("is deploying version 2 of obedient-berths", until)
    until(lambda: orchestrator.executions(pipeline_id)[0]["pipelineExecutionId"] != deployed)
    question = orchestrator.asked(pipeline_id, "staging")
    (waiting, *_) = orchestrator.executions(pipeline_id)

    third = versions.register(3, "Approved")
    told = subscriber.next("is deploying version 3 of obedient-berths instead of version 2.", until)
    assert f"Stopped, because it still waited for an approval: execution {waiting['pipelineExecutionId']}." in told.text
    stopped = subscriber.next("Pipeline execution result is STOPPED", until, MODEL)
    assert "A newer decision has taken its place." in stopped.text
    until(lambda: orchestrator.asked(pipeline_id, "staging").token != question.token)
    with pytest.raises(Exception, match="InvalidApprovalToken"):
        orchestrator.decide(pipeline_id, question)
    second_deployed = let_through(orchestrator, pipeline_id, after=deployed)
    for stage in STAGE_ACCOUNTS:
        assert is_served(orchestrator, stage, 3)()

    versions.decide(third, "Rejected", "it forgets small ships")
    subscriber.next("is rolling back to version 2 of obedient-berths instead of version 3.", until)
    let_through(orchestrator, pipeline_id, after=second_deployed)
    assert is_served(orchestrator, "prod", 2)()
    assert approving.steps(orchestrator, STACK) == ["roll_back", "deploy", "deploy"]
