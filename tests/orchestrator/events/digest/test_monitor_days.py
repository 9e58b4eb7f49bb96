# SPDX-License-Identifier: Apache-2.0
"""A day of the monitors in the orchestrator's own account: what they found, and which of them did not run."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from botocore.stub import Stubber

from orchestrator.aws import calls
from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.events.digest import monitors
from orchestrator.events.digest.monitors import MonitorDay
from orchestrator.events.digest.pipelines import Survey
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import pipeline_stacks
from tests.orchestrator.events.digest.conftest import SEVEN
from tests.orchestrator.pipelines_there import deployed_name

POSTFIX: Final = "byomdataqualitymonitor"
FOUND: Final = "CompletedWithViolations: Job completed successfully with 1 violations. length: distance 0.31."
BEGIN: Final = SEVEN - timedelta(days=1)
JOBS: Final = "mlops-monitor-0f1e2d3c-"


@pytest.fixture(autouse=True)
def bucket(aws: None, settings: Settings) -> None:
    """The bucket of the markers, with nothing in it."""
    location = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=settings.launch.pipelines_bucket, CreateBucketConfiguration=location)


def stack(name: str, changed_at: datetime = BEGIN - timedelta(hours=1), digits: str = "0f1e2d3c", **more: Any) -> Stack:
    arn = f"arn:aws:cloudformation:eu-west-1:111122223333:stack/{name}/{digits}-0000-0000-0000-000000000000"
    return replace(Stack(arn, "CREATE_COMPLETE", changed_at, {}, {}, {}), **more)


def survey(expression: str = "rate(1 hour)", *, is_open: bool = True, **more: Any) -> Survey:
    """One pipeline, which has deployed a monitor with a schedule."""
    name = deployed_name("berths", POSTFIX)
    tags = {"pipeline_type": "byom_data_quality_monitor", "model_name": "berths"}
    own = stack(f"{name}-codepipeline", parameters={"StackName": name}, tags=tags)
    outputs = {"MonitoringScheduleJobName": "berths-dataquality-1a2b"} | ({"MonitorEngine": "Open"} if is_open else {})
    deployed = stack(name, parameters={"ScheduleExpression": expression}, outputs=outputs, **more)
    return Survey([pipeline_stacks.of(own)], [], {one.name: one for one in (own, deployed)})


def days(seen: Survey, settings: Settings) -> list[MonitorDay]:
    return monitors.days(seen, settings, SEVEN)


def told(seen: Survey, settings: Settings) -> tuple[int, int, int, str, str]:
    """Runs, violations, failures, words and what is missing of the only monitor that needs people."""
    (day,) = days(seen, settings)
    assert (day.pipeline.short_name, day.stage) == ("berths/data-quality", "")
    return len(day.runs), day.violations, day.failures, day.words, day.missing


def summary(number: int, status: str, **more: str) -> dict[str, Any]:
    arn = f"arn:aws:sagemaker:eu-west-1:111122223333:processing-job/{JOBS}{number}"
    return {
        "ProcessingJobName": f"{JOBS}{number}",
        "ProcessingJobArn": arn,
        "CreationTime": SEVEN - timedelta(hours=number),
        "ProcessingJobStatus": status,
        **more,
    }


def listed(sagemaker: Stubber, *jobs: dict[str, Any], token: str = "", after: str = "") -> None:
    """SageMaker's answer to the listing of all runs of the day."""
    request = {
        "NameContains": "mlops-monitor-",
        "CreationTimeAfter": BEGIN,
        "MaxResults": 100,
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
        **({"NextToken": after} if after else {}),
    }
    answer = {"ProcessingJobSummaries": list(jobs), **({"NextToken": token} if token else {})}
    sagemaker.add_response("list_processing_jobs", answer, request)


def executed(sagemaker: Stubber, *statuses: str) -> None:
    """SageMaker's answer to the listing of all executions of the day."""
    request = {
        "ScheduledTimeAfter": BEGIN,
        "MaxResults": 100,
        "SortBy": "ScheduledTime",
        "SortOrder": "Descending",
    }
    one = {
        "MonitoringScheduleName": "berths-dataquality-1a2b",
        "ScheduledTime": SEVEN,
        "CreationTime": SEVEN,
        "LastModifiedTime": SEVEN,
    }
    others = {**one, "MonitoringScheduleName": "of-somebody-else", "MonitoringExecutionStatus": "Failed"}
    found = [{**one, "MonitoringExecutionStatus": status} for status in statuses]
    sagemaker.add_response("list_monitoring_executions", {"MonitoringExecutionSummaries": [*found, others]}, request)


def test_runs_of_the_open_engine_are_counted_over_all_pages(sagemaker: Stubber, settings: Settings) -> None:
    others = {**summary(9, "Failed"), "ProcessingJobName": "mlops-monitor-99999999-1"}
    somebody = {**summary(8, "Failed"), "ProcessingJobName": "my-mlops-monitor-0f1e2d3c-1"}
    failed = summary(2, "Failed", FailureReason="AlgorithmError: no baseline, exit code: 1")
    quiet = summary(3, "Completed", ExitMessage="Completed: no violations.")
    listed(sagemaker, failed, quiet, others, token="t")
    listed(sagemaker, summary(4, "Completed", ExitMessage=FOUND), summary(5, "InProgress"), somebody, after="t")
    assert told(survey(), settings) == (4, 1, 1, "no baseline", "")


def test_the_newest_that_found_something_is_quoted(sagemaker: Stubber, settings: Settings) -> None:
    listed(
        sagemaker, summary(1, "Completed", ExitMessage="Completed: fine."), summary(2, "Completed", ExitMessage=FOUND)
    )
    assert told(survey(), settings) == (2, 1, 0, "length: distance 0.31.", "")


def test_runs_of_sagemaker_s_engine_are_counted(sagemaker: Stubber, settings: Settings) -> None:
    executed(sagemaker, "CompletedWithViolations", "Completed", "Failed", "Stopping")
    assert told(survey(is_open=False), settings) == (4, 1, 1, "", "")


def test_a_day_without_a_finding_needs_nobody(sagemaker: Stubber, settings: Settings) -> None:
    listed(sagemaker, summary(1, "Completed", ExitMessage="Completed: no violations."), summary(2, "InProgress"))
    assert days(survey(), settings) == []


def test_a_monitor_that_never_ran_is_missing(sagemaker: Stubber, settings: Settings) -> None:
    listed(sagemaker)
    assert told(survey(), settings) == (0, 0, 0, "", "no run began since 2026-11-29 07:00 UTC")


@pytest.mark.parametrize(
    ("expression", "hours"),
    [("rate(1 hour)", 23), ("rate(1 day)", 48), ("cron(0 6 ? * MON *)", 48)],
    ids=["made today", "once a day", "once a week"],
)
def test_a_monitor_that_need_not_have_run_is_not_missing(
    sagemaker: Stubber, settings: Settings, expression: str, hours: int
) -> None:
    listed(sagemaker)
    assert days(survey(expression, changed_at=SEVEN - timedelta(hours=hours)), settings) == []


def test_without_monitors_sagemaker_is_not_asked(sagemaker: Stubber, settings: Settings) -> None:
    assert days(Survey([], [], {}), settings) == []


@pytest.fixture(params=["", "2026-11-29T22:04:11.100+0000"], ids=["expired", "there"])
def moment(request: pytest.FixtureRequest) -> str:
    """The marker of the moment, which expires like the other."""
    return str(request.param)


def test_missing_runs_that_people_were_told_of_are_there_until_they_come_again(
    sagemaker: Stubber, settings: Settings, moment: str
) -> None:
    bucket, name = settings.launch.pipelines_bucket, deployed_name("berths", POSTFIX)
    for ending in filter(None, (moment, "missing")):
        key = f"reported/RunsMissing/111122223333/{name}/{ending}"
        calls.client("s3").put_object(Bucket=bucket, Key=key, Body=b"done")
    listed(sagemaker)
    when = ", as told on 2026-11-29 22:04 UTC" if moment else ""
    assert told(survey("rate(1 day)"), settings)[-1] == f"runs are missing{when}"
