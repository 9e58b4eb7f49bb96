# SPDX-License-Identifier: Apache-2.0
"""`mlops retry`: what runs again, and what cannot."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError

from mlops_orchestrator.aws.pipeline_status import PipelineStatus
from mlops_orchestrator.client.states import Status
from scripts.cli.errors import CommandError
from scripts.cli.everyday import retrying
from tests.cli.conftest import Mlops
from tests.end_to_end.running import Running
from tests.end_to_end.users import Orchestrator


def _status(*stages: tuple[str, str], pipeline: str = "p", stack_status: str = "", **told: str) -> Status:
    execution = PipelineStatus(pipeline, "e-1", "Its stack failed.", stack_status, stages, (), ())
    return replace(Status.of_execution(execution), **told)


def _refusing(code: str, operation: str = "RetryStageExecution") -> Mock:
    client = Mock()
    client.start_pipeline_execution.return_value = {"pipelineExecutionId": "e-2"}
    error = ClientError({"Error": {"Code": code, "Message": "no"}}, operation)
    client.retry_stage_execution.side_effect = error
    return client


@pytest.mark.parametrize("code", ["NotLatestPipelineExecutionException", "StageNotRetryableException"])
def test_a_stage_that_cannot_be_retried_begins_anew(code: str) -> None:
    client = _refusing(code)
    done = retrying.retry(client, _status(("Source", "Succeeded"), ("Deploy", "Failed")), Mock())
    assert (done.stage, done.execution) == ("", "e-2")
    client.start_pipeline_execution.assert_called_once_with(name="p")


def test_a_source_is_read_anew() -> None:
    client = Mock()
    client.start_pipeline_execution.return_value = {"pipelineExecutionId": "e-2"}
    done = retrying.retry(client, _status(("Source", "Failed"), ("Deploy", "Waiting")), Mock())
    assert done.execution == "e-2"
    client.retry_stage_execution.assert_not_called()


def test_who_may_not_is_told_what_is_missing() -> None:
    with pytest.raises(CommandError, match="codepipeline:RetryStageExecution on p/Deploy has to be allowed"):
        retrying.retry(
            _refusing("AccessDeniedException"), _status(("Source", "Succeeded"), ("Deploy", "Failed")), Mock()
        )


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (_status(("Source", "Succeeded"), ("Deploy", "InProgress")), "it has not ended"),
        (_status(("Source", "Succeeded"), ("Deploy", "Succeeded")), "nothing to retry: every stage of p succeeded"),
        (
            _status(("Source", "Succeeded"), ("Deploy", "Succeeded"), state="Failed", reason="The job: no data."),
            "the work that they started did not: The job: no data. The name of a job is used once",
        ),
        (_status(pipeline="", stack_status="ROLLBACK_COMPLETE"), "provision FILE` with the same request"),
    ],
    ids=["runs", "succeeded", "job", "no pipeline"],
)
def test_what_cannot_be_retried_is_told(status: Status, words: str) -> None:
    client = Mock()
    with pytest.raises(CommandError, match=words):
        retrying.retry(client, status, Mock())
    client.assert_not_called()


def test_a_failed_deployment_runs_again(local: Running, orchestrator: Orchestrator, mlops: Mlops) -> None:
    """The endpoint's name was taken, and is free now."""
    sagemaker, role = orchestrator.client("sagemaker"), "arn:aws:iam::123456789012:role/model"
    image = "382416733822.dkr.ecr.us-east-1.amazonaws.com/kmeans:1"
    variant = {"VariantName": "a", "ModelName": "taken", "InitialInstanceCount": 1, "InstanceType": "ml.m5.large"}
    sagemaker.create_model(ModelName="taken", ExecutionRoleArn=role, PrimaryContainer={"Image": image})
    sagemaker.create_endpoint_config(EndpointConfigName="taken", ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName="taken", EndpointConfigName="taken")
    made = orchestrator.provision(orchestrator.request("retried", endpoint_name="taken"))
    assert orchestrator.ended(made["pipeline_id"]).has_failed
    sagemaker.delete_endpoint(EndpointName="taken")

    ended = mlops("retry", "retried", "--local", "--watch")
    assert ended.status == 0, ended.out + ended.err
    assert "The stage DeployPipeline runs again" in ended.out
    (execution,) = orchestrator.executions(made["pipeline_id"])
    assert execution["status"] == "Succeeded"
    again = mlops("retry", "retried", "--local", "--json")
    assert again.status == 1
    assert "every stage of" in again.err
