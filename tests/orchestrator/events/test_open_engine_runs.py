# SPDX-License-Identifier: Apache-2.0
"""Runs of the open engine that people hear of, and what is kept of those in the accounts of stages."""

from __future__ import annotations

import json
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
from orchestrator.plan.codepipeline_parameters import MultiAccountPipelineParameters
from tests.orchestrator import telling
from tests.orchestrator.conftest import Context
from tests.orchestrator.pipelines_there import make_stack

Event = dict[str, Any]
Inbox = Callable[[], list[dict[str, Any]]]
HERE: Final = "123456789012"
PROD: Final = "222233334444"
PIPELINES: Final = "quayside-pipelines"
PIPELINE: Final = "mlops-pipeline-berths-byomdataqualitymonitor"
SCHEDULE: Final = "berths-prod-dataquality-1a2b"
JOB: Final = "mlops-monitor-51af3dc0-0f1e2d3c"
FOUND: Final = (
    "CompletedWithViolations: Job completed successfully with 2 violations. "
    "draught: baseline_drift_check 0.43 > 0.1. beam: missing_column_check."
)
QUIET: Final = "Completed: Job completed successfully with no violations."
ENVIRONMENT: Final = {
    "output_path": f"s3://harbour/monitoring/berths-prod/{SCHEDULE}",
    "schedule_expression": "rate(1 hour)",
    "scheduled_time": "2026-11-24T06:00:00Z",
    "sagemaker_endpoint_name": "berths-prod",
    "sagemaker_monitoring_schedule_name": SCHEDULE,
}


@pytest.fixture(autouse=True)
def used(aws: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler of an orchestrator that has a topic, a bucket for pipelines, and other accounts for its stages."""
    topic = calls.client("sns").create_topic(Name="notifications")["TopicArn"]
    targets = {
        stage: StageTarget(account, "ou-ab12-cd34ef56")
        for stage, account in (("dev", "444455556666"), ("staging", "333344445555"), ("prod", PROD))
    }
    used = replace(
        telling.by_topic(settings, topic),
        multi_account=MultiAccount(targets, "mlops-StageDeployer"),  # type: ignore[arg-type]
        deploy_role_arn=f"arn:aws:iam::{HERE}:role/mlops-DeployRole",
    )
    monkeypatch.setattr(api, "_settings", lambda: used)
    location = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=PIPELINES, CreateBucketConfiguration=location)


@pytest.fixture
def inbox(sent: list[Any]) -> Inbox:
    """The messages that were published so far."""
    return lambda: [call.parameters for call in sent if call.operation == "sns.Publish"]


def event_of(status: str = "Completed", *, account: str = HERE, job: str = JOB, **detail: Any) -> Event:
    """An event as AWS's example has it: inputs, and neither environment nor exit message nor tags."""
    engine = f"s3://{PIPELINES}/provisioned/{PIPELINE}/engine/prod-0f1e/monitor_engine.zip"
    return {
        "detail-type": "SageMaker Processing Job State Change",
        "source": "aws.sagemaker",
        "account": account,
        "region": "eu-west-1",
        "time": "2026-11-24T06:14:09Z",
        "resources": [],
        "detail": {
            "ProcessingJobName": job,
            "ProcessingJobStatus": status,
            "ProcessingInputs": [{"InputName": "engine", "S3Input": {"S3Uri": engine}}],
            "CreationTime": 1795500300000,
            **detail,
        },
    }


def handled(event: Event, context: Context, invocation: str = "i") -> int:
    return int(api.handler(event, replace(context, aws_request_id=invocation))["reported"])  # type: ignore[arg-type]


def described(stub: Stubber, status: str = "Completed", **words: str) -> None:
    answer = {
        "ProcessingJobName": JOB,
        "ProcessingJobArn": f"arn:aws:sagemaker:eu-west-1:{HERE}:processing-job/{JOB}",
        "ProcessingJobStatus": status,
        "ProcessingResources": {
            "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
        },
        "AppSpecification": {"ImageUri": "i"},
        "Environment": ENVIRONMENT,
        "CreationTime": datetime(2026, 11, 24, tzinfo=UTC),
        **words,
    }
    stub.add_response("describe_processing_job", answer, {"ProcessingJobName": JOB})


class TestHere:
    def test_violations_are_told_with_features_amounts_thresholds_and_the_report(
        self, inbox: Inbox, context: Context, sagemaker: Stubber
    ) -> None:
        described(sagemaker, ExitMessage=FOUND)
        assert handled(event_of(), context) == 1
        (message,) = inbox()
        assert message["Subject"] == "MLOps data quality monitor found violations: berths-prod"
        first, *rest = message["Message"].splitlines()
        assert first == (
            "The data quality monitor of endpoint berths-prod found 2 violations of its baseline. "
            "draught: baseline_drift_check 0.43 > 0.1. beam: missing_column_check."
        )
        assert f"Report: {ENVIRONMENT['output_path']}/2026/11/24/06/report.html" in rest
        assert "State of the pipeline: Unhealthy" in rest
        assert "the report shows which features or metrics it is" in rest[-1]
        assert message["MessageAttributes"]["pipeline_type"]["StringValue"] == "byom_data_quality_monitor"

    @pytest.mark.parametrize(
        "words",
        [QUIET, "Completed: nothing was captured in the window.", "Completed: there is no baseline yet."],
        ids=["none", "nothing captured", "no baseline"],
    )
    def test_a_quiet_run_is_not(self, inbox: Inbox, context: Context, sagemaker: Stubber, words: str) -> None:
        described(sagemaker, ExitMessage=words)
        assert handled(event_of(), context) == 0
        assert inbox() == []

    @pytest.mark.parametrize(
        ("status", "words"),
        [("Failed", "could not do its run: bad rows\n"), ("Stopped", "was stopped in its run")],
    )
    def test_a_run_without_result(
        self, inbox: Inbox, context: Context, sagemaker: Stubber, status: str, words: str
    ) -> None:
        reason = {"FailureReason": "AlgorithmError: bad rows, exit code: 1"} if status == "Failed" else {}
        described(sagemaker, status, **reason)
        assert handled(event_of(status), context) == 1
        assert words in inbox()[0]["Message"]
        assert f"Report: {ENVIRONMENT['output_path']}/2026/11/24/06/\n" in inbox()[0]["Message"]

    def test_it_is_told_once(self, inbox: Inbox, context: Context, sagemaker: Stubber) -> None:
        for _ in range(2):
            described(sagemaker, ExitMessage=FOUND)
        assert [handled(event_of(), context, invocation) for invocation in ("a", "b")] == [1, 0]
        assert len(inbox()) == 1

    def test_what_has_not_ended_is_ignored(self, inbox: Inbox, context: Context, sagemaker: Stubber) -> None:
        assert handled(event_of("InProgress"), context) == 0

    def test_a_call_that_fails_is_repeated(self, context: Context, sagemaker: Stubber) -> None:
        sagemaker.add_client_error("describe_processing_job", "ThrottlingException", "Rate exceeded")
        with pytest.raises(ServiceRefusedError):
            handled(event_of(), context)


@pytest.fixture
def listed(api_event: Callable[..., Event], context: Context) -> Callable[..., Event]:
    """`listed(limit="2")`: the runs of the pipeline `berths`, which has stages."""
    given = dict.fromkeys(MultiAccountPipelineParameters.model_fields, "x")
    for model, engine in (("berths", "open"), ("native", "sagemaker")):
        tags = {"pipeline_type": "byom_data_quality_monitor", "model_name": model, "mlops:monitor-engine": engine}
        name = PIPELINE.replace("berths", model)
        make_stack(f"{name}-codepipeline", given | {"StackName": name}, tags, PipelineName=f"the-{model}")

    def call(method: str = "GET", pipeline: str = "berths", **query: str) -> Event:
        path = {"resource": "/pipelines/{id}/runs", "pathParameters": {"id": pipeline}}
        event = api_event("/x", httpMethod=method, queryStringParameters=query, **path)
        answer = api.handler(event, context)  # type: ignore[arg-type]
        body: Event = json.loads(answer["body"])
        return {**body, "status": answer["statusCode"]}

    return call


class TestStages:
    """The event is all there is; AWS's example has no environment and no exit message."""

    def test_a_quiet_run_is_listed_and_not_told(
        self, inbox: Inbox, context: Context, listed: Callable[..., Event]
    ) -> None:
        event = event_of(account=PROD, ExitMessage=QUIET, Environment=ENVIRONMENT)
        assert [handled(event, context, invocation) for invocation in ("a", "b")] == [0, 0]
        assert inbox() == []
        (run,) = listed()["runs"]
        assert (run["id"], run["status"], run["stage"], run["account"]) == (JOB, "Completed", "prod", PROD)
        assert (run["start_time"], run["end_time"]) == ("2026-11-24T05:00:00+00:00", "2026-11-24T06:00:00+00:00")
        assert run["report"] == f"{ENVIRONMENT['output_path']}/2026/11/24/06/report.html"

    def test_violations_are_listed_and_told(self, inbox: Inbox, context: Context, listed: Callable[..., Event]) -> None:
        assert handled(event_of(account=PROD, ExitMessage=FOUND, Environment=ENVIRONMENT), context) == 1
        (run,) = listed()["runs"]
        assert (run["status"], run["message"], run["violations"]) == ("CompletedWithViolations", FOUND, [])
        assert "draught: baseline_drift_check 0.43 > 0.1" in inbox()[0]["Message"]
        assert f"Account: {PROD}" in inbox()[0]["Message"]

    def test_an_event_that_says_nothing_is_listed_and_told_once_a_day(
        self, inbox: Inbox, context: Context, listed: Callable[..., Event]
    ) -> None:
        told = [handled(event_of(account=PROD, job=f"{JOB}{n}"), context, str(n)) for n in range(2)]
        assert told == [1, 0]
        assert inbox()[0]["Subject"] == "MLOps data quality monitor has run: berths"
        runs = listed()["runs"]
        assert len(runs) == 2
        assert {run["message"] for run in runs} == {"The event of its end does not say what it found."}
        assert {(run["start_time"], run["output"], run["report"]) for run in runs} == {(None, "", "")}

    def test_pages_with_the_newest_first_of_all_accounts(self, context: Context, listed: Callable[..., Event]) -> None:
        accounts = [PROD, "444455556666", "333344445555"]
        for number in range(5):
            moment = 1795500300000 + number * 3_600_000
            account = accounts[number % 3]
            event = event_of(account=account, job=f"{JOB}{number}", ExitMessage=QUIET, CreationTime=moment)
            handled(event, context, str(number))
        found, following = [], ""
        for _ in range(3):
            page = listed(limit="2", **({"next": following} if following else {}))
            found += [run["id"] for run in page["runs"]]
            following = page.get("next", "")
        assert found == [f"{JOB}{number}" for number in (4, 3, 2, 1, 0)]
        assert following == ""

    def test_a_next_of_another_list_is_refused(self, listed: Callable[..., Event]) -> None:
        assert listed(next="../../x")["status"] == 400

    def test_nothing_is_started_there(self, listed: Callable[..., Event]) -> None:
        answer = listed("POST")
        assert answer["status"] == 409
        assert "aws sagemaker create-processing-job" in answer["message"]
        answer = listed("POST", "native")
        assert (answer["status"], "by schedule only" in answer["message"]) == (409, True)

    def test_a_job_of_no_pipeline_is_ignored(self, inbox: Inbox, context: Context) -> None:
        assert handled(event_of("Failed", account=PROD, ProcessingInputs=None), context) == 0
        assert inbox() == []
