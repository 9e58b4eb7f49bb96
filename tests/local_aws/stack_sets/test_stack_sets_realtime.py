# SPDX-License-Identifier: Apache-2.0
"""The real-time blueprint as a stack instance: it serves in its own account what it reads from the orchestrator's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from mlops_orchestrator.aws.api_addresses import local_url
from orchestrator.plan import function_code
from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.local_aws import identity
from scripts.local_aws.sagemaker import install as sagemaker
from scripts.local_aws.server import LocalAws
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.serving import IMAGE, csv_of
from tests.local_aws.stack_setting import (
    ACCOUNTS,
    acting_in,
    create,
    ended,
    organization_of,
    outcome,
    parameters,
    targets,
)
from tests.local_aws.waiting import SECONDS

BLUEPRINT = Path(__file__).parents[3] / "templates/blueprints/realtime_inference.yaml"
STAGING = ACCOUNTS["staging"]
ROWS = 8


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with LocalAws(accounts=ACCOUNTS, enforce_iam=False) as aws:
        yield aws


@pytest.fixture(scope="module")
def outputs(local_aws: LocalAws, client: ClientFactory, trained: TrainedModel) -> dict[str, str]:
    """The outputs of the blueprint's stack in the staging account."""
    client("s3").create_bucket(Bucket="orchestrator-assets")
    client("s3").put_object(Bucket="orchestrator-assets", Key="model.tar.gz", Body=demo_model.package(trained))
    code = function_code.archive("orchestrator-assets", "serving", "inference")
    client("s3").put_object(Bucket=code.bucket, Key=code.key, Body=code.content)
    cloudformation = client("cloudformation")
    values = parameters(
        ModelName="churn",
        ApiCode=f"{code.bucket},{code.key}",
        AssetsBucket="orchestrator-assets",
        ModelArtifactLocation="model.tar.gz",
        ImageUri=IMAGE,
        InferenceInstance="ml.m5.large",
        DataCaptureLocation="orchestrator-assets/captured",
    )
    create(
        cloudformation, "serving", BLUEPRINT.read_text("utf-8"), Parameters=values,
        Capabilities=["CAPABILITY_NAMED_IAM"], CallAs="DELEGATED_ADMIN",
    )  # fmt: skip
    unit = organization_of(local_aws).units["staging"]
    operation_id = cloudformation.create_stack_instances(
        StackSetName="serving", DeploymentTargets=targets(unit, STAGING), Regions=["us-east-1"]
    )["OperationId"]
    status = ended(cloudformation, "serving", operation_id)
    assert (status, outcome(cloudformation, "serving", operation_id)) == ("SUCCEEDED", {STAGING: ("SUCCEEDED", "")})
    [stack] = acting_in(local_aws, STAGING, "cloudformation").describe_stacks()["Stacks"]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def predictions(answer: Any) -> list[float]:
    return [float(number) for number in str(answer).replace("\n", ",").split(",") if number]


def test_the_endpoint_is_in_the_target_account_only(
    local_aws: LocalAws, client: ClientFactory, outputs: dict[str, str]
) -> None:
    found = acting_in(local_aws, STAGING, "sagemaker").describe_endpoint(EndpointName=outputs["SageMakerEndpointName"])
    assert (found["EndpointStatus"], found["EndpointArn"].split(":")[4]) == ("InService", STAGING)
    assert client("sagemaker").list_endpoints()["Endpoints"] == []
    assert acting_in(local_aws, ACCOUNTS["dev"], "sagemaker").list_endpoints()["Endpoints"] == []


def test_the_endpoint_predicts_with_the_artifact_of_the_orchestrator_account(
    local_aws: LocalAws, trained: TrainedModel, outputs: dict[str, str]
) -> None:
    answer = acting_in(local_aws, STAGING, "sagemaker-runtime").invoke_endpoint(
        EndpointName=outputs["SageMakerEndpointName"], ContentType="text/csv", Body=csv_of(trained, ROWS)
    )
    expected = demo_model.predict(trained, trained.holdout_rows[:ROWS])
    assert predictions(answer["Body"].read().decode()) == pytest.approx(expected, abs=1e-5)


def test_the_api_of_the_target_account_predicts(
    local_aws: LocalAws, trained: TrainedModel, outputs: dict[str, str]
) -> None:
    url = local_url(outputs["InferenceApiUrl"], local_aws.endpoint_url)
    body = json.dumps({"payload": csv_of(trained, ROWS), "content_type": "text/csv"})
    keys = identity.current().credentials(f"arn:aws:iam::{STAGING}:role/caller")
    request = AWSRequest("POST", url, data=body, headers={"Content-Type": "application/json"})
    signer = Credentials(keys.aws_access_key_id, keys.aws_secret_access_key, keys.aws_session_token)
    SigV4Auth(signer, "execute-api", "us-east-1").add_auth(request)
    answer = requests.post(url, data=body, headers=dict(request.headers), timeout=SECONDS)
    assert answer.status_code == 200, answer.text
    expected = demo_model.predict(trained, trained.holdout_rows[:ROWS])
    assert predictions(answer.text.strip('"')) == pytest.approx(expected, abs=1e-5)


def test_what_the_endpoint_captures_reaches_the_bucket_of_the_orchestrator_account(
    client: ClientFactory, local_aws: LocalAws, trained: TrainedModel, outputs: dict[str, str]
) -> None:
    acting_in(local_aws, STAGING, "sagemaker-runtime").invoke_endpoint(
        EndpointName=outputs["SageMakerEndpointName"], ContentType="text/csv", Body=csv_of(trained, 1)
    )
    assert sagemaker.flush_captures()
    found = client("s3").list_objects_v2(Bucket="orchestrator-assets", Prefix="captured/")
    assert any(outputs["SageMakerEndpointName"] in item["Key"] for item in found.get("Contents", []))


def test_a_model_package_of_the_orchestrator_account_is_found_by_its_arn(
    local_aws: LocalAws, client: ClientFactory, outputs: dict[str, str]
) -> None:
    registry = client("sagemaker")
    registry.create_model_package_group(ModelPackageGroupName="models")
    container = {"Image": IMAGE, "ModelDataUrl": "s3://orchestrator-assets/model.tar.gz"}
    arn = registry.create_model_package(
        ModelPackageGroupName="models",
        InferenceSpecification={
            "Containers": [container], "SupportedContentTypes": ["text/csv"], "SupportedResponseMIMETypes": ["text/csv"]
        },
    )["ModelPackageArn"]  # fmt: skip
    staging = acting_in(local_aws, STAGING, "sagemaker")
    role = f"arn:aws:iam::{STAGING}:role/model"
    staging.create_model(ModelName="packaged", ExecutionRoleArn=role, PrimaryContainer={"ModelPackageName": arn})
    assert staging.describe_model(ModelName="packaged")["ModelArn"].split(":")[4] == STAGING
    missing = {"ModelPackageName": f"{arn}7"}
    with pytest.raises(ClientError, match="not found"):
        staging.create_model(ModelName="lost", ExecutionRoleArn=role, PrimaryContainer=missing)
