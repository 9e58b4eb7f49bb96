# SPDX-License-Identifier: Apache-2.0
"""Runs of monitors that people hear of: which, once, and in which words (lesson 81)."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from botocore.stub import Stubber

from orchestrator import api
from orchestrator.aws import calls
from orchestrator.errors import ServiceRefusedError
from orchestrator.launch.settings import MultiAccount, Settings, StageTarget
from orchestrator.provisioned.runs import records
from tests.orchestrator import telling
from tests.orchestrator.conftest import Context, read_json

Event = dict[str, Any]
PIPELINES: Final = "quayside-pipelines"
GONE: Final = object()


@pytest.fixture(autouse=True)
def with_settings(aws: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler of an orchestrator that has a topic, a bucket for pipelines, and other accounts for its stages."""
    topic = calls.client("sns").create_topic(Name="notifications")["TopicArn"]
    targets = {
        stage: StageTarget(accounts, "ou-ab12-cd34ef56")
        for stage, accounts in (("dev", "444455556666"), ("staging", "333344445555"), ("prod", "222233334444"))
    }
    used = replace(
        telling.by_topic(settings, topic),
        multi_account=MultiAccount(targets, "mlops-StageDeployer"),  # type: ignore[arg-type]
    )
    monkeypatch.setattr(api, "_settings", lambda: used)
    location = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=PIPELINES, CreateBucketConfiguration=location)


@pytest.fixture
def inbox(sent: list[Any]) -> Callable[[], list[dict[str, str]]]:
    """The messages that were published so far."""
    return lambda: [call.parameters for call in sent if call.operation == "sns.Publish"]


def event_of(**changes: Any) -> Event:
    """A run in the account of prod that found violations, with changes in what SageMaker says of the job."""
    event: Event = copy.deepcopy(read_json("events/monitoring_run_ended.json"))
    detail = {**event["detail"], **changes}
    event["detail"] = {key: value for key, value in detail.items() if value is not GONE}
    return event


def handled(event: Event, context: Context, invocation: str = "") -> int:
    answer = api.handler(event, replace(context, aws_request_id=invocation or context.aws_request_id))  # type: ignore[arg-type]
    return int(answer["reported"])


Inbox = Callable[[], list[dict[str, str]]]


def test_violations_are_told_with_endpoint_monitor_and_report(inbox: Inbox, context: Context) -> None:
    assert handled(event_of(), context) == 1
    (message,) = inbox()
    assert message["Subject"] == "MLOps data quality monitor found violations: berth-occupancy-prod"
    first, *_ = message["Message"].splitlines()
    assert first.startswith(
        "The data quality monitor of endpoint berth-occupancy-prod found 3 violations of its baseline."
    )
    for line in (
        "Endpoint: berth-occupancy-prod",
        "Monitoring schedule: berth-occupancy-prod-dataquality-1a2b",
        "Account: 222233334444",
        "Region: eu-west-1",
        "Processing job: model-monitoring-202611240600-7c1f",
        "Report: s3://quayside-prod-monitoring/reports/berth-occupancy-prod/berth-occupancy-prod-dataquality-1a2b/"
        "2026/11/24/06",
    ):
        assert line in message["Message"].splitlines()
    assert "State" not in message["Message"], "nobody sees from here what runs there"


def test_a_run_in_this_account_tells_the_state_of_its_pipeline(
    inbox: Inbox, context: Context, capsys: pytest.CaptureFixture[str]
) -> None:
    """As list and details tell it."""
    assert handled(event_of() | {"account": "111122223333"}, context) == 1
    assert "State of the pipeline: Unhealthy" in inbox()[0]["Message"].splitlines()
    assert '"state":"Unhealthy","StatesTold":[1.0]' in capsys.readouterr().out


@pytest.mark.parametrize(
    ("changes", "subject", "words"),
    [
        (
            {"ProcessingJobStatus": "Failed", "FailureReason": "AlgorithmError: no data", "ExitMessage": GONE},
            "failed",
            "could not do its run: AlgorithmError: no data",
        ),
        ({"ProcessingJobStatus": "Stopped", "ExitMessage": None}, "was stopped", "or by its time limit"),
        ({"ProcessingJobStatus": "Failed", "ExitMessage": ""}, "failed", "SageMaker gives no reason"),
    ],
)
def test_a_run_that_failed_is_told_with_the_reason(
    inbox: Inbox, context: Context, changes: Event, subject: str, words: str
) -> None:
    assert handled(event_of(**changes), context) == 1
    (message,) = inbox()
    assert message["Subject"] == f"MLOps data quality monitor {subject}: berth-occupancy-prod"
    assert words in message["Message"]


def test_the_schedule_is_known_by_the_report_when_its_arn_is_missing(inbox: Inbox, context: Context) -> None:
    """AWS's example of the event has no ARN of a schedule; where reports are is documented."""
    assert handled(event_of(MonitoringScheduleArn=GONE), context) == 1
    assert "Monitoring schedule: berth-occupancy-prod-dataquality-1a2b" in inbox()[0]["Message"]


def outputs(uri: str) -> Event:
    return {"Outputs": [{"OutputName": "x", "S3Output": {"S3Uri": uri, "LocalPath": "/x", "S3UploadMode": "EndOfJob"}}]}


BASELINE: Final = "s3://b/baselines/berths/berths-dataquality-1a2b"


class TestSilence:
    """Lesson 109: AWS's examples of the event have no exit message."""

    HERE: Final = "111122223333"

    def described(self, stub: Stubber, **words: str) -> None:
        detail = read_json("events/monitoring_run_ended.json")["detail"]
        kept = ("ProcessingJobName", "ProcessingJobArn", "ProcessingJobStatus", "ProcessingResources")
        answer = {key: detail[key] for key in (*kept, "AppSpecification")}
        asked = {"ProcessingJobName": detail["ProcessingJobName"]}
        moment = datetime(2026, 11, 24, tzinfo=UTC)
        stub.add_response("describe_processing_job", {**answer, "CreationTime": moment, **words}, asked)

    @pytest.mark.parametrize("nothing", [GONE, None, ""], ids=["absent", "null", "empty"])
    @pytest.mark.parametrize(
        ("words", "told"),
        [
            ("CompletedWithViolations: Job completed successfully with 4 violations.", 1),
            ("Completed: Job completed successfully with no violations.", 0),
        ],
        ids=["violations", "none"],
    )
    def test_here_the_job_is_described(
        self, inbox: Inbox, context: Context, words: str, told: int, nothing: Any
    ) -> None:
        with Stubber(calls.client("sagemaker")) as stub:
            self.described(stub, ExitMessage=words)
            assert handled({**event_of(ExitMessage=nothing), "account": self.HERE}, context) == told
        assert len(inbox()) == told
        assert all("found 4 violations" in message["Message"] for message in inbox())

    def test_so_is_one_that_failed_without_a_reason(self, inbox: Inbox, context: Context) -> None:
        failed = {"ProcessingJobStatus": "Failed", "ExitMessage": GONE}
        with Stubber(calls.client("sagemaker")) as stub:
            self.described(stub, FailureReason="AlgorithmError: bad rows")
            handled({**event_of(**failed), "account": self.HERE}, context)
        assert "could not do its run: AlgorithmError: bad rows" in inbox()[0]["Message"]

    def test_elsewhere_people_are_told_once_a_day(self, inbox: Inbox, context: Context) -> None:
        first, second = event_of(ExitMessage=GONE), event_of(ExitMessage=GONE, ProcessingJobName="an-hour-later")
        tomorrow = {**event_of(ExitMessage=GONE, ProcessingJobName="tomorrow"), "time": "2026-11-25T06:14:09Z"}
        told = [handled(event, context, job) for event, job in ((first, "a"), (second, "b"), (tomorrow, "c"))]
        assert told == [1, 0, 1]
        message, _ = inbox()
        assert message["Subject"] == "MLOps data quality monitor has run: berth-occupancy-prod"
        assert "does not say whether it found violations" in message["Message"]
        # A run that found something is told all the same.
        assert handled(event_of(), context, "d") == 1


def test_a_run_in_a_stage_is_kept_for_its_pipeline_s_list(context: Context) -> None:
    """Only the tags of the job tell whose it is."""
    deployed, digits = "mlops-pipeline-berths-byomdataqualitymonitor", "0f1e2d3c"
    stack = f"StackSet-{deployed}-prod-{digits}-1a2b3c4d-0000-1111-2222-333344445555"
    handled(event_of(Tags={"stack_name": stack}), context)
    handled(event_of(ProcessingJobName="another"), context, "b")
    (run,) = records.page(PIPELINES, deployed, 20, "").runs
    assert (run.status, run.stage, run.has_report) == ("CompletedWithViolations", "prod", False)
    assert run.output.endswith("/berth-occupancy-prod-dataquality-1a2b/2026/11/24/06/")


class TestBaselines:
    """Lesson 105: AWS does not say that CloudFormation waits for a baseline."""

    @pytest.mark.parametrize(
        "tags",
        [{"stack_name": "mlops-pipeline-berths"}, [{"Key": "stack_name", "Value": "mlops-pipeline-berths"}]],
        ids=["map", "list"],
    )
    def test_one_that_failed_is_told_with_its_stack(self, inbox: Inbox, context: Context, tags: Any) -> None:
        changes = {"MonitoringScheduleArn": GONE, "ProcessingOutputConfig": outputs(BASELINE), "Tags": tags}
        failed = {"ProcessingJobStatus": "Failed", "FailureReason": "AlgorithmError: not UTF-8", "ExitMessage": GONE}
        assert handled(event_of(**changes, **failed), context) == 1
        (message,) = inbox()
        assert message["Subject"] == "MLOps data quality baseline failed: berths"
        first, *rest = message["Message"].splitlines()
        assert first.endswith("of endpoint berths could not be computed: AlgorithmError: not UTF-8")
        assert {"Stack: mlops-pipeline-berths", "Baseline: berths-dataquality-1a2b", f"Files: {BASELINE}"} <= set(rest)

    def test_the_open_engine_s_own_sentence_is_told(self, inbox: Inbox, context: Context) -> None:
        """SageMaker puts a class before what the job's code has written, and its status behind."""
        changes = {"MonitoringScheduleArn": GONE, "ProcessingOutputConfig": outputs(BASELINE), "ExitMessage": GONE}
        reason = "AlgorithmError: The baseline has no rows., exit code: 1"
        assert handled(event_of(**changes, ProcessingJobStatus="Failed", FailureReason=reason), context) == 1
        assert "could not be computed: The baseline has no rows.\n" in inbox()[0]["Message"]

    def test_a_run_without_one_says_so(self, inbox: Inbox, context: Context) -> None:
        reason = f'No S3 objects found under S3 URL "{BASELINE}/constraints.json" given in input data source.'
        handled(event_of(ProcessingJobStatus="Failed", FailureReason=reason, ExitMessage=GONE), context)
        assert "has no baseline to compare with: it is being computed, or has failed." in inbox()[0]["Message"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"ExitMessage": "Completed: Job completed successfully with no violations."}, id="no violations"),
        pytest.param({"ProcessingJobStatus": "InProgress"}, id="under way"),
        pytest.param(
            {"MonitoringScheduleArn": "arn:aws:sagemaker:eu-west-1:222233334444:monitoring-schedule/another"},
            id="a schedule that is reported below a path of ours",
        ),
        pytest.param(
            {"MonitoringScheduleArn": GONE, "ProcessingOutputConfig": outputs(BASELINE)}, id="a baseline that is there"
        ),
        pytest.param(
            {"MonitoringScheduleArn": GONE, "ProcessingJobStatus": "Failed", "ProcessingOutputConfig": GONE},
            id="somebody's job",
        ),
    ],
)
def test_anything_else_is_ignored(inbox: Inbox, context: Context, changes: Event) -> None:
    if changes.get("MonitoringScheduleArn") not in {None, GONE}:
        changes = {**changes, "ProcessingOutputConfig": outputs("s3://somewhere/else")}
    assert handled(event_of(**changes), context) == 0
    assert inbox() == []


def test_a_run_is_told_once_however_often_the_event_comes(inbox: Inbox, context: Context) -> None:
    """SageMaker may send several events for one change, and EventBridge delivers at least once."""
    assert [handled(event_of(), context, invocation) for invocation in ("a", "b", "a")] == [1, 0, 0]
    assert len(inbox()) == 1


def test_the_same_job_name_in_another_account_is_another_run(inbox: Inbox, context: Context) -> None:
    handled(event_of(), context, "a")
    assert handled({**event_of(), "account": "333344445555"}, context, "b") == 1
    assert len(inbox()) == 2


def test_a_message_that_could_not_be_sent_is_sent_by_the_next_attempt(inbox: Inbox, context: Context) -> None:
    with Stubber(calls.client("sns")) as sns:
        sns.add_client_error("publish", "InternalError", http_status_code=500)
        with pytest.raises(ServiceRefusedError):
            handled(event_of(), context, "a")
    assert handled(event_of(), context, "a") == 1
