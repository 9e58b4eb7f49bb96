# SPDX-License-Identifier: Apache-2.0
"""Waits against an API that answers what a test says: an old state for a moment, which the local AWS never tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from mlops_orchestrator import Failed, MlopsError, NotFound, Pipeline, TimedOut
from mlops_orchestrator.aws.api_client import Answer, OrchestratorApi
from mlops_orchestrator.aws.aws_access import local
from mlops_orchestrator.client import waiting

_ID = "arn:aws:cloudformation:us-east-1:123456789012:stack/mlops-pipeline-churn-x-codepipeline/1"
_AWS = local("http://127.0.0.1:1", "us-east-1")


class _Api:
    """The orchestrator's API, which answers one after the other."""

    client = type("Client", (), {"aws": _AWS})

    def __init__(self, *answers: dict[str, Any]) -> None:
        self.left = list(answers)

    def details(self, _: str) -> Answer:
        told = self.left.pop(0)
        return Answer(200, told) if "outputs" in told else Answer(404, {"message": "There is none."})

    def status(self, _: str) -> Answer:
        told = self.left.pop(0)
        return Answer(200 if told else 404, told or {"message": "There is none."})

    def delete(self, _: str) -> Answer:
        return Answer(202, {"message": "It has begun."})


def _details(state: str, execution: str = "e-1", token: str = "") -> dict[str, Any]:
    """Details of a pipeline whose newest execution it is; with a token, an approval waits for staging."""
    approval = {"actionName": "DeployStaging", "latestExecution": {"status": "InProgress", "token": token}}
    dev = {
        "stageName": "DeployDev",
        "latestExecution": {"pipelineExecutionId": execution, "status": "InProgress"},
        "actionStates": [approval] if token else [],
    }
    return {
        "pipeline_id": _ID, "pipeline_stack_name": "mlops-pipeline-churn-x-codepipeline", "pipeline_type": "a_type",
        "model_name": "churn", "short_name": "churn/a", "state": state, "state_reason": "as it is",
        "stack_status": "CREATE_COMPLETE", "stack_status_reason": "", "outputs": {}, "deletion": None,
        "pipeline": {"pipelineName": "p", "stageStates": [dev, {"stageName": "DeployStaging"}]},
    }  # fmt: skip


def _pipeline(*answers: dict[str, Any], before: str | None = None) -> tuple[Pipeline, _Api]:
    api = _Api(*answers)
    return Pipeline(cast(OrchestratorApi, api), {"pipeline_id": _ID}, before), api


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_FIRST_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(waiting, "_LONGEST_PAUSE_SECONDS", 0.01)


def test_the_execution_that_was_there_before_is_not_waited_for() -> None:
    pipeline, api = _pipeline(
        _details("Succeeded"), _details("Succeeded"), _details("Deploying", "e-2"), _details("Succeeded", "e-2"),
        before="e-1",
    )  # fmt: skip
    assert pipeline.wait(60).execution.execution == "e-2"
    assert api.left == []


def test_no_new_execution_is_waited_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "_NEW_EXECUTION_SECONDS", 0)
    pipeline, _ = _pipeline(_details("Succeeded"), before="e-1")
    assert pipeline.wait(60).state == "Succeeded"


def test_a_decision_that_is_not_heeded_yet_does_not_end_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    asking = _details("Waiting for approval", token="t-1")
    pipeline, api = _pipeline(
        asking, asking, asking, _details("Deploying"), _details("Waiting for approval", token="t-2")
    )
    codepipeline = type("CodePipeline", (), {"put_approval_result": lambda *_, **__: None})
    monkeypatch.setitem(_AWS._clients, "codepipeline", codepipeline())
    assert pipeline.approve("staging").wait(60).waiting == ("staging",)
    assert api.left == []


def test_an_orchestrator_of_an_earlier_version_is_waited_for_too() -> None:
    earlier = _details("Deploying", token="t-1")
    for key in ("state", "state_reason", "short_name"):
        del earlier[key]
    pipeline, _ = _pipeline(earlier, earlier)
    assert (pipeline.wait(60).state, pipeline.short_name) == ("Waiting for approval", "")


@pytest.mark.parametrize("state", ["Failed", "Unhealthy"])
def test_what_came_to_nothing_is_an_error(state: str) -> None:
    pipeline, _ = _pipeline(_details("Running"), _details(state))
    with pytest.raises(Failed, match=f"{state}. as it is"):
        pipeline.wait(60)


def test_a_pipeline_that_could_not_be_made_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its stack has removed itself."""
    monkeypatch.setattr("mlops_orchestrator.aws.stack_following.first_cause", lambda *_: "Role: no permission")
    monkeypatch.setitem(_AWS._clients, "cloudformation", None)
    gone = {"message": "The stack is gone.", "stack_status": "DELETE_COMPLETE"}
    pipeline, _ = _pipeline(_details("Deploying"), {"nothing": True}, gone)
    with pytest.raises(Failed, match=r"Failed\. The stack is gone\. First cause: Role: no permission"):
        pipeline.wait(60)


def test_a_pipeline_that_nobody_knows_is_not_found() -> None:
    pipeline, _ = _pipeline({"nothing": True}, {})
    with pytest.raises(NotFound, match="There is none"):
        pipeline.wait(60)


def test_a_wait_in_vain_says_where_the_pipeline_is() -> None:
    pipeline, _ = _pipeline(*[_details("Running")] * 100)
    with pytest.raises(TimedOut, match=r"churn-x-codepipeline is still Running after 0\.05 s"):
        pipeline.wait(0.05)


def test_a_failed_deletion_is_an_error() -> None:
    pipeline, _ = _pipeline(
        _details("Deploying"), {**_details("Failed"), "deletion": {"failure": "The stack is in use."}}
    )
    with pytest.raises(Failed, match="The stack is in use"):
        pipeline.delete()


def test_a_deletion_need_not_be_waited_for() -> None:
    pipeline, api = _pipeline(_details("Deploying"))
    pipeline.delete(wait=False)
    assert len(api.left) == 1


def _looks(*results: MlopsError | str) -> Callable[[], str]:
    """Looks that end as a test says, one after the other."""
    given = iter(results)

    def look() -> str:
        result = next(given)
        if isinstance(result, MlopsError):
            raise result
        return result

    return look


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_wait_goes_on_when_somebody_is_busy(status: int) -> None:
    busy = Failed("busy", status=status)
    assert next(waiting.looks(_looks(busy, busy, "done"), 60)) == "done"
    with pytest.raises(Failed, match="busy"):
        next(waiting.looks(_looks(*[busy] * 6, "done"), 60))


def test_a_wait_ends_with_what_does_not_pass() -> None:
    with pytest.raises(Failed, match="broken"):
        next(waiting.looks(_looks(Failed("broken", status=500), "done"), 60))
    with pytest.raises(NotFound, match="gone"):
        next(waiting.looks(_looks(NotFound("gone", status=404), "done"), 60))


def test_a_deletion_that_takes_too_long_goes_on() -> None:
    pipeline, _ = _pipeline(*[_details("Deploying")] * 100)
    with pytest.raises(TimedOut, match=r"not deleted after 0\.05 s; the deletion goes on"):
        pipeline.delete(timeout=0.05)
