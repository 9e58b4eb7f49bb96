# SPDX-License-Identifier: Apache-2.0
"""A job that has ended, from the event to the one message that people get."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from botocore.stub import Stubber

from orchestrator.aws import calls, notifications
from orchestrator.errors import ServiceBusyError
from tests.orchestrator.events.jobs.report.conftest import (
    JOB,
    KEY,
    PIPELINES,
    Event,
    Inbox,
    _tuning_job,
    deliver,
    describing,
    ended,
    instruct,
    tuned,
)


def markers() -> dict[str, str]:
    """The markers by key, with who holds them."""
    s3 = calls.client("s3")
    listed = s3.list_objects_v2(Bucket=PIPELINES, Prefix="reported/").get("Contents", [])
    return {found["Key"]: s3.get_object(Bucket=PIPELINES, Key=found["Key"])["Body"].read().decode() for found in listed}


class TestMessage:
    def test_people_can_filter(self, sagemaker: Stubber, inbox: Inbox, trained: Event) -> None:
        """Lesson 83."""
        describing(sagemaker, trained)
        deliver(ended())
        attributes = inbox()[0]["MessageAttributes"]
        assert {name: value["StringValue"] for name, value in attributes.items()} == {  # type: ignore[attr-defined]
            "pipeline_type": "model_training_builtin",
            "model_name": "berths",
            "state": "Completed",
        }

    def test_a_completed_job_is_told_of(self, sagemaker: Stubber, inbox: Inbox, trained: Event) -> None:
        """Compatibility 1.7."""
        describing(sagemaker, trained)
        assert deliver(ended()) == {"reported": 1}
        (message,) = inbox()
        assert message["Subject"] == "MLOps training job Completed: berths"
        first, *others = message["Message"].split("\n\n")
        assert first == "The training job berths-1 status is: Completed."
        assert others[0] == "The model's artifact is s3://quayside-assets/out/berths-1/output/model.tar.gz."
        assert f"Pipeline's stack: mlops-pipeline-berths-modeltraining\nJob: {JOB}" in others[1]
        assert "give the request register" in others[2]

    @pytest.mark.parametrize(
        ("end", "words"),
        [
            (("Failed", "AlgorithmError: no label column"), "Why it failed: AlgorithmError: no label column"),
            (("Failed", ""), "Why it failed: SageMaker gives no reason."),
            (("Stopped", ""), "Somebody stopped it, or it reached its time limit"),
        ],
    )
    def test_one_that_did_not_complete_is_told_of_with_the_reason(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event, end: tuple[str, str], words: str
    ) -> None:
        """Nothing is registered of it, whatever its pipeline asked for."""
        status, reason = end
        instruct()
        describing(sagemaker, trained, TrainingJobStatus=status, FailureReason=reason)
        deliver(ended(status, registration=KEY))
        (message,) = inbox()
        assert message["Subject"] == f"MLOps training job {status}: berths"
        assert message["Message"].startswith(f"The training job berths-1 status is: {status}.\n\n{words}")
        assert "provision it again" in message["Message"]

    def test_a_tuning_job_has_words_of_its_own(self, sagemaker: Stubber, inbox: Inbox) -> None:
        """Compatibility 1.7."""
        describing(sagemaker, _tuning_job(), "describe_hyper_parameter_tuning_job")
        deliver(tuned())
        (message,) = inbox()
        assert message["Message"].startswith("The hyperparameter training job berths-t status is: Completed.")
        assert "The best training job is berths-t-001-0a1b2c3d;" in message["Message"]

    def test_a_job_that_another_job_started_is_not(self, sagemaker: Stubber, inbox: Inbox) -> None:
        """Lesson 79. A tuning job's training jobs have its tags."""
        assert deliver(ended(pipeline_type="model_tuner_builtin")) == {"reported": 0}
        assert (inbox(), markers()) == ([], {})

    @pytest.mark.parametrize(
        "event",
        [
            ended("InProgress"),
            ended("Stopping"),
            ended(pipeline_type="byom_realtime_builtin"),
            ended(pipeline_type="of_somebody_else"),
            ended() | {"detail": {"TrainingJobName": "x", "TrainingJobStatus": "Completed"}},
        ],
    )
    def test_nor_is_one_that_goes_on_or_is_nobody_s(self, sagemaker: Stubber, inbox: Inbox, event: Event) -> None:
        assert deliver(event) == {"reported": 0}
        assert (inbox(), markers()) == ([], {})


class TestOnce:
    def test_events_that_repeat_themselves_are_told_once(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event
    ) -> None:
        describing(sagemaker, trained)
        assert [deliver(ended(), invocation) for invocation in ("first", "second", "first")] == [
            {"reported": 1},
            {"reported": 0},
            {"reported": 0},
        ]
        assert len(inbox()) == 1
        assert markers() == {"reported/TrainingJob/berths-1/Completed": "done"}

    def test_what_another_invocation_works_on_is_left_to_it(self, sagemaker: Stubber, inbox: Inbox) -> None:
        _hold("first")
        assert deliver(ended(), "second") == {"reported": 0}
        assert inbox() == []

    def test_an_invocation_that_died_is_completed_by_its_next_attempt(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event
    ) -> None:
        """Lambda keeps the id of an asynchronous invocation when it tries again."""
        _hold("first")
        describing(sagemaker, trained)
        assert deliver(ended(), "first") == {"reported": 1}
        assert len(inbox()) == 1

    def test_what_failed_is_free_for_whoever_is_next(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Also for a person who sends the event again out of the dead-letter queue, under another id."""
        sagemaker.add_client_error("describe_training_job", "ThrottlingException", "Rate exceeded")
        with pytest.raises(ServiceBusyError):
            deliver(ended(), "first")
        assert (inbox(), markers()) == ([], {})
        describing(sagemaker, trained)
        assert deliver(ended(), "second") == {"reported": 1}
        assert len(inbox()) == 1

    def test_a_message_that_was_not_taken_is_sent_again(
        self, sagemaker: Stubber, inbox: Inbox, trained: Event, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        publish = notifications.publish

        def fail(*_: Any) -> None:
            raise ServiceBusyError("publish the notification", "Throttling", "Rate exceeded")

        monkeypatch.setattr(notifications, "publish", fail)
        describing(sagemaker, trained)
        with pytest.raises(ServiceBusyError):
            deliver(ended())
        monkeypatch.setattr(notifications, "publish", publish)
        describing(sagemaker, trained)
        assert deliver(ended()) == {"reported": 1}
        assert len(inbox()) == 1

    def test_each_end_is_an_end(self, sagemaker: Stubber, inbox: Inbox, trained: Event) -> None:
        """Of different jobs, and of different kinds with one name."""
        describing(sagemaker, trained)
        deliver(ended())
        other = copy.deepcopy(ended())
        other["detail"]["TrainingJobName"] = "berths-2"
        describing(sagemaker, {**trained, "TrainingJobName": "berths-2"})
        deliver(other)
        assert len(inbox()) == len(markers()) == 2


def _hold(owner: str) -> None:
    calls.client("s3").put_object(Bucket=PIPELINES, Key="reported/TrainingJob/berths-1/Completed", Body=owner.encode())
