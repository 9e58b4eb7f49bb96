# SPDX-License-Identifier: Apache-2.0
"""What CodePipeline is told when the executions of a pipeline are to stop."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from orchestrator.aws.codepipeline import codepipelines

RUNNING, ENDED = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


@pytest.mark.parametrize("refusal", ["", "DuplicatedStopRequestException", "PipelineExecutionNotStoppableException"])
def test_what_runs_is_stopped_without_waiting_for_its_actions(codepipeline: Stubber, refusal: str) -> None:
    listed = [
        {"pipelineExecutionId": RUNNING, "status": "InProgress"},
        {"pipelineExecutionId": ENDED, "status": "Succeeded"},
    ]
    codepipeline.add_response("list_pipeline_executions", {"pipelineExecutionSummaries": listed})
    expected = {"pipelineName": "the-churn", "pipelineExecutionId": RUNNING, "abandon": True, "reason": ANY}
    if refusal:
        codepipeline.add_client_error("stop_pipeline_execution", refusal, expected_params=expected)
    else:
        codepipeline.add_response("stop_pipeline_execution", {"pipelineExecutionId": RUNNING}, expected)
    codepipelines.stop_running("the-churn", "The pipeline is being deleted.")


def test_a_pipeline_that_is_gone_has_nothing_to_stop(codepipeline: Stubber) -> None:
    codepipeline.add_client_error("list_pipeline_executions", "PipelineNotFoundException")
    codepipelines.stop_running("the-churn", "The pipeline is being deleted.")


def waiting(execution: str, token: str) -> dict[str, Any]:
    action = {"actionName": "DeployStaging", "latestExecution": {"status": "InProgress", "token": token}}
    latest = {"pipelineExecutionId": execution, "status": "InProgress"}
    return {"stageName": "DeployDev", "latestExecution": latest, "actionStates": [action]}


@pytest.mark.parametrize(
    ("newest", "token", "stopped"),
    [
        pytest.param(ENDED, "t-1", [RUNNING], id="a newer one has begun"),
        pytest.param(RUNNING, "t-1", [], id="it is the newest"),
        pytest.param(ENDED, "", [], id="it deploys"),
    ],
)
def test_only_what_waits_for_a_decision_gives_way_to_a_newer_one(
    codepipeline: Stubber, newest: str, token: str, stopped: list[str]
) -> None:
    listed = [{"pipelineExecutionId": newest, "status": "InProgress"}]
    codepipeline.add_response("list_pipeline_executions", {"pipelineExecutionSummaries": listed})
    codepipeline.add_response("get_pipeline_state", {"stageStates": [waiting(RUNNING, token)]})
    for execution in stopped:
        expected = {"pipelineName": "the-churn", "pipelineExecutionId": execution, "abandon": True, "reason": ANY}
        codepipeline.add_response("stop_pipeline_execution", {"pipelineExecutionId": execution}, expected)
    assert codepipelines.stop_waiting("the-churn") == stopped


@pytest.mark.parametrize("reason", [codepipelines.OVERTAKEN, "I do not like it."])
def test_who_gave_way_is_told_from_who_was_stopped_by_somebody(codepipeline: Stubber, reason: str) -> None:
    stopped = {"pipelineExecutionId": RUNNING, "status": "Stopped", "stopTrigger": {"reason": reason}}
    codepipeline.add_response("list_pipeline_executions", {"pipelineExecutionSummaries": [stopped]})
    assert codepipelines.was_overtaken("the-churn", RUNNING) == (reason == codepipelines.OVERTAKEN)
