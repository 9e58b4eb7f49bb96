# SPDX-License-Identifier: Apache-2.0
"""Decisions against stubs, for what the local AWS cannot be brought to: refusals, and others who are quicker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from mlops_orchestrator.aws import pipeline_status
from mlops_orchestrator.aws.pipeline_status import PipelineStatus
from mlops_orchestrator.client import approvals
from mlops_orchestrator.client.approvals import Decision
from mlops_orchestrator.errors import Failed, MlopsError, RequestRefused
from tests.cli.conftest import Mlops

_TOKENS = ("11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222")
_APPROVE = Decision("staging", "", is_approval=True)


def _pipeline(staging: dict[str, Any], execution: str = "e-1", behind: str = "") -> PipelineStatus:
    """A pipeline whose stage dev is deployed; `staging` is the latest execution of the approval after it."""
    deployed = {"actionName": "DeployDevStackSet", "latestExecution": {"status": "Succeeded"}}
    asked = {"actionName": "DeployStaging", "latestExecution": staging}
    dev = {
        "stageName": "DeployDev",
        "actionStates": [deployed, asked],
        "latestExecution": {"pipelineExecutionId": execution, "status": "InProgress"},
        **({"inboundExecution": {"pipelineExecutionId": behind}} if behind else {}),
    }
    after = [{"actionName": "DeployStagingStackSet"}, {"actionName": "DeployProd"}]
    stages = [dev, {"stageName": "DeployStaging", "actionStates": after}, {"stageName": "DeployProd"}]
    return pipeline_status.read({"pipelineName": "the-pipeline", "stageStates": stages})


def _asking(token: str) -> dict[str, Any]:
    return {"status": "InProgress", "token": token}


def _decided(status: str, words: str = "") -> dict[str, Any]:
    return {"status": status, "summary": words, "lastUpdatedBy": "arn:aws:iam::123456789012:user/anna"}


def _asks(*statuses: PipelineStatus) -> Callable[[], PipelineStatus]:
    given = iter(statuses)
    return lambda: next(given)


@pytest.fixture
def codepipeline() -> Iterator[Stubber]:
    client = boto3.client("codepipeline", region_name="us-east-1", aws_access_key_id="any", aws_secret_access_key="any")
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize("stage", ["staging", "DeployStaging", "STAGING"])
def test_decision_answers_the_approval_that_waits(stage: str, codepipeline: Stubber) -> None:
    expected = {
        "pipelineName": "the-pipeline",
        "stageName": "DeployDev",
        "actionName": "DeployStaging",
        "result": {"status": "Rejected", "summary": "too slow"},
        "token": _TOKENS[0],
    }
    codepipeline.add_response("put_approval_result", {}, expected)
    decision = Decision(stage, "too slow", is_approval=False)
    decided = approvals.decide(codepipeline.client, _asks(_pipeline(_asking(_TOKENS[0]))), decision)

    assert decided.execution == "e-1"


def _refusal(codepipeline: Stubber, code: str, *statuses: PipelineStatus) -> str:
    codepipeline.add_client_error("put_approval_result", code, "as AWS says it")
    with pytest.raises(Failed) as refused:
        approvals.decide(codepipeline.client, _asks(*statuses), _APPROVE)
    return str(refused.value)


def test_somebody_who_was_quicker_is_told_of(codepipeline: Stubber) -> None:
    said = _refusal(
        codepipeline,
        "InvalidApprovalTokenException",
        _pipeline(_asking(_TOKENS[0])),
        _pipeline(_decided("Failed", "not yet")),
    )

    assert said == "nothing waits for a decision on staging: it was rejected by user/anna: not yet"


def test_decision_of_this_very_moment_is_told_of(codepipeline: Stubber) -> None:
    same = _pipeline(_asking(_TOKENS[0]))
    said = _refusal(codepipeline, "ApprovalAlreadyCompletedException", same, same)

    assert said == "the decision on staging was taken by somebody else a moment ago"


def test_execution_that_took_the_place_is_named(codepipeline: Stubber) -> None:
    said = _refusal(
        codepipeline,
        "InvalidApprovalTokenException",
        _pipeline(_asking(_TOKENS[0])),
        _pipeline(_asking(_TOKENS[1]), execution="e-2"),
    )

    assert "e-1, which asked for staging, was superseded; now e-2 asks" in said
    assert "mlops status" in said


def test_missing_permission_is_named_with_its_resource(codepipeline: Stubber) -> None:
    said = _refusal(codepipeline, "AccessDeniedException", _pipeline(_asking(_TOKENS[0])))

    assert "codepipeline:PutApprovalResult on the-pipeline/DeployDev/DeployStaging" in said
    assert said.endswith("as AWS says it")


def _no_decision(codepipeline: Stubber, status: PipelineStatus, stage: str) -> MlopsError:
    with pytest.raises(MlopsError) as refused:
        approvals.decide(codepipeline.client, _asks(status), Decision(stage, "", is_approval=True))
    return refused.value


def test_decision_on_a_later_stage_names_what_waits(codepipeline: Stubber) -> None:
    error = _no_decision(codepipeline, _pipeline(_asking(_TOKENS[0])), "prod")

    assert str(error) == "nothing waits for a decision on prod; what waits is staging"
    assert isinstance(error, Failed)


def test_stage_that_needs_no_decision_is_wrong_use(codepipeline: Stubber) -> None:
    error = _no_decision(codepipeline, _pipeline(_asking(_TOKENS[0])), "dev")

    assert isinstance(error, RequestRefused)
    assert "STAGE is staging or prod" in str(error)


def test_pipeline_of_one_account_asks_nobody(codepipeline: Stubber) -> None:
    single = pipeline_status.read({"pipelineName": "p", "stageStates": [{"stageName": "Source"}]})

    assert "deploys into one account and asks nobody" in str(_no_decision(codepipeline, single, "staging"))


def test_pipeline_that_is_not_made_yet_is_said_to_be_so(codepipeline: Stubber) -> None:
    early = pipeline_status.read({"message": "The stack is CREATE_IN_PROGRESS.", "stack_status": "CREATE_IN_PROGRESS"})

    assert "not made yet" in str(_no_decision(codepipeline, early, "staging"))


def test_decision_before_a_newer_execution_came_is_told_as_such(codepipeline: Stubber) -> None:
    status = _pipeline(_decided("Succeeded"), execution="e-1", behind="e-2")

    assert str(_no_decision(codepipeline, status, "staging")) == (
        "nothing waits for a decision on staging; the last one there was approved by user/anna; a newer execution has"
        " come after it"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("reject", "x", "staging"), "--reason"),
        (("reject", "x", "staging", "--reason", " "), "--reason must say why"),
        (("approve", "x", "staging", "--comment", "x" * 513), "--comment takes up to 512 characters; this has 513"),
    ],
)
def test_words_that_cannot_be_are_refused_before_anybody_is_asked(
    arguments: tuple[str, ...], said: str, mlops: Mlops
) -> None:
    ended = mlops(*arguments)

    assert ended.status == 2
    assert said in ended.err
