# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

from scripts import pipeline_status


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
    seen = list(pipeline_status.watch(lambda: pipeline_status.read(_answer(next(given)))))

    assert [status.stages[0][1] for status in seen] == ["InProgress", "InProgress", "Succeeded"]


def test_watch_passes_over_the_execution_that_was_there_before() -> None:
    given = iter([_stage("A", "Succeeded", "1"), _stage("A", "InProgress", "2"), _stage("A", "Failed", "2")])
    seen = list(pipeline_status.watch(lambda: pipeline_status.read(_answer(next(given))), before="1"))

    assert [status.execution for status in seen] == ["2", "2"]
