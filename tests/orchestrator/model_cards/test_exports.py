# SPDX-License-Identifier: Apache-2.0
"""Exports: started at once, waited for if asked, and told of truthfully (lessons 85, 86, 92)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from orchestrator.model_cards import exports
from tests.orchestrator.model_cards.conftest import ARN, MADE, NAME, card

Body = dict[str, Any]
Ask = Callable[..., Body]
Refused = Callable[..., dict[str, str]]
JOB = "berth-delay-export"
JOB_ARN = f"{ARN}:model-card/{NAME}/export-job/{JOB}"
LOCATION = "s3://quayside-assets/model_card_exports"


class Clock:
    """A clock that goes on when somebody sleeps, and by a second with each look at it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        self.now += 1
        return self.now

    def time(self) -> float:
        return 1795000000.5

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(exports, "time", clock)
    return clock


def started(sagemaker: Stubber, name: Any = JOB, **more: Any) -> None:
    asked = {"ModelCardName": NAME, "ModelCardExportJobName": name, "OutputConfig": {"S3OutputPath": LOCATION}, **more}
    sagemaker.add_response("create_model_card_export_job", {"ModelCardExportJobArn": JOB_ARN}, asked)


def is_in(sagemaker: Stubber, status: str, **more: Any) -> None:
    job = {
        "ModelCardExportJobName": JOB,
        "ModelCardExportJobArn": JOB_ARN,
        "Status": status,
        "ModelCardName": NAME,
        "ModelCardVersion": 4,
        "OutputConfig": {"S3OutputPath": LOCATION},
        "CreatedAt": MADE,
        "LastModifiedAt": MADE,
        **more,
    }
    sagemaker.add_response("describe_model_card_export_job", job, {"ModelCardExportJobArn": JOB_ARN})


def completed(sagemaker: Stubber) -> None:
    is_in(sagemaker, "Completed", ExportArtifacts={"S3ExportArtifacts": f"{LOCATION}/{NAME}/{JOB}.pdf"})


@pytest.mark.parametrize("operation", ["export_model_card", "export_model_cards"])
def test_the_answer_comes_at_once_with_name_arn_state_and_location(
    ask: Ask, sagemaker: Stubber, operation: str
) -> None:
    """Lessons 86 and 92."""
    started(sagemaker)
    is_in(sagemaker, "InProgress")
    answer = ask(operation, name=NAME, export_job_name=JOB)
    assert "is being exported" in answer.pop("message")
    assert answer == {
        "export_job_name": JOB,
        "export_job_arn": JOB_ARN,
        "model_card_version": 4,
        "status": "InProgress",
        "location": LOCATION,
        "created_at": MADE.isoformat(),
        "last_modified_at": MADE.isoformat(),
    }


def test_who_waits_gets_the_end(ask: Ask, sagemaker: Stubber) -> None:
    started(sagemaker, ModelCardVersion=2)
    is_in(sagemaker, "InProgress")
    is_in(sagemaker, "InProgress")
    completed(sagemaker)
    answer = ask("export_model_card", name=NAME, export_job_name=JOB, model_card_version="2", wait=True)
    assert answer["message"] == f"Model card with the name: {NAME} has been exported to {LOCATION}"
    assert (answer["status"], answer["artifact"]) == ("Completed", f"{LOCATION}/{NAME}/{JOB}.pdf")


def test_nobody_waits_longer_than_the_api_does(ask: Ask, sagemaker: Stubber, clock: Clock) -> None:
    """Lesson 86: API Gateway gives up after 29 seconds."""
    started(sagemaker)
    for _ in range(7):
        is_in(sagemaker, "InProgress")
    assert ask("export_model_card", name=NAME, export_job_name=JOB, wait=True)["status"] == "InProgress"
    assert clock.now - 1000 <= exports.LONGEST_WAIT_SECONDS + 2


def test_a_failed_export_is_told_as_failed(ask: Ask, sagemaker: Stubber) -> None:
    """Lesson 85: it had "been exported"."""
    started(sagemaker)
    is_in(sagemaker, "Failed", FailureReason="Access denied to the bucket")
    answer = ask("export_model_card", name=NAME, export_job_name=JOB, wait=True)
    assert answer["message"] == f"Model card with the name: {NAME} has not been exported: Access denied to the bucket"
    assert (answer["status"], answer["failure_reason"]) == ("Failed", "Access denied to the bucket")


@pytest.mark.parametrize("name", [NAME, "c" * 63, f"{'c' * 46}-{'d' * 16}"])
def test_a_name_is_made_up_within_the_limit(ask: Ask, aws: None, name: str) -> None:
    made = ask("export_model_card", name=name, dry_run=True)["plan"]["ModelCardExportJobName"]
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", made)
    assert re.fullmatch(r".*[a-z]-1795000000-[0-9a-f]{4}", made)
    assert made.startswith(name[:46])


def test_two_names_differ(ask: Ask, sagemaker: Stubber) -> None:
    plans = [ask("export_model_card", name=NAME, dry_run=True)["plan"] for _ in range(5)]
    assert len({plan["ModelCardExportJobName"] for plan in plans}) > 1


def test_a_name_in_use_and_an_unknown_card_are_the_caller_s_mistakes(refused: Refused, sagemaker: Stubber) -> None:
    sagemaker.add_client_error("create_model_card_export_job", "ConflictException", "job exists", 400)
    assert "job exists" in refused("export_model_card", name=NAME, export_job_name=JOB)["export_job_name"]
    sagemaker.add_client_error("create_model_card_export_job", "ResourceNotFound", "no card", 400)
    assert "no card" in refused("export_model_card", name=NAME)["name"]


class TestDescribe:
    def test_by_its_arn(self, ask: Ask, sagemaker: Stubber) -> None:
        completed(sagemaker)
        assert ask("describe_model_card_export", export_job_arn=JOB_ARN)["status"] == "Completed"

    def test_by_the_names_of_card_and_job(self, ask: Ask, sagemaker: Stubber) -> None:
        sagemaker.add_response("describe_model_card", card(), {"ModelCardName": NAME, "IncludedData": "MetadataOnly"})
        is_in(sagemaker, "Failed")
        answer = ask("describe_model_card_export", name=NAME, export_job_name=JOB)
        assert answer["message"].endswith("has not been exported: SageMaker gives no reason")

    def test_an_unknown_job_is_the_caller_s_mistake(self, refused: Refused, sagemaker: Stubber) -> None:
        sagemaker.add_client_error(
            "describe_model_card_export_job",
            "ResourceNotFound",
            "no job",
            400,
            expected_params={"ModelCardExportJobArn": ANY},
        )
        found = refused("describe_model_card_export", export_job_arn=JOB_ARN)
        assert "no job" in found["export_job_arn"]

    @pytest.mark.parametrize("place", ["eu-west-1:999988887777", "us-east-1:111122223333"])
    def test_a_job_that_is_elsewhere_is_refused_before_sagemaker_is_asked(self, refused: Refused, place: str) -> None:
        arn = f"arn:aws:sagemaker:{place}:model-card/{NAME}/export-job/{JOB}"
        assert (
            "where the orchestrator is" in refused("describe_model_card_export", export_job_arn=arn)["export_job_arn"]
        )
