# SPDX-License-Identifier: Apache-2.0
"""A monitor in the account of dev: what it finds there reaches the topic of the orchestrator's account."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scripts.cli.local_stack import LocalDeployment
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator, mlops_local

Until = Callable[[Callable[[], Any]], Any]
DEV = "111111111111"
FAILED = {"status": "Failed", "failure_reason": "AlgorithmError: no captured data"}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    with mlops_local(tmp_path_factory.mktemp("monitors"), "--option", "multi-account") as running:
        yield running


@pytest.fixture(scope="module")
def orchestrator(deployment: LocalDeployment) -> Orchestrator:
    return Orchestrator(deployment)


@pytest.fixture
def sagemaker(orchestrator: Orchestrator) -> Any:
    """SageMaker in the account of dev."""
    role = f"arn:aws:iam::{DEV}:role/tester"
    keys = orchestrator.client("sts").assume_role(RoleArn=role, RoleSessionName="tests")["Credentials"]
    aws = orchestrator.deployment.aws
    return aws.session.client(
        "sagemaker",
        region_name=aws.region,
        endpoint_url=aws.endpoint_url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def endpoint(sagemaker: Any, name: str) -> None:
    """An endpoint that this solution did not make (defect 73)."""
    image = f"{DEV}.dkr.ecr.us-east-1.amazonaws.com/own:1"
    sagemaker.create_model(
        ModelName=name, ExecutionRoleArn=f"arn:aws:iam::{DEV}:role/r", PrimaryContainer={"Image": image}
    )
    variant = {"VariantName": "v", "ModelName": name, "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    sagemaker.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)


def test_what_a_run_in_dev_says_reaches_people(orchestrator: Orchestrator, sagemaker: Any, until: Until) -> None:
    """Defect 81. With Clarify: the account of dev reads a configuration in the orchestrator's account."""
    endpoint(sagemaker, "berths-dev")
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    orchestrator.client("s3").put_object(Bucket=bucket, Key="baseline.csv", Body=b"label,a,b\n1,2,3\n0,3,4\n")
    subscriber = Subscriber(orchestrator, "monitors-multi")
    pipeline_id = orchestrator.provision(
        {
            "pipeline_type": "byom_model_explainability_monitor",
            "model_name": "berths",
            "endpoint_name": {stage: f"berths-{stage}" for stage in ("dev", "staging", "prod")},
            "baseline_data": "baseline.csv",
            "baseline_job_output_location": f"{bucket}/baselines",
            "data_capture_location": f"{bucket}/captured",
            "monitoring_output_location": f"{bucket}/reports",
            "schedule_expression": "cron(0 0/6 ? * * *)",
            "monitor_max_runtime_seconds": 1800,
            "instance_type": "ml.m5.large",
            "instance_volume_size": 20,
            "problem_type": "Regression",
            "monitor_inference_attribute": "0",
            "shap_config": {"num_clusters": 1},
        }
    )["pipeline_id"]

    def schedule() -> str | None:
        status = orchestrator.status(pipeline_id)
        assert not status.has_failed, status
        made = sagemaker.list_monitoring_schedules()["MonitoringScheduleSummaries"]
        return made[0]["MonitoringScheduleName"] if made else None

    name = until(schedule)
    assert name.startswith("berths-dev-modelexplainability-")
    # The rule that sends events on may be made after the schedule: an approval is asked for when the stack is there.
    until(lambda: "token" in json.dumps(orchestrator.deployment.api.status(pipeline_id).body))
    url = f"{orchestrator.deployment.aws.endpoint_url}/_monitoring/{name}?account={DEV}"
    status, body = orchestrator.deployment.api.client.post(url, json.dumps(FAILED).encode())
    assert status == 200, body
    message = subscriber.next_about("The explainability monitor of endpoint berths-dev could not do its run", until)
    assert FAILED["failure_reason"] in message
    assert f"Account: {DEV}" in message
