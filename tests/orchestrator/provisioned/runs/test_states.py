# SPDX-License-Identifier: Apache-2.0
"""Details and list of a monitor on the open engine: its schedule, its last run, and its health by both."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest
from botocore.stub import Stubber

from orchestrator import api
from orchestrator.aws import calls
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.codepipeline.codepipelines import Execution
from tests.orchestrator.provisioned.runs.conftest import SCHEDULE, deploy, described, environment, job, listed

Body = dict[str, Any]
FOUND: Final = "CompletedWithViolations: Job completed successfully with 1 violations. draught: drift 0.43 > 0.1."
QUIET: Final = "Completed: Job completed successfully with no violations."


@pytest.fixture
def scheduler(aws: None) -> Iterator[Stubber]:
    """EventBridge Scheduler's answers."""
    with Stubber(calls.client("scheduler")) as stub:
        yield stub
        stub.assert_no_pending_responses()


@pytest.fixture(params=["/pipelines/{id}", "/pipelines"], ids=["details", "list"])
def told(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    api_event: Callable[..., Body],
    context: Any,
) -> Callable[[], Body]:
    """The monitor as details and list tell it, for pipelines whose newest execution has succeeded."""
    newest = Execution("e-1", "Succeeded", "", None)
    monkeypatch.setattr(codepipelines, "state", lambda name: {"pipelineName": name, "stageStates": []})
    monkeypatch.setattr(codepipelines, "newest_execution", lambda _: newest)

    def call() -> Body:
        path: str = request.param
        event = api_event(path, httpMethod="GET", resource=path, pathParameters={"id": "berths"})
        body: Body = json.loads(api.handler(event, context)["body"])
        return dict(body["pipelines"][0]) if "pipelines" in body else body

    return call


def enabled(stub: Stubber, state: str = "ENABLED") -> None:
    stub.add_response("get_schedule", {"Name": SCHEDULE, "State": state}, {"Name": SCHEDULE})


def last(stub: Stubber, prefix: str, status: str = "Completed", **changes: Any) -> None:
    listed(stub, [f"{prefix}1"])
    described(stub, job(f"{prefix}1", status, Environment=environment(6), **changes))


def test_violations_make_it_unhealthy(told: Callable[[], Body], sagemaker: Stubber, scheduler: Stubber) -> None:
    enabled(scheduler)
    last(sagemaker, deploy(), exit_message=FOUND)
    body = told()
    assert body["state"] == "Unhealthy"
    assert body["state_reason"] == (
        f"The monitor's run for 2026-11-24 06:00 UTC found violations of the baseline. {FOUND}"
    )
    if "monitor" in body:
        run = {"status": "CompletedWithViolations", "time": "2026-11-24T06:00:00+00:00", "message": FOUND}
        expected = {"engine": "open", "schedule": SCHEDULE, "status": "Scheduled", "reason": "", "last_run": run}
        assert body["monitor"] == expected


ENDS: Final[dict[str, tuple[Body, str]]] = {
    "Completed": ({"exit_message": QUIET}, "Succeeded"),
    "InProgress": ({}, "Running"),
    "Stopping": ({}, "Running"),
    "Failed": ({"FailureReason": "AlgorithmError: bad rows"}, "Unhealthy"),
    "Stopped": ({}, "Unhealthy"),
}


@pytest.mark.parametrize("status", ENDS)
def test_other_ends(told: Callable[[], Body], sagemaker: Stubber, scheduler: Stubber, status: str) -> None:
    changes, state = ENDS[status]
    enabled(scheduler)
    last(sagemaker, deploy(), status, **changes)
    assert told()["state"] == state


def test_without_a_run(told: Callable[[], Body], sagemaker: Stubber, scheduler: Stubber) -> None:
    enabled(scheduler)
    deploy()
    listed(sagemaker, [])
    body = told()
    assert (body["state"], body["state_reason"]) == ("Succeeded", "The monitor has not run yet.")


def test_a_disabled_schedule_is_told(told: Callable[[], Body], sagemaker: Stubber, scheduler: Stubber) -> None:
    enabled(scheduler, "DISABLED")
    last(sagemaker, deploy(), exit_message=QUIET)
    body = told()
    assert body["state"] == "Unhealthy"
    assert f"The monitoring schedule {SCHEDULE} is Stopped: Somebody has disabled it" in body["state_reason"]


def test_so_is_one_that_is_gone(told: Callable[[], Body], sagemaker: Stubber, scheduler: Stubber) -> None:
    scheduler.add_client_error("get_schedule", "ResourceNotFoundException", "no", 404)
    last(sagemaker, deploy(), exit_message=QUIET)
    body = told()
    assert body["state"] == "Unhealthy"
    assert f"The monitoring schedule {SCHEDULE} is Deleted: EventBridge" in body["state_reason"]


def test_so_is_one_that_cannot_be_looked_at(told: Callable[[], Body], sagemaker: Stubber, scheduler: Stubber) -> None:
    scheduler.add_client_error("get_schedule", "AccessDeniedException", "no", 403)
    deploy()
    body = told()
    assert body["state"] == "Unhealthy"
    assert "cannot be looked at: AWS did not describe the schedule" in body["state_reason"]
