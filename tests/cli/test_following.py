# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
import typer
from botocore.exceptions import ClientError
from rich.console import Console

from mlops_orchestrator.aws.api_client import Answer
from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.aws.codepipeline.codepipelines import Execution
from orchestrator.provisioned import progress, state
from orchestrator.provisioned.registrations import Registration
from orchestrator.provisioned.state import Job, Work
from scripts.cli.errors import InterruptedCommandError
from scripts.cli.options import Access, Asked
from scripts.cli.output import Output
from scripts.cli.pipelines import following
from scripts.cli.pipelines.answers import AskedPipeline

_LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
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
_ONE_STAGE = {"pipelineName": "churn", "stageStates": [_stage("DeployPipeline", "Succeeded", "e-1")]}
_STACK_OF_PIPELINE = Stack(
    f"arn:aws:cloudformation:eu-west-1:1:stack/{_STACK}/1", "CREATE_COMPLETE", _LONG_AGO, {}, {}, {}
)


def _details(answer: dict[str, Any], work: Work, members: dict[str, Any]) -> dict[str, Any]:
    """The API's details, with the state that the orchestrator decides."""
    stages = [one.get("latestExecution", {"status": "Waiting"}) for one in answer["stageStates"]]
    statuses = {one["status"] for one in stages}
    status = "Failed" if "Failed" in statuses else "Succeeded" if statuses == {"Succeeded"} else "InProgress"
    newest = Execution(stages[0]["pipelineExecutionId"], status, "", None)
    overall = state.decide(state.Seen(progress.of(_STACK_OF_PIPELINE, answer, newest), work))
    told = {"pipeline": answer, "state": overall.name, "state_reason": overall.reason}
    told |= {"stack_status": "CREATE_COMPLETE", "stack_status_reason": ""}
    return {"outputs": {"Url": "https://x"}, "job": None, "stages": [], "stack": _DEPLOYED, **told, **members}


@dataclass
class _Api:
    """Answers from a list, the last one for ever; beside it a CodePipeline that says what became of an execution."""

    answers: Iterator[tuple[dict[str, Any], Work, dict[str, Any]]]
    fate: str = "Superseded"
    asked: int = 0
    is_local: bool = True
    client: Any = field(init=False)

    def __post_init__(self) -> None:
        self.client = type(
            "Signed", (), {"aws": type("Aws", (), {"client": lambda *_: self, "is_local": True, "endpoint_url": ""})()}
        )()

    def details(self, pipeline_id: str) -> Answer:
        self.asked += 1
        return Answer(200, _details(*next(self.answers)))

    def describe_stack_events(self, **_: str) -> dict[str, Any]:
        now = {
            "EventId": "1",
            "Timestamp": _LONG_AGO,
            "StackId": "s",
            "LogicalResourceId": "Api",
        }
        return {"StackEvents": [now | {"ResourceStatus": "CREATE_IN_PROGRESS"}]}

    def get_pipeline_execution(self, **_: str) -> dict[str, Any]:
        if not self.fate:
            raise ClientError({"Error": {"Code": "AccessDeniedException"}}, "GetPipelineExecution")
        return {"pipelineExecution": {"status": self.fate}}


def _pipeline(*answers: Any, as_json: bool = False, fate: str = "Superseded", **access: Any) -> Any:
    """The pipeline as each answer tells it: CodePipeline's state, perhaps with the work and further details."""
    asked = Asked(Access(**access), None)
    told = (answer if isinstance(answer, tuple) else (answer, Work(), {}) for answer in answers)
    return AskedPipeline(_Api(told, fate), _STACK, asked.flags, Output("json" if as_json else "table"))  # type: ignore[arg-type]


def _works(of: Job, its: Registration | None = None, **details: Any) -> tuple[Any, Work, dict[str, Any]]:
    """A pipeline that is deployed, with its work."""
    return _ONE_STAGE, Work(of, its), details


def _on_terminal(pipeline: Any, width: int = 200) -> io.StringIO:
    screen = io.StringIO()
    pipeline.output.console = Console(file=screen, force_terminal=True, width=width, color_system=None)
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


@pytest.mark.parametrize("width", [60, 80, 100])
def test_command_to_decide_is_whole_and_said_once_at_any_width(width: int) -> None:
    pipeline = _pipeline(_ASKING, _ASKING, _APPROVED, _DONE, profile="ops team", region="eu-west-1")
    screen = _on_terminal(pipeline, width)
    following.follow(pipeline)

    approve = f"mlops approve {_STACK} staging --profile 'ops team' --region eu-west-1"
    assert screen.getvalue().count(f"{approve}\n") == 1


def test_person_at_a_terminal_sees_what_is_made_now_and_the_time() -> None:
    stage = _stage("DeployPipeline", "InProgress", "e-1", ("deploy_stack", {"status": "InProgress"}))
    pipeline = _pipeline({"pipelineName": "churn", "stageStates": [stage]}, _DONE)
    screen = _on_terminal(pipeline)
    following.follow(pipeline)

    assert "now: Api" in screen.getvalue()
    assert "0:00 elapsed" in screen.getvalue()


def test_interrupted_watch_says_that_the_pipeline_goes_on_and_how_to_look_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def interrupt(*_: Any, **__: Any) -> Iterator[Any]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr("mlops_orchestrator.client.waiting.watch", interrupt)
    with pytest.raises(InterruptedCommandError) as ended:
        following.follow(_pipeline(_ASKING, local=True))

    assert ended.value.status == 130
    assert f"the pipeline goes on. Look again with: mlops status {_STACK} --watch --local" in str(ended.value)


def test_failed_watch_ends_with_a_result_that_has_the_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        following.follow(_pipeline(_REJECTED, as_json=True))

    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["kind"], last["state"]) == ("result", "Failed")
    assert last["error"]["message"].startswith("Failed")


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
    following.show(_pipeline(_works(Job("training job", "j-1", "Failed", "no data"), job=_JOB)))

    shown = capsys.readouterr().out
    assert "the-stack: CREATE_COMPLETE" in shown
    assert "https://x" in shown
    assert "state: Failed  The training job j-1 failed: no data" in shown


def test_a_machine_is_told_what_the_pipeline_is_and_how(capsys: pytest.CaptureFixture[str]) -> None:
    """Without what CodePipeline answers."""
    identity = {"pipeline_id": "arn:x", "pipeline_type": "byom_realtime_builtin", "model_name": "churn"}
    following.show(_pipeline((_ASKING, Work(), identity), as_json=True))

    told = json.loads(capsys.readouterr().out)
    assert identity.items() <= told.items()
    assert (told["state"], told["outputs"], told["job"]) == ("Waiting for approval", {"Url": "https://x"}, None)
    assert [(one["name"], one["status"]) for one in told["stages"]] == [
        ("DeployDev", "InProgress"),
        ("DeployStaging", "Waiting"),
    ]
    assert [one["action"] for one in told["stages"][0]["actions"]] == ["DeployDevStackSet", "DeployStaging"]
    assert len(told["waiting_approvals"]) == 1
    assert not told.keys() & {"pipelineName", "stageStates", "ResponseMetadata", "pipeline"}


class TestWork:
    """A watch waits for the work, says what it waits for, and fails if that does."""

    def test_a_job_that_fails_fails_the_watch(self, capsys: pytest.CaptureFixture[str]) -> None:
        runs, failed = (
            Job("training job", "j-1", status, why) for status, why in (("InProgress", ""), ("Failed", "no data"))
        )
        pipeline = _pipeline(_works(runs), _works(runs), _works(failed, job=_JOB))
        with pytest.raises(typer.Exit) as ended:
            following.follow(pipeline)

        assert (ended.value.exit_code, pipeline.api.asked) == (1, 3)
        shown = capsys.readouterr().out
        assert shown.count("Running: The training job j-1 is InProgress. Waiting for it.") == 1
        assert shown.endswith("Failed: The training job j-1 failed: no data\n")
        assert "the same request" not in shown, "which would change nothing"

    def test_a_registration_is_waited_for_and_told(self, capsys: pytest.CaptureFixture[str]) -> None:
        done, arn = Job("training job", "j-1", "Completed"), "arn:aws:sagemaker:eu-west-1:1:model-package/churn/4"
        made = Registration(status="Registered", model_package_arn=arn, metrics={"auc": 0.9})
        following.follow(
            _pipeline(_works(done, Registration(status="Pending")), _works(done, made, registration=made.model_dump()))
        )

        shown = capsys.readouterr().out
        assert "Running: The model is being registered. Waiting for it." in shown
        assert f"model_package_name: {arn}\nmetrics: auc 0.9\n" in shown
        assert shown.endswith(f"Succeeded: The model is registered as {arn}.\n")

    def test_a_machine_gets_each_state_and_the_whole_at_the_end(self, capsys: pytest.CaptureFixture[str]) -> None:
        job, nothing = Job("training job", "j-1", "Completed"), Registration(status="Failed", reason="No group.")
        pipeline = _pipeline(
            _works(Job("training job", "j-1", "InProgress")), _works(job, nothing, job=_JOB), as_json=True
        )
        with pytest.raises(typer.Exit) as ended:
            following.follow(pipeline)

        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert ended.value.exit_code == 1
        assert [(line["kind"], line["state"]) for line in lines] == [
            ("state", "Running"),
            ("state", "Failed"),
            ("result", "Failed"),
        ]
        assert lines[-1]["state_reason"] == "The model was not registered. No group."
        assert lines[-1]["job"] == _JOB

    def test_a_terminal_shows_what_is_waited_for(self) -> None:
        pipeline = _pipeline(
            _works(Job("training job", "j-1", "InProgress")), _works(Job("training job", "j-1", "Completed"))
        )
        screen = _on_terminal(pipeline)
        following.follow(pipeline)
        assert "The training job j-1 is InProgress." in screen.getvalue()


def test_an_api_that_tells_no_work_is_not_believed_to_know_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    pipeline = _pipeline()
    pipeline.api.details = lambda _: Answer(403, {"message": "Missing Authentication Token"})
    pipeline.api.status = lambda _: Answer(200, _ONE_STAGE)
    following.follow(pipeline)
    assert "Succeeded: It is deployed; the API tells nothing of the work that this started." in capsys.readouterr().out
