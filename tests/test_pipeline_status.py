# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from mlops_orchestrator.aws import pipeline_status
from mlops_orchestrator.client import waiting


def _stage(name: str, status: str, execution: str, **latest: Any) -> dict[str, Any]:
    action = {"actionName": f"{name}Action", "latestExecution": {"status": status, **latest}}
    state = {"pipelineExecutionId": execution, "status": status}
    return {"stageName": name, "actionStates": [action], "latestExecution": state}


def _answer(*stages: dict[str, Any]) -> dict[str, Any]:
    return {"pipelineName": "p", "stageStates": list(stages)}


def test_succeeded_when_every_stage_is() -> None:
    status = pipeline_status.read(_answer(_stage("A", "Succeeded", "1"), _stage("B", "Succeeded", "1")))

    assert status.has_succeeded
    assert not status.has_failed


def test_stage_of_an_earlier_execution_is_waiting() -> None:
    status = pipeline_status.read(_answer(_stage("A", "Succeeded", "2"), _stage("B", "Succeeded", "1", summary="old")))

    assert not status.has_ended
    assert status.actions[1].status == "Waiting"
    assert status.actions[1].detail == ""


def test_failure_tells_its_reason() -> None:
    failed = _stage("B", "Failed", "1", errorDetails={"message": "no such bucket"}, summary="less")
    status = pipeline_status.read(_answer(_stage("A", "Succeeded", "1"), failed))

    assert status.has_failed
    assert status.actions[1].detail == "no such bucket"


def test_stack_that_failed_ends_the_waiting() -> None:
    answer = {"message": "not yet", "stack_status": "CREATE_IN_PROGRESS"}

    assert not pipeline_status.read(answer).has_ended
    assert pipeline_status.read({**answer, "stack_status": "DELETE_COMPLETE"}).has_failed


def test_watch_gives_every_status_until_the_end() -> None:
    answers = [_stage("A", state, "1") for state in ("InProgress", "InProgress", "Succeeded", "InProgress")]
    given = iter(answers)
    seen = list(waiting.watch(lambda: pipeline_status.read(_answer(next(given)))))

    assert [status.stages[0][1] for status in seen] == ["InProgress", "InProgress", "Succeeded"]


def test_watch_passes_over_the_execution_that_was_there_before() -> None:
    given = iter([_stage("A", "Succeeded", "1"), _stage("A", "InProgress", "2"), _stage("A", "Failed", "2")])
    seen = list(waiting.watch(lambda: pipeline_status.read(_answer(next(given))), before="1"))

    assert [status.execution for status in seen] == ["2", "2"]


_AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def _action(name: str, status: str, minute: int, **latest: Any) -> dict[str, Any]:
    changed = (_AT + timedelta(minutes=minute)).isoformat()
    return {"actionName": name, "latestExecution": {"status": status, "lastStatusChange": changed, **latest}}


def _staged(name: str, status: str, execution: str, *actions: dict[str, Any], **state: Any) -> dict[str, Any]:
    latest = {"pipelineExecutionId": execution, "status": status}
    return {"stageName": name, "actionStates": list(actions), "latestExecution": latest, **state}


def _two_stages(*dev: dict[str, Any], status: str = "InProgress", execution: str = "1", **state: Any) -> dict[str, Any]:
    """Source, DeployDev with `dev` as its actions, and DeployStaging that nothing has reached."""
    rest = {"stageName": "DeployStaging", "actionStates": [{"actionName": "DeployStagingStackSet"}]}
    newest = state.get("inboundExecution", {}).get("pipelineExecutionId", execution)
    source = _staged("Source", "Succeeded", newest, _action("S3Source", "Succeeded", 0))
    return _answer(source, _staged("DeployDev", status, execution, *dev, **state), rest)


_DEPLOYED = _action("DeployDevStackSet", "Succeeded", 1)
_ASKING = _action("DeployStaging", "InProgress", 2, token="t-1")


def test_waiting_approval_names_the_stage_that_would_be_deployed() -> None:
    status = pipeline_status.read(_two_stages(_DEPLOYED, _ASKING))
    (approval,) = status.waiting

    assert (approval.stage, approval.action, approval.target) == ("DeployDev", "DeployStaging", "staging")
    assert (approval.token, approval.execution, approval.behind) == ("t-1", "1", "")
    assert status.needs_person
    assert not status.has_ended
    assert status.actions[2].detail == "waits for a person to approve or reject it"


def test_stage_that_is_being_deployed_needs_nobody() -> None:
    status = pipeline_status.read(_two_stages(_action("DeployDevStackSet", "InProgress", 1)))

    assert status.waiting == ()
    assert not status.needs_person


def test_execution_behind_a_waiting_approval_needs_a_person_too() -> None:
    status = pipeline_status.read(
        _two_stages(_DEPLOYED, _ASKING, execution="1", inboundExecution={"pipelineExecutionId": "2"})
    )

    assert status.execution == "2"
    assert [(one.execution, one.behind) for one in status.waiting] == [("1", "2")]
    assert status.needs_person
    assert [action.status for action in status.actions] == ["Succeeded", "Waiting", "Waiting", "Waiting"]


def test_state_that_an_earlier_execution_left_in_a_stage_is_not_told_of_the_newest() -> None:
    older = _action("DeployStaging", "Succeeded", -9, lastUpdatedBy="arn:aws:iam::1:user/anna")
    status = pipeline_status.read(_two_stages(_action("DeployDevStackSet", "InProgress", 1), older, execution="2"))

    assert [action.status for action in status.actions] == ["Succeeded", "InProgress", "Waiting", "Waiting"]
    assert status.actions[2].detail == ""


def test_stage_entered_a_moment_ago_tells_nothing_of_the_execution_before() -> None:
    before = [_action("DeployDevStackSet", "Succeeded", -10), _action("DeployStaging", "Succeeded", -9)]
    status = pipeline_status.read(_two_stages(*before, execution="2"))

    assert [action.status for action in status.actions] == ["Succeeded", "Waiting", "Waiting", "Waiting"]


def test_rejection_is_told_with_who_and_why() -> None:
    said = {"summary": "too slow", "errorDetails": {"message": "The approval was rejected."}}
    no = _action("DeployStaging", "Failed", 2, lastUpdatedBy="arn:aws:sts::1:assumed-role/ops/anna", **said)
    status = pipeline_status.read(_two_stages(_DEPLOYED, no, status="Failed"))

    assert status.has_failed
    assert status.was_rejected
    assert status.actions[2].detail == "rejected by assumed-role/ops/anna: too slow"


def test_approval_whose_time_ran_out_was_not_rejected() -> None:
    late = _action("DeployStaging", "Failed", 2, errorDetails={"message": "nobody approved within 7 days"})
    status = pipeline_status.read(_two_stages(_DEPLOYED, late, status="Failed"))

    assert status.has_failed
    assert not status.was_rejected
    assert status.actions[2].detail == "nobody approved within 7 days"


def test_watch_ends_where_it_is_told_to() -> None:
    given = iter([_two_stages(_action("DeployDevStackSet", "InProgress", 1)), *[_two_stages(_DEPLOYED, _ASKING)] * 2])
    seen = list(waiting.watch(lambda: pipeline_status.read(next(given)), until=lambda status: status.needs_person))

    assert [status.needs_person for status in seen] == [False, True]
