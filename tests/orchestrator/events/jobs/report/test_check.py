# SPDX-License-Identifier: Apache-2.0
"""The check for jobs whose end no event tells."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from orchestrator.errors import ServiceBusyError
from tests.orchestrator.conftest import read_json
from tests.orchestrator.events.jobs.report.conftest import (
    KEY,
    PACKAGE,
    Event,
    Inbox,
    creating,
    deliver,
    describing,
    instruct,
)

AUTOPILOT_KEY = KEY.replace("modeltraining", "modelautopilot")
AUTOPILOT = "arn:aws:sagemaker:eu-west-1:111122223333:automl-job/berths-a"


@pytest.fixture
def autopilot() -> Event:
    description: Event = read_json("events/automl_job_description.json")
    return description


NOW = datetime(2026, 11, 22, 10, 20, tzinfo=UTC)
"""The time of the scheduled event."""
LATELY = NOW.replace(minute=12)


def summary(name: str = "berths-a", status: str = "Completed", at: datetime = LATELY) -> Event:
    return {
        "AutoMLJobName": name,
        "AutoMLJobArn": AUTOPILOT.replace("berths-a", name),
        "AutoMLJobStatus": status,
        "AutoMLJobSecondaryStatus": "Completed",
        "CreationTime": NOW.replace(hour=8),
        "EndTime": at,
        "LastModifiedTime": at,
    }


def listing(stub: Stubber, *summaries: Event, token: str = "", after: str = "") -> None:
    """Have the jobs answered that have changed since a quarter of an hour before the event."""
    answer = {"AutoMLJobSummaries": list(summaries), **({"NextToken": token} if token else {})}
    expected = {
        "LastModifiedTimeAfter": NOW.replace(minute=5),
        "MaxResults": 100,
        **({"NextToken": after} if after else {}),
    }
    stub.add_response("list_auto_ml_jobs", answer, expected)


def tagging(stub: Stubber, name: str = "berths-a", **tags: str) -> None:
    listed = {"pipeline_type": "model_autopilot_training", "model_name": "berths", **tags}
    listed.setdefault("stack_name", "mlops-pipeline-berths-modelautopilot")
    answer = {"Tags": [{"Key": key, "Value": value} for key, value in listed.items()]}
    stub.add_response("list_tags", answer, {"ResourceArn": AUTOPILOT.replace("berths-a", name)})


def check(invocation: str = "first") -> Event:
    return deliver(read_json("events/jobs_to_check.json"), invocation)


class TestCheck:
    """Lesson 80: SageMaker sends no event for Autopilot jobs."""

    def test_when_nothing_ended_only_the_listing_is_asked_for(self, sagemaker: Stubber, sent: list[Any]) -> None:
        listing(sagemaker)
        assert check() == {"reported": 0}
        assert sent == []

    def test_a_job_that_ended_is_told_of(self, sagemaker: Stubber, inbox: Inbox, autopilot: Event) -> None:
        listing(sagemaker, summary())
        tagging(sagemaker)
        describing(sagemaker, autopilot, "describe_auto_ml_job")
        assert check() == {"reported": 1}
        (message,) = inbox()
        assert message["Subject"] == "MLOps Autopilot job Completed: berths"
        assert message["Message"].startswith("The Autopilot job berths-a status is: Completed.")
        assert "The best candidate is berths-a-007." in message["Message"]

    def test_its_best_candidate_is_registered(self, sagemaker: Stubber, inbox: Inbox, autopilot: Event) -> None:
        instruct(AUTOPILOT_KEY)
        listing(sagemaker, summary())
        tagging(sagemaker, registration=AUTOPILOT_KEY)
        describing(sagemaker, autopilot, "describe_auto_ml_job")
        creating(sagemaker, MetadataProperties={"GeneratedBy": AUTOPILOT})
        check()
        assert PACKAGE in inbox()[0]["Message"]

    def test_the_next_check_sees_it_again_and_says_nothing(
        self, sagemaker: Stubber, inbox: Inbox, autopilot: Event
    ) -> None:
        """Checks overlap, so that one that comes late, or never, loses nothing."""
        listing(sagemaker, summary())
        tagging(sagemaker)
        describing(sagemaker, autopilot, "describe_auto_ml_job")
        check()
        listing(sagemaker, summary())
        tagging(sagemaker)
        assert check("second") == {"reported": 0}
        assert len(inbox()) == 1

    @pytest.mark.parametrize(
        "job",
        [
            summary(at=NOW.replace(minute=4, second=59)),
            summary(at=NOW.replace(minute=15)),
            summary(status="InProgress"),
            summary(status="Stopping"),
        ],
    )
    def test_what_is_not_its_turn_costs_no_call(self, sagemaker: Stubber, sent: list[Any], job: Event) -> None:
        listing(sagemaker, job)
        assert check() == {"reported": 0}
        assert sent == []

    def test_the_job_of_somebody_else_is_not_touched(self, sagemaker: Stubber, sent: list[Any]) -> None:
        listing(sagemaker, summary())
        tagging(sagemaker, pipeline_type="theirs")
        assert check() == {"reported": 0}
        assert sent == []

    def test_every_page_is_read(self, sagemaker: Stubber, inbox: Inbox, autopilot: Event) -> None:
        listing(sagemaker, summary("others", status="InProgress"), token="more")
        listing(sagemaker, summary(), after="more")
        tagging(sagemaker)
        describing(sagemaker, autopilot, "describe_auto_ml_job")
        assert check() == {"reported": 1}

    def test_a_job_that_fails_to_be_told_keeps_nobody_from_the_others(
        self, sagemaker: Stubber, inbox: Inbox, autopilot: Event
    ) -> None:
        """The next attempt, which has the same id, tells of the one and not again of the other."""
        listing(sagemaker, summary("first"), summary())
        tagging(sagemaker, "first")
        sagemaker.add_client_error("describe_auto_ml_job", "ThrottlingException", "Rate exceeded")
        tagging(sagemaker)
        describing(sagemaker, autopilot, "describe_auto_ml_job")
        with pytest.raises(ServiceBusyError):
            check()
        listing(sagemaker, summary("first"), summary())
        tagging(sagemaker, "first")
        describing(sagemaker, {**autopilot, "AutoMLJobName": "first"}, "describe_auto_ml_job")
        tagging(sagemaker)
        assert check() == {"reported": 1}
        told = [message["Message"].split(" status")[0] for message in inbox()]
        assert told == ["The Autopilot job berths-a", "The Autopilot job first"]
