# SPDX-License-Identifier: Apache-2.0
"""State of the pipeline in the message at the end of an execution: the one that list and details tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.stub import Stubber

from orchestrator import api
from orchestrator.aws import calls
from orchestrator.launch.settings import Settings
from tests.orchestrator.conftest import Context, read_json
from tests.orchestrator.pipelines_there import deployed_name, make_multi_account_pipeline, make_pipeline, make_stack

Message = Callable[[str], str]


@pytest.fixture
def message(
    aws: None, codepipeline: Stubber, settings: Settings, monkeypatch: pytest.MonkeyPatch, sent: Any
) -> Message:
    """`message("SUCCEEDED")`: the text about an execution of churn's pipeline that ended so."""
    monkeypatch.setattr(api, "_settings", lambda: settings)
    monkeypatch.setattr("orchestrator.aws.notifications.publish", lambda _, told: texts.append(told.text))
    place = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=settings.launch.pipelines_bucket, CreateBucketConfiguration=place)
    tags = {"pipeline_type": "byom_realtime_builtin", "model_name": "churn"}
    tags["stack_name"] = f"{deployed_name('churn')}-codepipeline"
    listed = [{"key": key, "value": value} for key, value in tags.items()]
    texts: list[str] = []

    def told(state: str) -> str:
        event = read_json("events/pipeline_ended.json")
        event["detail"] |= {"state": state}
        codepipeline.add_response("list_tags_for_resource", {"tags": listed})
        if state == "FAILED":
            codepipeline.add_response("list_action_executions", {"actionExecutionDetails": []})
        api.handler(event, Context())  # type: ignore[arg-type]
        (text,) = texts
        return text

    return told


def test_a_job_that_goes_on_is_no_success_yet(message: Message) -> None:
    """Lesson 130."""
    make_pipeline("churn")
    make_stack(deployed_name("churn"), TrainingJobName="churn-job")
    described = {**read_json("events/training_job_description.json"), "TrainingJobName": "churn-job"}
    with Stubber(calls.client("sagemaker")) as stub:
        stub.add_response("describe_training_job", {**described, "TrainingJobStatus": "InProgress"})
        text = message("SUCCEEDED")
    assert "State: Running. The training job churn-job is InProgress.\n" in f"{text}\n".replace("\n\n", "\n")


def test_what_is_deployed_elsewhere_is_said_to_be_so(message: Message) -> None:
    make_multi_account_pipeline("churn")
    assert "State: Succeeded. What runs in the accounts of the stages is not visible" in message("SUCCEEDED")


def test_a_stack_that_cannot_be_found_hides_nothing_else(message: Message) -> None:
    text = message("SUCCEEDED")
    assert "State: " not in text
    assert "Model: churn" in text


@pytest.mark.parametrize("ended", ["FAILED", "STOPPED", "CANCELED"])
def test_an_execution_that_failed_is_a_failed_pipeline(
    message: Message, ended: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make_pipeline("churn")
    assert "State: Failed." in message(ended)
    assert '"state":"Failed","StatesTold":[1.0]' in capsys.readouterr().out, "the dashboard counts it"


def test_a_newer_execution_decides_instead_of_one_that_it_superseded(message: Message) -> None:
    make_pipeline("churn")
    assert "State: " not in message("SUPERSEDED")
