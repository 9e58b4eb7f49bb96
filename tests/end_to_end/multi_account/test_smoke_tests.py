# SPDX-License-Identifier: Apache-2.0
"""Smoke tests in the accounts of stages: their figures reach whoever decides, and a failure ends the pipeline."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from scripts.cli.pipelines import changes
from scripts.demo.demo_model import TrainedModel
from scripts.launch.local_deployment import STAGE_ACCOUNTS
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import SERVED, Orchestrator

Until = Callable[[Callable[[], Any]], Any]


def test_who_decides_on_the_next_stage_sees_what_the_model_answered(
    orchestrator: Orchestrator, model: TrainedModel, subscriber: Subscriber, until: Until
) -> None:
    row = ",".join(str(value) for value in model.holdout_rows[0])
    good = {"payload": row, "content_type": "text/csv", "expression": "@ <= `1`", "calls": 2}
    tests = {"dev": good, "staging": {**good, "expression": "@ > `1`"}, "prod": good}
    pipeline_id = orchestrator.provision(orchestrator.request("proven", smoke_test=tests, **SERVED))["pipeline_id"]
    question = orchestrator.asked(pipeline_id, "staging")
    asked = _asked(subscriber, until, "proven-byom")
    assert asked.startswith("Please approve to deploy to staging account. Smoke test in account ")
    assert f"in account {STAGE_ACCOUNTS['dev']}, " in asked
    assert "2 calls, none failed; p50 " in asked

    def told() -> dict[str, Any] | None:
        waiting: list[dict[str, Any]] = orchestrator.deployment.api.details(pipeline_id).body["changes"]
        return next((one for one in waiting if one["smoke_tests"]), None)

    waiting = until(told)
    (figures,) = waiting["smoke_tests"]
    assert (figures["stage"], figures["account"]) == ("dev", STAGE_ACCOUNTS["dev"])
    assert (figures["calls"], figures["errors"], figures["problem"]) == (2, 0, "")
    lines = list(changes.lines("staging", [waiting]))
    assert any(f"smoke test in dev, {STAGE_ACCOUNTS['dev']}: 2 calls, 0 failed; p50 " in line for line in lines)
    done = _heard(subscriber, until, "proven-byom", "DeployDev", "SUCCEEDED")
    assert f"Smoke test in account {STAGE_ACCOUNTS['dev']}, " in done

    orchestrator.decide(pipeline_id, question)
    assert orchestrator.ended(pipeline_id).has_failed
    failed = _heard(subscriber, until, "proven-byom", "DeployStaging", "FAILED")
    assert "The smoke test failed at call 1 of 2: @ > `1` is false, true was expected. The answer: 0." in failed

    def tried() -> dict[str, Any] | None:
        found: list[dict[str, Any]] = orchestrator.deployment.api.details(pipeline_id).body["smoke_tests"]
        return next((one for one in found if one["stage"] == "staging"), None)

    assert until(tried)["errors"] == 2


def test_a_stage_without_a_test_says_so_and_a_pipeline_without_any_says_what_it_always_said(
    orchestrator: Orchestrator, model: TrainedModel, subscriber: Subscriber, until: Until
) -> None:
    row = ",".join(str(value) for value in model.holdout_rows[0])
    tests = {"dev": "", "staging": {"payload": row, "content_type": "text/csv"}, "prod": ""}
    tested = orchestrator.provision(orchestrator.request("partly-asked", smoke_test=tests, **SERVED))["pipeline_id"]
    question = orchestrator.asked(tested, "staging")
    words = "Please approve to deploy to staging account"
    assert _asked(subscriber, until, "partly-asked") == f"{words}. No smoke test in this stage."
    orchestrator.decide(tested, question, approve=False)

    plain = orchestrator.provision(orchestrator.request("never-asked", **SERVED))["pipeline_id"]
    question = orchestrator.asked(plain, "staging")
    assert _asked(subscriber, until, "never-asked") == words
    orchestrator.decide(plain, question, approve=False)


def _asked(subscriber: Subscriber, until: Until, text: str) -> str:
    """What CodePipeline's request for an approval says of its own."""
    told = json.loads(_heard(subscriber, until, text, "approvalReviewLink"))
    return str(told["approval"]["customData"])


def _heard(subscriber: Subscriber, until: Until, *parts: str) -> str:
    """The first message with these texts, in whatever order messages come."""

    def find() -> str | None:
        return next((text for text in subscriber.all_heard() if all(part in text for part in parts)), None)

    return str(until(find))
