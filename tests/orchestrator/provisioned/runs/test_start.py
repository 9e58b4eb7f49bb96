# SPDX-License-Identifier: Apache-2.0
"""Runs on demand: the job that is started, the window, and what is refused in which words."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from botocore.stub import ANY, Stubber

from orchestrator.aws import calls
from orchestrator.provisioned.runs import windows
from tests.orchestrator.provisioned.runs.conftest import (
    DEPLOYED,
    SCHEDULE,
    Answer,
    deploy,
    environment,
)

Call = Callable[..., Answer]
DECLARED: Final[dict[str, Any]] = {
    "ProcessingJobName": "mlops-monitor-00000000-<aws.scheduler.execution-id>",
    "RoleArn": "arn:aws:iam::123456789012:role/mlops-pipeline-berths-SageMakerRole-1",
    "AppSpecification": {"ImageUri": "i", "ContainerEntrypoint": ["python3", "-c", "x"]},
    "ProcessingResources": {"ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}},
    "Environment": environment(0, scheduled_time="<aws.scheduler.scheduled-time>", start_time_offset="-PT2H"),
    "Tags": [{"Key": "stack_name", "Value": DEPLOYED}],
}


@pytest.fixture
def scheduler(aws: None) -> Iterator[Stubber]:
    """EventBridge Scheduler's answers."""
    with Stubber(calls.client("scheduler")) as stub:
        yield stub
        stub.assert_no_pending_responses()


def schedule(stub: Stubber, declared: Any = DECLARED) -> None:
    text = declared if isinstance(declared, str) else json.dumps(declared)
    target = {"Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob", "RoleArn": "a" * 20, "Input": text}
    stub.add_response("get_schedule", {"Name": SCHEDULE, "State": "ENABLED", "Target": target}, {"Name": SCHEDULE})


def started(stub: Stubber) -> None:
    """Have CreateProcessingJob take what the schedule declares, with another name and environment."""
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:processing-job/x"
    expected = {**DECLARED, "ProcessingJobName": ANY, "Environment": ANY}
    stub.add_response("create_processing_job", {"ProcessingJobArn": arn}, expected)


@pytest.fixture
def sent_jobs(sagemaker: Stubber) -> list[dict[str, Any]]:
    """The requests of jobs that were started."""
    found: list[dict[str, Any]] = []
    client = calls.client("sagemaker")
    client.meta.events.register(
        "provide-client-params.sagemaker.CreateProcessingJob",
        lambda params, **_: found.append(dict(params)),
        unique_id="started",
    )
    return found


def test_the_schedule_s_job_with_a_window(
    call: Call, sagemaker: Stubber, scheduler: Stubber, sent_jobs: list[dict[str, Any]]
) -> None:
    prefix = deploy()
    schedule(scheduler)
    started(sagemaker)
    status, body = call("POST", {"start_time": "2026-11-24T03:00:00+02:00", "end_time": "2026-11-24T02:00:30"})
    (request,) = sent_jobs
    assert status == 202
    assert body["run"] == {"id": request["ProcessingJobName"]}
    assert re.fullmatch(rf"{prefix}[0-9a-f]{{32}}", body["run"]["id"])
    assert len(body["run"]["id"]) <= 63
    window = {"start_time": "2026-11-24T01:00:00Z", "end_time": "2026-11-24T02:00:30Z"}
    kept = {k: v for k, v in environment(0).items() if k != "scheduled_time"}
    assert request["Environment"] == {**kept, **window, "run_id": body["run"]["id"].removeprefix(prefix)}


@pytest.mark.parametrize("body", [None, "", "  ", {}], ids=["nothing", "empty", "blank", "an object"])
def test_without_a_window_it_is_the_last_period(
    call: Call, sagemaker: Stubber, scheduler: Stubber, sent_jobs: list[dict[str, Any]], body: Any
) -> None:
    deploy()
    schedule(scheduler)
    started(sagemaker)
    assert call("POST", body).status == 202
    given = sent_jobs[0]["Environment"]
    first, last = (datetime.fromisoformat(given[name]) for name in ("start_time", "end_time"))
    assert last - first == timedelta(hours=1)
    assert timedelta() <= datetime.now(UTC) - last < timedelta(minutes=1)


def test_every_call_starts_a_run(
    call: Call, sagemaker: Stubber, scheduler: Stubber, sent_jobs: list[dict[str, Any]]
) -> None:
    deploy()
    for _ in range(2):
        schedule(scheduler)
        started(sagemaker)
    assert len({call("POST").body["run"]["id"] for _ in range(2)}) == 2


class TestRefusals:
    """Nothing is started: the stub of SageMaker has no answer."""

    @pytest.mark.parametrize(
        ("body", "key", "words"),
        [
            ({"start_time": "yesterday"}, "start_time", "must be a time of ISO 8601"),
            ({"start_time": 1764547200}, "start_time", "must be a time of ISO 8601"),
            ({"end_time": "2026-13-01T00:00:00Z"}, "end_time", "must be a time of ISO 8601"),
            ({"begin": "2026-11-24T00:00:00Z"}, "begin", "is not known"),
            (
                {"start_time": "2999-01-01T00:00:00Z"},
                "start_time",
                "must be before the end of the window, which is now",
            ),
            ({"end_time": "2999-01-01T00:00:00Z"}, "end_time", "must not be in the future"),
            (
                {"start_time": "2026-11-24T02:00:00Z", "end_time": "2026-11-24T02:00:00Z"},
                "start_time",
                "must be before end_time, 2026-11-24T02:00:00Z",
            ),
            (
                {"start_time": "2026-01-01T00:00:00Z", "end_time": "2026-02-02T00:00:00Z"},
                "start_time",
                "must be 31 days before the end at most",
            ),
        ],
        ids=["words", "number", "no month", "unknown", "later than now", "future", "nothing between", "long"],
    )
    def test_windows(self, call: Call, sagemaker: Stubber, body: dict[str, Any], key: str, words: str) -> None:
        deploy()
        status, answer = call("POST", body)
        assert status == 400
        assert answer["message"].endswith("Nothing was started.")
        assert [(one["key"], one["problem"][: len(words)]) for one in answer["errors"]] == [(key, words)]

    def test_all_problems_at_once(self, call: Call) -> None:
        deploy()
        answer = call("POST", {"start_time": "x", "end_time": "y", "z": 1}).body
        assert {one["key"] for one in answer["errors"]} == {"start_time", "end_time", "z"}

    @pytest.mark.parametrize("body", ["[]", "3", "{", '"x"'])
    def test_bodies(self, call: Call, body: str) -> None:
        deploy()
        assert call("POST", body).status == 400

    def test_an_uneven_schedule_needs_a_begin(self, call: Call, sagemaker: Stubber) -> None:
        deploy(expression="cron(0 9 ? * MON-FRI *)")
        status, answer = call("POST")
        assert (status, answer["errors"][0]["key"]) == (400, "start_time")

    def test_model_monitor(self, call: Call, sagemaker: Stubber) -> None:
        deploy("SageMaker")
        status, answer = call("POST")
        assert (status, "by schedule only" in answer["message"]) == (409, True)

    def test_a_schedule_that_is_gone(self, call: Call, sagemaker: Stubber, scheduler: Stubber) -> None:
        deploy()
        scheduler.add_client_error("get_schedule", "ResourceNotFoundException", "no", 404)
        status, answer = call("POST")
        assert (status, "is not there any more" in answer["message"]) == (409, True)

    @pytest.mark.parametrize("declared", ["x", "[]", '{"a": 1}'], ids=["text", "list", "something else"])
    def test_a_schedule_of_something_else(
        self, call: Call, sagemaker: Stubber, scheduler: Stubber, declared: str
    ) -> None:
        deploy()
        schedule(scheduler, declared)
        status, answer = call("POST")
        assert (status, "somebody has changed it" in answer["message"]) == (409, True)

    def test_a_quota_of_sagemaker_is_told(self, call: Call, sagemaker: Stubber, scheduler: Stubber) -> None:
        deploy()
        schedule(scheduler)
        sagemaker.add_client_error("create_processing_job", "ResourceLimitExceeded", "0 instances", 400)
        status, answer = call("POST")
        assert (status, answer["detailedMessage"]) == (502, "ResourceLimitExceeded: 0 instances")


@pytest.mark.parametrize("days", [31, 32], ids=["a month", "a day more"])
def test_the_longest_window(days: int) -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    asked = {"start_time": (now - timedelta(days=days)).isoformat()}
    if days == 31:
        assert windows.of(asked, None, now).end == now
    else:
        with pytest.raises(Exception, match="1 problem"):
            windows.of(asked, None, now)
