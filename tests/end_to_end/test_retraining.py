# SPDX-License-Identifier: Apache-2.0
"""From drift to a new version: a monitor on the open engine finds a change, and its model is trained again, once."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from orchestrator.automation import retrainings
from orchestrator.plan import layout
from tests.end_to_end import berths
from tests.end_to_end.berths import Berths
from tests.end_to_end.open_cases import CASES, request_of
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.test_open_monitors import Runs
from tests.end_to_end.test_train_register_deploy import (
    TRAINING_DATA,
    VALIDATION_DATA,
    Body,
    training,
    versions,
)
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
CASE: Final = next(case for case in CASES if case.kind == "data_quality")
MODEL: Final = "berths-that-drift"
TRAINING: Final = f"mlops-pipeline-{MODEL}-modeltraining"
MONITOR: Final = f"mlops-pipeline-{MODEL}-byomdataqualitymonitor"


@pytest.fixture(scope="module")
def orchestrator(with_options: Orchestrator) -> Orchestrator:
    """The orchestrator that was launched so that it retrains, with data in its assets bucket."""
    with_options.store_rows(TRAINING_DATA, VALIDATION_DATA)
    return with_options


@pytest.fixture
def group(orchestrator: Orchestrator) -> str:
    return orchestrator.deployment.outputs["ModelRegistryArn"].rpartition("/")[2]


def watching(orchestrator: Orchestrator, served: Berths, **retrain: Any) -> Body:
    """A request for a monitor that has its model trained again."""
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    baseline = served.baseline(CASE.kind, orchestrator.client("s3"), bucket)
    asked = {"pipeline": MODEL, **retrain}
    return request_of(CASE, served, f"{bucket}/monitoring", baseline, model_name=MODEL, retrain=asked)


def test_a_drift_trains_once_and_the_version_says_why(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until, group: str
) -> None:
    orchestrator.provisioned(training(MODEL, group))
    subscriber.next_about(f"The training job {MODEL}-job status is: Completed.", until)
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    served = Berths(orchestrator.deployment.aws, MODEL, bucket)
    served.serve()
    request = watching(orchestrator, served, on=["baseline_drift_check"], cooldown="2 hours")
    runs = Runs(orchestrator, orchestrator.provisioned(request))

    start = berths.next_second(until)
    served.send(CASE.sent)
    first = runs.ask(start, berths.next_second(until))
    job = retrainings.job_name(MODEL, 63, first)
    message = subscriber.next_about(f"The monitor {MODEL}/data-quality has found violations, and", until)
    assert f"{MODEL}/training trains again: the training job {job}." in message
    assert "Found: size (baseline_drift_check)" in message
    assert f"`mlops pause {MODEL}/data-quality` keeps this monitor from having it train again." in message
    message = subscriber.next_about(f"The training job {job} status is: Completed.", until)
    assert f"It was started because the run {first} of {MONITOR} has found size" in message

    made = versions(orchestrator, group)
    assert {f"{MODEL}-job", job} <= made.keys()
    told = made[job]["CustomerMetadataProperties"]
    assert (told["retrained_by_monitor"], told["retrained_by_run"]) == (MONITOR, first)
    assert "size" in told["retrained_features"].split(" / ")
    assert "retrained_by_run" not in made[f"{MODEL}-job"]["CustomerMetadataProperties"]

    second = runs.ask(start, berths.next_second(until))
    until(lambda: [step for step in _steps(orchestrator, MONITOR) if second in step["cause"]])
    steps = [(step["outcome"], step["step"]) for step in _steps(orchestrator, MONITOR)]
    assert steps == [("held", "retrain"), ("done", "retrain"), ("started", "retrain")]
    assert job not in {name for name in versions(orchestrator, group) if name not in made}
    assert retrainings.job_name(MODEL, 63, second) not in versions(orchestrator, group)


def _steps(orchestrator: Orchestrator, pipeline: str) -> list[Body]:
    """The newest steps of a pipeline's journal, the newest first."""
    s3, bucket = orchestrator.client("s3"), orchestrator.deployment.outputs["PipelinesBucketName"]
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=layout.steps(pipeline)).get("Contents", [])
    return [json.loads(s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()) for one in listed]
