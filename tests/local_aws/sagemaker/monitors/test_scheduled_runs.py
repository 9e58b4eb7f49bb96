# SPDX-License-Identifier: Apache-2.0
"""Schedules of EventBridge Scheduler that start processing jobs, with IAM: who calls what, and what is told of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError

from scripts.local_aws.eventbridge import events
from scripts.local_aws.eventbridge.scheduler import FiringFailedError
from scripts.local_aws.sagemaker.monitors import monitor_runs
from scripts.local_aws.server import LocalAws
from tests.local_aws.monitoring import BUCKET, python_request
from tests.local_aws.stack_setting import ACCOUNTS, acting_in
from tests.local_aws.waiting import SECONDS

ACCOUNT = "123456789012"
JOBS = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:processing-job/mlops-monitor-1-*"
TARGET = "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob"
# So many that the SDK compresses them.
SEND = (
    "import boto3; boto3.client('cloudwatch').put_metric_data(Namespace='{}', MetricData=[{{'MetricName': 'a'}}] * {})"
)


@pytest.fixture(scope="module")
def aws() -> Iterator[LocalAws]:
    with LocalAws(accounts=ACCOUNTS) as running:
        s3 = acting_in(running, ACCOUNT, "s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_object(Bucket=BUCKET, Key="code/empty", Body=b"")
        yield running


@pytest.fixture(scope="module")
def roles(aws: LocalAws) -> dict[str, str]:
    """Roles as a monitor's stack has them: the schedule's, and the job's."""
    iam = acting_in(aws, ACCOUNT, "iam")
    job = f"arn:aws:iam::{ACCOUNT}:role/job"
    namespace = {"StringLike": {"cloudwatch:namespace": ["MLOps/Monitors"]}}
    statements = {
        "schedule": [
            {"Action": ["sagemaker:CreateProcessingJob", "sagemaker:AddTags"], "Resource": JOBS},
            {"Action": "iam:PassRole", "Resource": job},
        ],
        "job": [
            {"Action": "s3:*", "Resource": "*"},
            {"Action": "cloudwatch:PutMetricData", "Resource": "*", "Condition": namespace},
        ],
    }
    for name, service in (("schedule", "scheduler"), ("job", "sagemaker")):
        principal = {"Service": f"{service}.amazonaws.com"}
        trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}]}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", **trust}))
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements[name]]}
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps(policy))
    return {"schedule": f"arn:aws:iam::{ACCOUNT}:role/schedule", "job": job}


def schedule(aws: LocalAws, roles: dict[str, str], name: str, *lines: str, **changes: Any) -> None:
    request = {
        "ProcessingJobName": "mlops-monitor-1-<aws.scheduler.execution-id>",
        **python_request(*lines),
        "RoleArn": roles["job"],
        "Environment": {"AWS_DEFAULT_REGION": "us-east-1", "scheduled_time": "<aws.scheduler.scheduled-time>"},
        **changes,
    }
    acting_in(aws, ACCOUNT, "scheduler").create_schedule(
        Name=name,
        ScheduleExpression="cron(0 6 ? * MON-FRI *)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": TARGET, "RoleArn": roles["schedule"], "Input": json.dumps(request)},
    )


def test_a_schedule_starts_its_job_and_the_end_is_told(aws: LocalAws, roles: dict[str, str]) -> None:
    queue = acting_in(aws, ACCOUNT, "sqs").create_queue(QueueName="ends")["QueueUrl"]
    detail = {"ProcessingJobName": [{"prefix": "mlops-monitor-1-"}], "ProcessingJobStatus": ["Completed"]}
    pattern = {"source": ["aws.sagemaker"], "detail": detail}
    rules = acting_in(aws, ACCOUNT, "events")
    rules.put_rule(Name="ends", EventPattern=json.dumps(pattern))
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:ends"
    principal = {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage"}
    policy = {"Version": "2012-10-17", "Statement": [{**principal, "Resource": arn}]}
    acting_in(aws, ACCOUNT, "sqs").set_queue_attributes(QueueUrl=queue, Attributes={"Policy": json.dumps(policy)})
    rules.put_targets(Rule="ends", Targets=[{"Id": "queue", "Arn": arn}])
    said = "open('/opt/ml/output/message', 'w').write"
    schedule(
        aws, roles, "told", f"import os; {said}('Completed: ' + os.environ['scheduled_time'])", "open('/dev/null')"
    )

    answer = requests.post(f"{aws.endpoint_url}/_monitoring/told", timeout=SECONDS)

    assert answer.status_code == 200, answer.text
    job = answer.json()
    assert job["ProcessingJobStatus"] == "Completed", job["FailureReason"]
    assert job["Environment"]["scheduled_time"].endswith("Z")
    assert job["ExitMessage"] == f"Completed: {job['Environment']['scheduled_time']}"
    assert "<aws" not in job["ProcessingJobName"]
    assert events.wait_idle(SECONDS)
    (message,) = acting_in(aws, ACCOUNT, "sqs").receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["detail"]["ProcessingJobName"] == job["ProcessingJobName"]


def test_a_role_starts_only_jobs_that_it_may(aws: LocalAws, roles: dict[str, str]) -> None:
    schedule(aws, roles, "others", "0", ProcessingJobName="mlops-monitor-2-<aws.scheduler.execution-id>")
    with pytest.raises(FiringFailedError, match="not authorized to perform: sagemaker:CreateProcessingJob"):
        monitor_runs.fire_scheduler("others")
    schedule(aws, roles, "passes", "0", RoleArn=roles["schedule"])
    with pytest.raises(FiringFailedError, match="not authorized to perform: iam:PassRole"):
        monitor_runs.fire_scheduler("passes")


def test_a_job_sends_metrics_only_under_its_namespace(aws: LocalAws, roles: dict[str, str]) -> None:
    for name, namespace, number, status in (
        ("own", "MLOps/Monitors", 1, "Completed"),
        ("long", "MLOps/Monitors", 900, "Completed"),
        ("foreign", "AWS/Lambda", 900, "Failed"),
    ):
        schedule(aws, roles, name, SEND.format(namespace, number))
        assert monitor_runs.fire_scheduler(name).status == status
    listed = acting_in(aws, ACCOUNT, "cloudwatch").list_metrics()["Metrics"]
    assert {one["Namespace"] for one in listed if one["MetricName"] == "a"} == {"MLOps/Monitors"}


def test_a_schedule_is_read_as_it_was_made(aws: LocalAws, roles: dict[str, str]) -> None:
    schedule(aws, roles, "read", "0")
    found = acting_in(aws, ACCOUNT, "scheduler").get_schedule(Name="read")
    assert found["Arn"] == f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule/default/read"
    assert (found["GroupName"], found["State"], found["ScheduleExpressionTimezone"]) == ("default", "ENABLED", "UTC")
    assert json.loads(found["Target"]["Input"])["RoleArn"] == roles["job"]
    assert (found["Target"]["Arn"], found["Target"]["RoleArn"]) == (TARGET, roles["schedule"])
    assert found["Target"]["RetryPolicy"] == {"MaximumEventAgeInSeconds": 86400, "MaximumRetryAttempts": 185}
    with pytest.raises(ClientError) as refused:
        acting_in(aws, ACCOUNT, "scheduler").get_schedule(Name="never-was")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.parametrize("name", ["ProcessingJobName", "AppSpecification", "RoleArn"])
def test_a_target_without_a_required_field_is_refused(aws: LocalAws, roles: dict[str, str], name: str) -> None:
    request = {"ProcessingJobName": "a", **python_request("0")}
    del request[name]
    with pytest.raises(ClientError, match=rf"missing the following field\(s\): {name}"):
        acting_in(aws, ACCOUNT, "scheduler").create_schedule(
            Name="lacking",
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": TARGET, "RoleArn": roles["schedule"], "Input": json.dumps(request)},
        )


def test_a_schedule_that_is_not_there_or_starts_no_job_says_so(aws: LocalAws, roles: dict[str, str]) -> None:
    url = f"{aws.endpoint_url}/_monitoring"
    assert requests.post(f"{url}/never-was", timeout=SECONDS).status_code == 404
    schedule(aws, roles, "paused", "0")
    scheduler = acting_in(aws, ACCOUNT, "scheduler")
    kept = {key: value for key, value in scheduler.get_schedule(Name="paused").items() if key in KEPT}
    scheduler.update_schedule(Name="paused", State="DISABLED", **kept)
    assert requests.post(f"{url}/paused", timeout=SECONDS).status_code == 409


KEPT = {"FlexibleTimeWindow", "ScheduleExpression", "Target"}
