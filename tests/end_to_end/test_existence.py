# SPDX-License-Identifier: Apache-2.0
"""What is not there is told before anything is made: the deployed orchestrator looks, under its own role."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import pytest

from scripts.launch.local_deployment import LocalDeployment
from tests.end_to_end.prepared import PreparedDeployment
from tests.end_to_end.users import Orchestrator

ELSEWHERE: Final = "444455556666"


def bare(orchestrator: Orchestrator, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
    """Send a request whose things nobody has made."""
    deployment = orchestrator.deployment
    assert isinstance(deployment, PreparedDeployment)
    answer = deployment.bare_api.provision(request)
    return answer.status, answer.body


@pytest.fixture
def account(deployment: LocalDeployment) -> str:
    return deployment.aws.account


def batch(orchestrator: Orchestrator, model_name: str, **changes: Any) -> dict[str, Any]:
    return orchestrator.request(
        model_name,
        pipeline_type="byom_batch_custom",
        data_capture_location=None,
        model_framework=None,
        model_framework_version=None,
        **{
            "custom_image_uri": f"{ELSEWHERE}.dkr.ecr.us-east-1.amazonaws.com/vision/hulls:7",
            "batch_inference_data": "absent-arrivals/2026/week-47.csv",
            "batch_job_output_location": "absent-forecasts/week-47",
            **changes,
        },
    )


def test_five_things_that_do_not_exist_are_five_problems_and_nothing_is_made(
    orchestrator: Orchestrator, account: str
) -> None:
    pipelines = orchestrator.pipelines()
    request = batch(
        orchestrator,
        "absent-five",
        model_artifact_location="models/absent/model.tar.gz",
        custom_image_uri=f"{account}.dkr.ecr.us-east-1.amazonaws.com/absent:7",
        kms_key_arn=f"arn:aws:kms:us-east-1:{account}:key/8c2d7e10-5b3f-4a61-9f27-0d4c6b1e93aa",
    )
    status, body = bare(orchestrator, request)
    assert status == HTTPStatus.BAD_REQUEST, body
    assert [error["key"] for error in body["errors"]] == [
        *("model_artifact_location", "kms_key_arn", "batch_inference_data", "batch_job_output_location"),
        "custom_image_uri",
    ]
    assert body["message"] == "Bad request: 5 problems. Nothing was created."
    assert orchestrator.pipelines() <= pipelines


def test_what_another_account_does_not_show_is_a_warning(orchestrator: Orchestrator) -> None:
    key = f"arn:aws:kms:us-east-1:{ELSEWHERE}:key/8c2d7e10-5b3f-4a61-9f27-0d4c6b1e93aa"
    request = batch(orchestrator, "absent-elsewhere", kms_key_arn=key, dry_run=True)
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    places = {"batch_inference_data": f"{bucket}/models/", "batch_job_output_location": f"{bucket}/forecasts"}
    status, body = bare(orchestrator, {**request, **places})
    assert status == HTTPStatus.OK, body
    assert [warning.partition(":")[0] for warning in body["warnings"]] == ["kms_key_arn", "custom_image_uri"]
    assert all("could not be looked up" in warning for warning in body["warnings"])


def test_a_source_a_repository_and_a_secret(orchestrator: Orchestrator, account: str) -> None:
    builder = {
        "pipeline_type": "byom_image_builder",
        "custom_algorithm_docker": "images/absent.zip",
        "ecr_repo_name": "absent",
        "image_tag": "absent",
        "registry_credentials_secret_arn": f"arn:aws:secretsmanager:us-east-1:{account}:secret:mlops/absent-AbCdEf",
    }
    status, body = bare(orchestrator, builder)
    assert status == HTTPStatus.BAD_REQUEST, body
    assert [error["key"] for error in body["errors"]] == [
        *("custom_algorithm_docker", "ecr_repo_name", "registry_credentials_secret_arn"),
    ]


def test_a_monitor_without_endpoint_baseline_and_network(orchestrator: Orchestrator) -> None:
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    monitor = {
        "pipeline_type": "byom_data_quality_monitor",
        "model_name": "absent-watch",
        "endpoint_name": "absent-live",
        "baseline_data": "absent.csv",
        "baseline_job_output_location": f"{bucket}/baseline",
        "data_capture_location": f"{bucket}/captured",
        "monitoring_output_location": f"{bucket}/reports",
        "schedule_expression": "cron(0 * ? * * *)",
        "monitor_max_runtime_seconds": 1800,
        "instance_type": "ml.m5.large",
        "instance_volume_size": 20,
        "subnets": ["subnet-0a1b2c3d"],
        "security_group_ids": ["sg-0a1b2c3d"],
    }
    status, body = bare(orchestrator, monitor)
    assert status == HTTPStatus.BAD_REQUEST, body
    assert {error["key"] for error in body["errors"]} == {
        *("endpoint_name", "baseline_data", "subnets", "security_group_ids"),
    }


def test_a_group_that_a_model_shall_be_registered_in(orchestrator: Orchestrator) -> None:
    training = {
        "pipeline_type": "model_autopilot_training",
        "model_name": "absent-training",
        "training_data": "absent/train.csv",
        "target_attribute": "y",
        "job_output_location": "training/output",
        "register": {"model_package_group_name": "absent-models"},
    }
    status, body = bare(orchestrator, training)
    assert status == HTTPStatus.BAD_REQUEST, body
    assert [error["key"] for error in body["errors"]] == ["register.model_package_group_name", "training_data"]


def test_vpc_endpoints_of_a_private_api(orchestrator: Orchestrator) -> None:
    ec2 = orchestrator.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.49.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3")
    bucket = made["VpcEndpoint"]["VpcEndpointId"]
    absent = "vpce-0a1b2c3d4e5f67890"
    api = {"vpc_endpoints": [bucket, absent]}
    status, body = bare(orchestrator, orchestrator.request("absent-endpoints", inference_api=api, dry_run=True))
    assert status == HTTPStatus.BAD_REQUEST, body
    problem = {error["key"]: error["problem"] for error in body["errors"]}["inference_api.vpc_endpoints"]
    assert problem == (
        f"there is no VPC endpoint {absent} in this account and Region; "
        f"must be for execute-api, by which APIs are called: {bucket} is for com.amazonaws.us-east-1.s3"
    )
