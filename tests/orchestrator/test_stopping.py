# SPDX-License-Identifier: Apache-2.0
"""What CodePipeline is told when the executions of a pipeline are to stop."""

from __future__ import annotations

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
