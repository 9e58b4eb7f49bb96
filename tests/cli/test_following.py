# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import typer
from botocore.exceptions import ClientError
from rich.console import Console

from mlops_orchestrator.aws.api_client import Answer
from scripts.cli.options import Access, Asked
from scripts.cli.output import Output
from scripts.cli.pipelines import following
from scripts.cli.pipelines.answers import AskedPipeline

_STACK = "mlops-pipeline-churn-byompipelinerealtimebuiltin-codepipeline"


def _stage(name: str, status: str, execution: str, *actions: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    states = [{"actionName": action, "latestExecution": latest} for action, latest in actions]
    return {
        "stageName": name,
        "actionStates": states,
        "latestExecution": {"pipelineExecutionId": execution, "status": status},
    }


def _answer(approval: dict[str, Any], dev: str, staging: str = "", execution: str = "e-1") -> dict[str, Any]:
    """DeployDev with its approval, and DeployStaging in a state or not reached."""
    deployed = ("DeployDevStackSet", {"status": "Succeeded"})
    first = _stage("DeployDev", dev, execution, deployed, ("DeployStaging", approval))
    last = _stage("DeployStaging", staging, execution) if staging else {"stageName": "DeployStaging"}
    return {"pipelineName": "churn", "stageStates": [first, last]}


_ASKING = _answer({"status": "InProgress", "token": "t"}, "InProgress")
_APPROVED = _answer({"status": "Succeeded", "lastUpdatedBy": "arn:x:user/anna"}, "Succeeded", "InProgress")
_DONE = _answer({"status": "Succeeded", "lastUpdatedBy": "arn:x:user/anna"}, "Succeeded", "Succeeded")
_REJECTED = _answer({"status": "Failed", "summary": "no", "lastUpdatedBy": "arn:x:user/anna"}, "Failed")


_JOB = {"kind": "training job", "name": "j-1", "status": "Failed", "failure_reason": "no data"}
_DEPLOYED = {"stack_name": "the-stack", "status": "CREATE_COMPLETE"}


@dataclass
class _Api:
    """Answers from a list, the last one for ever; beside it a CodePipeline that says what became of an execution."""

    answers: Iterator[dict[str, Any]]
    fate: str = "Superseded"
    asked: int = 0
    is_local: bool = True
    client: Any = field(init=False)

    def __post_init__(self) -> None:
        self.client = type(
            "Signed", (), {"aws": type("Aws", (), {"client": lambda *_: self, "is_local": True, "endpoint_url": ""})()}
        )()

    def status(self, pipeline_id: str) -> Answer:
        self.asked += 1
        return Answer(200, next(self.answers))

    def details(self, pipeline_id: str) -> Answer:
        return Answer(200, {"outputs": {"Url": "https://x"}, "job": _JOB, "stages": [], "stack": _DEPLOYED})

    def get_pipeline_execution(self, **_: str) -> dict[str, Any]:
        if not self.fate:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetPipelineExecution")
        return {"pipelineExecution": {"status": self.fate}}


def _pipeline(*answers: dict[str, Any], as_json: bool = False, fate: str = "Superseded", **access: Any) -> Any:
    asked = Asked(Access(**access), None)
    return AskedPipeline(_Api(iter(answers), fate), _STACK, asked.flags, Output("json" if as_json else "table"))  # type: ignore[arg-type]


def _on_terminal(pipeline: Any) -> io.StringIO:
    screen = io.StringIO()
    pipeline.output.console = Console(file=screen, force_terminal=True, width=200)
    return screen


def test_waiting_approval_shows_the_exact_commands(capsys: pytest.CaptureFixture[str]) -> None:
    following.show(_pipeline(_ASKING, profile="ops team", region="eu-west-1"))
    shown = capsys.readouterr().out

    assert "DeployDev waits for a person to decide whether staging is deployed:" in shown
    assert f"mlops approve {_STACK} staging --profile 'ops team' --region eu-west-1\n" in shown
    assert f"mlops reject {_STACK} staging --reason TEXT --profile 'ops team' --region eu-west-1\n" in shown


def test_script_that_follows_ends_where_a_person_is_needed(capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = _pipeline(_ASKING, _APPROVED, local=True)
    following.follow(pipeline)

    assert pipeline.api.asked == 1
    shown = capsys.readouterr().out
    assert "Nothing more happens until a person acts." in shown
    assert f"mlops approve {_STACK} staging --local" in shown


def test_person_at_a_terminal_sees_it_go_on_after_an_approval(capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = _pipeline(_ASKING, _ASKING, _APPROVED, _DONE)
    screen = _on_terminal(pipeline)
    following.follow(pipeline)

    assert pipeline.api.asked == 4
    assert f"mlops approve {_STACK} staging" in screen.getvalue()
    assert "approved by user/anna" in screen.getvalue()
    assert "It is deployed in the accounts of all stages" in screen.getvalue()


def test_rejection_fails_the_watch_and_is_told_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        following.follow(_pipeline(_REJECTED))

    assert ended.value.exit_code == 1
    shown = capsys.readouterr().out
    assert "DeployDev/DeployStaging: Failed  rejected by user/anna: no" in shown
    assert "It was rejected" in shown
    assert "the cause is gone" not in shown


@pytest.mark.parametrize(
    ("fate", "said"),
    [
        ("Superseded", "The execution e-1, which the newer e-2 came after: Superseded."),
        ("", "A newer execution, e-2, took the place of e-1."),
    ],
)
def test_execution_that_a_newer_one_came_after_is_told(
    fate: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    newer = _answer({"status": "InProgress", "token": "t"}, "InProgress", execution="e-2")
    following.follow(_pipeline(_answer({}, "InProgress"), newer, fate=fate))

    assert said in capsys.readouterr().out


def test_older_execution_that_still_asks_is_named_as_such(capsys: pytest.CaptureFixture[str]) -> None:
    behind = _answer({"status": "InProgress", "token": "t"}, "InProgress")
    behind["stageStates"][0]["inboundExecution"] = {"pipelineExecutionId": "e-2"}
    following.show(_pipeline(behind))

    assert "An older execution, e-1, asks for this. The newer one, e-2, waits behind it" in capsys.readouterr().out


def test_deployed_stack_and_its_job_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Lesson 6: the pipeline's success says nothing of the job that it started."""
    done = {"pipelineName": "churn", "stageStates": [_stage("DeployPipeline", "Succeeded", "e-1")]}
    following.show(_pipeline(done))

    shown = capsys.readouterr().out
    assert "the-stack: CREATE_COMPLETE" in shown
    assert "https://x" in shown
    assert "The training job j-1: Failed. no data" in shown


def test_a_machine_is_told_outputs_and_job(capsys: pytest.CaptureFixture[str]) -> None:
    following.show(_pipeline(_ASKING, as_json=True))

    told = json.loads(capsys.readouterr().out)
    assert (told["outputs"], told["job"]["status"]) == ({"Url": "https://x"}, "Failed")
    assert told["pipelineName"] == "churn"
    assert len(told["waiting_approvals"]) == 1
