# SPDX-License-Identifier: Apache-2.0
"""Work of a deployed pipeline as SageMaker tells it, and what details and list say of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
from botocore.stub import Stubber

from orchestrator import api
from orchestrator.aws import calls, claims
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.codepipeline.codepipelines import Execution
from orchestrator.launch.settings import Settings
from orchestrator.plan import layout
from orchestrator.provisioned import registrations
from orchestrator.provisioned.registrations import Registration
from orchestrator.sagemaker import job_kinds
from tests.orchestrator.conftest import read_json
from tests.orchestrator.pipelines_there import deployed_name, make_multi_account_pipeline, make_pipeline, make_stack

Body = dict[str, Any]
Asked = Callable[[], tuple[Body, Body]]
ARN: Final = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/churn/4"
SCHEDULE_ARN: Final = "arn:aws:sagemaker:eu-west-1:123456789012:monitoring-schedule/churn"
TAGGED: Final = {"Tags": json.dumps([{"Key": "registration", "Value": "provisioned/x.json"}])}
NOW: Final = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """In moto's account."""
    return replace(settings, deploy_role_arn="arn:aws:iam::123456789012:role/mlops-DeployRole")


@pytest.fixture
def asked(
    aws: None, monkeypatch: pytest.MonkeyPatch, settings: Settings, api_event: Callable[..., Body], context: Any
) -> Callable[[str], Body]:
    """`asked(path)`: body of the answer, for pipelines whose newest execution has succeeded."""
    monkeypatch.setattr(api, "_settings", lambda: settings)
    place = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=settings.launch.pipelines_bucket, CreateBucketConfiguration=place)
    newest = Execution("e-1", "Succeeded", "", None)
    monkeypatch.setattr(codepipelines, "state", lambda name: {"pipelineName": name, "stageStates": []})
    monkeypatch.setattr(codepipelines, "newest_execution", lambda _: newest)

    def call(path: str) -> Body:
        route = {"resource": "/pipelines/{id}", "pathParameters": {"id": "churn"}} if path != "/pipelines" else {}
        answer = api.handler(api_event(path, httpMethod="GET", **route), context)
        assert answer["statusCode"] == 200, answer["body"]
        body: Body = json.loads(answer["body"])
        return body

    return call


def details(asked: Callable[[str], Body]) -> Body:
    return asked("/pipelines/churn")


def entry(asked: Callable[[str], Body]) -> Body:
    (found,) = asked("/pipelines")["pipelines"]
    return dict(found)


def deployed(parameters: Body | None = None, **outputs: str) -> None:
    make_pipeline("churn")
    make_stack(deployed_name("churn"), parameters, **outputs)


def trained(stub: Stubber, status: str = "Completed", *, ago: timedelta = timedelta(minutes=1)) -> None:
    description = read_json("events/training_job_description.json") | {"TrainingJobName": "churn-job"}
    # The stub's own clock is the real one.
    ended = datetime.now(UTC) - ago
    stub.add_response("describe_training_job", {**description, "TrainingJobStatus": status, "LastModifiedTime": ended})


def scheduled(stub: Stubber, **run: Any) -> None:
    answer = {
        "MonitoringScheduleArn": SCHEDULE_ARN,
        "MonitoringScheduleName": "churn",
        "MonitoringScheduleStatus": "Scheduled",
        "CreationTime": NOW,
        "LastModifiedTime": NOW,
        "MonitoringScheduleConfig": {},
    }
    summary = {
        "MonitoringScheduleName": "churn",
        "ScheduledTime": NOW,
        "CreationTime": NOW,
        "LastModifiedTime": NOW,
        "ProcessingJobArn": "arn:aws:sagemaker:eu-west-1:123456789012:processing-job/run-1",
    }
    last = {"LastMonitoringExecutionSummary": {**summary, **run}} if run else {}
    stub.add_response("describe_monitoring_schedule", answer | last, {"MonitoringScheduleName": "churn"})


class TestBoth:
    """List and details give the same state for the same reason."""

    @pytest.fixture(params=[details, entry], ids=["details", "list"])
    def tell(self, request: pytest.FixtureRequest, asked: Callable[[str], Body]) -> Callable[[], Body]:
        return lambda: request.param(asked)

    def test_a_failed_job_is_a_failed_pipeline(self, tell: Callable[[], Body], sagemaker: Stubber) -> None:
        deployed(TrainingJobName="churn-job")
        trained(sagemaker, "Failed")
        assert tell()["state"] == "Failed"

    def test_a_model_that_is_registered(self, tell: Callable[[], Body], sagemaker: Stubber, settings: Settings) -> None:
        deployed(TAGGED, TrainingJobName="churn-job")
        trained(sagemaker)
        registrations.store(
            settings.launch.pipelines_bucket,
            job_kinds.TRAINING,
            "churn-job",
            Registration(status="Registered", model_package_arn=ARN, metrics={"auc": 0.9}),
        )
        body = tell()
        assert (body["state"], body["state_reason"]) == ("Succeeded", f"The model is registered as {ARN}.")

    def test_a_model_that_is_not(self, tell: Callable[[], Body], sagemaker: Stubber, settings: Settings) -> None:
        deployed(TAGGED, TrainingJobName="churn-job")
        trained(sagemaker)
        failed = Registration(status="Failed", reason="AWS did not register the model.", detail="no group")
        registrations.store(settings.launch.pipelines_bucket, job_kinds.TRAINING, "churn-job", failed)
        body = tell()
        reason = "The model was not registered. AWS did not register the model. no group"
        assert (body["state"], body["state_reason"]) == ("Failed", reason)

    def test_an_endpoint_out_of_order(self, tell: Callable[[], Body], sagemaker: Stubber) -> None:
        deployed(SageMakerEndpointName="churn-e")
        found = {
            "EndpointName": "churn-e",
            "EndpointArn": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/churn-e",
            "EndpointStatus": "Failed",
            "FailureReason": "no memory",
            "CreationTime": NOW,
            "LastModifiedTime": NOW,
        }
        sagemaker.add_response("describe_endpoint", found, {"EndpointName": "churn-e"})
        body = tell()
        assert (body["state"], body["state_reason"]) == ("Unhealthy", "The endpoint churn-e is Failed: no memory")

    def test_an_endpoint_that_somebody_deleted(self, tell: Callable[[], Body], sagemaker: Stubber) -> None:
        deployed(SageMakerEndpointName="churn-e")
        sagemaker.add_client_error("describe_endpoint", "ValidationException", "Could not find endpoint.")
        assert tell()["state"] == "Unhealthy"

    def test_a_monitor_that_found_violations(self, tell: Callable[[], Body], sagemaker: Stubber) -> None:
        deployed(MonitoringScheduleJobName="churn")
        scheduled(sagemaker, MonitoringExecutionStatus="CompletedWithViolations")
        run = {
            "ProcessingJobName": "run-1",
            "ProcessingResources": {
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 1}
            },
            "AppSpecification": {"ImageUri": "i"},
            "ProcessingJobArn": "arn:aws:sagemaker:eu-west-1:123456789012:processing-job/run-1",
            "ProcessingJobStatus": "Completed",
            "ExitMessage": "CompletedWithViolations: 2 violations",
            "CreationTime": NOW,
        }
        sagemaker.add_response("describe_processing_job", run, {"ProcessingJobName": "run-1"})
        body = tell()
        assert body["state"] == "Unhealthy"
        assert body["state_reason"].endswith(
            "for 2026-11-30 10:00 UTC found violations of the baseline. CompletedWithViolations: 2 violations"
        )

    def test_a_stack_that_somebody_deleted(self, tell: Callable[[], Body]) -> None:
        make_pipeline("churn")
        body = tell()
        gone = f"The stack {deployed_name('churn')} that it deployed is not there any more."
        assert (body["state"], body["state_reason"]) == ("Unhealthy", gone)

    def test_what_runs_in_other_accounts_is_called_neither_well_nor_ill(self, tell: Callable[[], Body]) -> None:
        make_multi_account_pipeline("churn")
        body = tell()
        assert body["state"] == "Succeeded"
        assert "not visible from the orchestrator's account" in body["state_reason"]


class TestMembers:
    def test_the_models_of_an_endpoint_with_a_shadow_last(
        self, asked: Callable[[str], Body], sagemaker: Stubber
    ) -> None:
        deployed(SageMakerEndpointName="churn-e")
        main = {"VariantName": "AllTraffic", "CurrentWeight": 1.0, "DesiredWeight": 3.0, "CurrentInstanceCount": 1}
        found = {
            "EndpointName": "churn-e",
            "EndpointArn": "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/churn-e",
            "EndpointStatus": "Updating",
            "CreationTime": NOW,
            "LastModifiedTime": NOW,
            "ProductionVariants": [main],
            "ShadowProductionVariants": [{"VariantName": "next", "CurrentWeight": 0.5, "CurrentInstanceCount": 2}],
        }
        sagemaker.add_response("describe_endpoint", found, {"EndpointName": "churn-e"})
        with Stubber(calls.client("cloudwatch")) as cloudwatch:
            cloudwatch.add_client_error("get_metric_data", "AccessDenied", "not you")
            endpoint = details(asked)["endpoint"]
        told = endpoint["variants"]
        assert [one["last_hour"] for one in told] == [None, None]
        refused = "AWS did not read the metrics of the endpoint churn-e: AccessDenied: not you"
        assert endpoint["last_hour_reason"] == refused
        assert [(one["name"], one["is_shadow"], one["share"]) for one in told] == [
            ("AllTraffic", False, 1.0),
            ("next", True, 0.5),
        ]
        assert [(one["desired_weight"], one["desired_instance_count"]) for one in told] == [(3.0, 1), (0.5, 2)]

    def test_the_version_and_its_metrics(
        self, asked: Callable[[str], Body], sagemaker: Stubber, settings: Settings
    ) -> None:
        deployed(TAGGED, TrainingJobName="churn-job")
        trained(sagemaker)
        made = Registration(status="Registered", model_package_arn=ARN, metrics={"auc": 0.9})
        registrations.store(settings.launch.pipelines_bucket, job_kinds.TRAINING, "churn-job", made)
        expected = {"status": "Registered", "model_package_arn": ARN, "metrics": {"auc": 0.9}, "reason": ""}
        assert details(asked)["registration"] == expected

    def test_aws_s_message_is_for_those_who_may_know_it(
        self,
        asked: Callable[[str], Body],
        sagemaker: Stubber,
        settings: Settings,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        silent = replace(settings, allow_detailed_error_message=False)
        monkeypatch.setattr(api, "_settings", lambda: silent)
        deployed(TAGGED, TrainingJobName="churn-job")
        trained(sagemaker)
        failed = Registration(status="Failed", reason="AWS did not register the model.", detail="arn:secret")
        registrations.store(settings.launch.pipelines_bucket, job_kinds.TRAINING, "churn-job", failed)
        assert "secret" not in json.dumps(details(asked))

    def test_tags_that_are_too_long_for_a_parameter_are_read_from_their_file(
        self, asked: Callable[[str], Body], sagemaker: Stubber, settings: Settings
    ) -> None:
        bucket = settings.launch.pipelines_bucket
        calls.client("s3").put_object(Bucket=bucket, Key="provisioned/churn/requests/0.json", Body=TAGGED["Tags"])
        deployed({"Tags": f"s3://{bucket}/provisioned/churn/requests/0.json"}, TrainingJobName="churn-job")
        trained(sagemaker, "InProgress")
        assert details(asked)["registration"]["status"] == "Pending"

    @pytest.mark.parametrize("tags", ["", "not JSON", "{}", "[1]", '[{"Key": "team", "Value": "x"}]'])
    def test_without_instructions_there_is_no_registration(
        self, asked: Callable[[str], Body], sagemaker: Stubber, tags: str
    ) -> None:
        """A blueprint of the operator's may mean something else by that parameter."""
        deployed({"Tags": tags}, TrainingJobName="churn-job")
        trained(sagemaker)
        body = details(asked)
        assert (body["registration"], body["state"]) == (None, "Succeeded")

    @pytest.mark.parametrize(
        ("ended", "expected"),
        [
            ((timedelta(minutes=5), False), ("Pending", "Running")),
            ((timedelta(hours=3), False), ("Failed", "Failed")),
            ((timedelta(hours=3), True), ("Unknown", "Succeeded")),
            ((timedelta(days=40), False), ("Unknown", "Succeeded")),
        ],
        ids=["on its way", "lost", "of an earlier release", "long ago"],
    )
    def test_a_result_that_is_not_recorded(
        self,
        asked: Callable[[str], Body],
        sagemaker: Stubber,
        settings: Settings,
        ended: tuple[timedelta, bool],
        expected: tuple[str, str],
    ) -> None:
        age, is_told = ended
        deployed(TAGGED, TrainingJobName="churn-job")
        trained(sagemaker, ago=age)
        if is_told:
            marker = layout.reported_job("TrainingJob", "churn-job", "Completed")
            claims.once(settings.launch.pipelines_bucket, marker, "owner", lambda: None)
        body = details(asked)
        assert (body["registration"]["status"], body["state"]) == expected


def test_the_list_asks_for_no_more_than_it_needs(
    asked: Callable[[str], Body], sagemaker: Stubber, sent: list[Any]
) -> None:
    """A deployed stack that CloudFormation listed anyway is not asked for again."""
    deployed(TrainingJobName="churn-job")
    trained(sagemaker)
    del sent[:]
    assert entry(asked)["state"] == "Succeeded"
    assert [call.operation for call in sent] == ["cloudformation.DescribeStacks"]
