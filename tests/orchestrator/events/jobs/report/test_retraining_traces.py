# SPDX-License-Identifier: Apache-2.0
"""Trace of a retraining: why its job was started, in the version, in the message and in the journals."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from botocore.stub import Stubber

from orchestrator.automation import journal, retrainings
from orchestrator.automation.retrainings import Cause, Violated
from orchestrator.events.jobs import traces
from tests.orchestrator.events.jobs.report.conftest import (
    KEY,
    PIPELINES,
    Event,
    Inbox,
    creating,
    deliver,
    describing,
    ended,
    instruct,
)

MONITOR: Final = "mlops-pipeline-berths-byommodelqualitymonitor"
TRAINING: Final = "mlops-pipeline-berths-modeltraining"
RUN: Final = "mlops-monitor-51af3dc0-0f1e2d3c"
CAUSE: Final = Cause(
    at=datetime(2026, 11, 24, 6, tzinfo=UTC),
    monitor=MONITOR,
    run=RUN,
    violations=(Violated(feature="rmse, all", check="GreaterThanThreshold"), Violated(feature="mae", check="x")),
    data="merged",
    rows=812,
    baseline_data=f"retraining/{MONITOR}/{RUN}/labelled.csv",
)
JOB: Final = retrainings.job_name("berths", 63, RUN)


@pytest.fixture
def retrained(trained: Event, with_settings: Any) -> Event:
    """A training that a run of a monitor has started, as SageMaker describes it."""
    retrainings.keep(PIPELINES, TRAINING, JOB, CAUSE)
    arn = trained["TrainingJobArn"].replace("berths-1", JOB)
    return {**trained, "TrainingJobName": JOB, "TrainingJobArn": arn, "LastModifiedTime": datetime.now(UTC)}


def delivered(status: str = "Completed", **tags: str) -> None:
    event = ended(status, stack_name=TRAINING, **tags)
    event["detail"]["TrainingJobName"] = JOB
    deliver(event)


def steps(common: str) -> list[tuple[str, str]]:
    return [(one.outcome, one.cause) for one in journal.newest(PIPELINES, common, 9)]


def test_the_version_says_which_run_of_which_monitor_and_on_what_it_was_trained(
    sagemaker: Stubber, inbox: Inbox, retrained: Event
) -> None:
    instruct()
    describing(sagemaker, retrained)
    metadata = {
        "job_arn": retrained["TrainingJobArn"],
        "model_name": "berths",
        "stack_name": TRAINING,
        "retrained_by_monitor": MONITOR,
        "retrained_by_run": RUN,
        # What SageMaker takes has no commas.
        "retrained_features": "rmse_ all / mae",
        "baseline_data": CAUSE.baseline_data,
        "validation:auc": "0.8999999761581421",
        "validation:error": "0.10000000149011612",
    }
    creating(sagemaker, CustomerMetadataProperties=metadata)
    delivered(registration=KEY)
    (message,) = inbox()
    assert f"It was started because the run {RUN} of {MONITOR} has found rmse, all, mae." in message["Message"]
    assert "It was trained on 812 rows that the monitor has merged." in message["Message"]
    expected = [("done", f"Run {RUN} of {MONITOR}")]
    assert steps(MONITOR) == steps(TRAINING) == expected


@pytest.mark.parametrize("status", ["Failed", "Stopped"])
def test_one_that_came_to_nothing_is_in_both_journals(
    sagemaker: Stubber, inbox: Inbox, retrained: Event, status: str
) -> None:
    describing(sagemaker, retrained, TrainingJobStatus=status)
    delivered(status)
    assert f"It was started because the run {RUN}" in inbox()[0]["Message"]
    assert [outcome for outcome, _ in [*steps(MONITOR), *steps(TRAINING)]] == ["failed", "failed"]


def test_one_that_registers_nothing_is_done(sagemaker: Stubber, retrained: Event) -> None:
    describing(sagemaker, retrained)
    delivered()
    assert [outcome for outcome, _ in steps(TRAINING)] == ["done"]


def test_features_are_cut_to_what_sagemaker_takes() -> None:
    many = CAUSE.model_copy(update={"violations": tuple(Violated(feature=f"f{n:03}", check="x") for n in range(99))})
    assert len(traces.metadata(many)["retrained_features"]) == 256


@pytest.mark.parametrize("job", ["berths-1", "berths-retrain-x", "berths-retrain-0123456789ab-1"])
def test_other_jobs_cost_no_call(job: str, sent: list[Any]) -> None:
    before = len(sent)
    assert traces.cause_of(PIPELINES, TRAINING, job) is None
    assert len(sent) == before
