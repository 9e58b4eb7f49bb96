# SPDX-License-Identifier: Apache-2.0
"""What SageMaker is asked for by each kind of batch pipeline, field by field (compatibility 3.3, 3.4).

The blueprint is deployed by itself, with the values that the orchestrator plans: in the orchestrator's account, or in
that of a stage, whose model package and artifact are the orchestrator account's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest

from orchestrator.launch.settings import Launch
from scripts.local_aws.eventbridge import scheduler as scheduling
from scripts.local_aws.server import LocalAws
from tests.end_to_end import sharing
from tests.end_to_end.combinations import Combination, every_pair
from tests.end_to_end.deployed import ORCHESTRATOR, Deployed, launch_of
from tests.local_aws.stack_setting import ACCOUNTS, acting_in
from tests.orchestrator.training import tags

ASSETS: Final = "quayside-assets"
ARRIVALS: Final = "quayside-arrivals"
ARTIFACT: Final = "models/berths/model.tar.gz"
KMEANS: Final = "382416733822.dkr.ecr.us-east-1.amazonaws.com/kmeans:1"
"""The local AWS takes it and runs no process for it, which keeps these tests quick."""
OWN_IMAGE: Final = "444455556666.dkr.ecr.us-east-1.amazonaws.com/vision/hulls:7"
PACKAGE: Final = f"arn:aws:sagemaker:us-east-1:{ORCHESTRATOR}:model-package/berths/1"
KEY: Final = "arn:aws:kms:us-east-1:444455556666:key/1234abcd-12ab-34cd-56ef-1234567890ab"


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with LocalAws(accounts=ACCOUNTS) as aws:
        yield aws


@pytest.fixture(scope="module", autouse=True)
def assets(local_aws: LocalAws) -> None:
    """The artifact and the data in the orchestrator's account, and a model package."""
    s3 = acting_in(local_aws, ORCHESTRATOR, "s3")
    for bucket in (ASSETS, ARRIVALS):
        s3.create_bucket(Bucket=bucket)
        sharing.share_bucket(s3, bucket)
    s3.put_object(Bucket=ASSETS, Key=ARTIFACT, Body=b"never loaded")
    s3.put_object(Bucket=ARRIVALS, Key="2026/47.csv", Body=b"1,2\n")
    registry = acting_in(local_aws, ORCHESTRATOR, "sagemaker")
    registry.create_model_package_group(ModelPackageGroupName="berths")
    sharing.share_packages(registry, "berths")
    registry.create_model_package(
        ModelPackageGroupName="berths",
        InferenceSpecification={
            "Containers": [{"Image": KMEANS, "ModelDataUrl": f"s3://{ASSETS}/{ARTIFACT}"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )


@pytest.fixture
def launch() -> Launch:
    return launch_of(ASSETS)


def body_of(kind: str, *, registry: bool, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = {
        "pipeline_type": f"byom_batch_{kind}",
        "model_name": "Berths",
        "inference_instance": "ml.m5.large",
        "batch_inference_data": f"{ARRIVALS}/2026/",
        "batch_job_output_location": f"{ARRIVALS}/scored/",
        **more,
    }
    if registry:
        return {"model_package_name": PACKAGE, **body}
    image = {"custom_image_uri": OWN_IMAGE}
    framework = {"model_framework": "kmeans", "model_framework_version": "1"}
    return {**body, "model_artifact_location": ARTIFACT, **(image if kind == "custom" else framework)}


ASKED: Final = (
    *("ModelName", "MaxPayloadInMB", "BatchStrategy", "TransformInput", "TransformOutput", "TransformResources"),
    *("Environment", "MaxConcurrentTransforms", "DataCaptureConfig", "ExperimentConfig", "ModelClientConfig"),
)


def asked(job: dict[str, Any]) -> dict[str, Any]:
    """What of a job's description was asked for; the local AWS, like SageMaker, adds an empty key to the output."""
    request: dict[str, Any] = {key: job[key] for key in ASKED if key in job}
    if not request["TransformOutput"]["KmsKeyId"]:
        del request["TransformOutput"]["KmsKeyId"]
    return request


@every_pair
def test_sagemaker_is_asked_for_what_is_promised(local_aws: LocalAws, launch: Launch, combination: Combination) -> None:
    kind, registry, encrypted, stage = combination
    key = KEY if encrypted else ""
    launch = replace(launch, use_model_registry=registry, multi_account=stage is not None)
    body = body_of(kind, registry=registry, kms_key_arn=key)
    if stage:
        body["kms_key_arn"] = {"dev": "", "prod": "", stage: key}
        body["inference_instance"] = {"dev": "ml.c5.xlarge", "prod": "ml.c5.xlarge", stage: "ml.m5.large"}
    deployed = Deployed(local_aws, body, launch, stage)
    sagemaker, model = deployed.client("sagemaker"), deployed.outputs["SageMakerModelName"]
    name = deployed.outputs["BatchTransformJobName"]
    assert re.fullmatch(rf"{model.lower()}-batch-transform-[0-9a-f]{{8}}", name)
    job = sagemaker.describe_transform_job(TransformJobName=name)
    assert asked(job) == {
        "ModelName": model,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{ARRIVALS}/2026/"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
            "CompressionType": "None",
        },
        "TransformOutput": {
            "S3OutputPath": f"s3://{ARRIVALS}/scored",
            "Accept": "text/csv",
            "AssembleWith": "Line",
            **({"KmsKeyId": key} if key else {}),
        },
        "TransformResources": {
            "InstanceType": "ml.m5.large",
            "InstanceCount": 1,
            **({"VolumeKmsKeyId": key} if key else {}),
        },
    }
    container = sagemaker.describe_model(ModelName=model)["PrimaryContainer"]
    if registry:
        assert container["ModelPackageName"] == PACKAGE
    else:
        assert container["Image"] == (OWN_IMAGE if kind == "custom" else KMEANS)
        assert container["ModelDataUrl"] == f"s3://{ASSETS}/{ARTIFACT}"
    deployed.remove()


def test_a_schedule_sends_what_the_first_job_was_sent(local_aws: LocalAws, launch: Launch) -> None:
    """Options and all, with numbers as numbers, under a name of its own and as a role of the stack."""
    options = {
        "content_type": "application/jsonlines",
        "accept": "text/csv",
        "split_type": "None",
        "strategy": "SingleRecord",
        "max_payload_mb": 0,
        "instance_count": 2,
        "kms_key_arn": KEY,
        "schedule_expression": "rate(1 day)",
    }
    body = body_of("builtin", registry=False, **options)
    deployed = Deployed(local_aws, body, launch)
    sagemaker, scheduler = deployed.client("sagemaker"), deployed.client("scheduler")
    first = sagemaker.describe_transform_job(TransformJobName=deployed.outputs["BatchTransformJobName"])
    (listed,) = scheduler.list_schedules()["Schedules"]
    assert listed["Name"].startswith("mlops-pipeline-"), "the name by which the deployment role is limited"
    schedule = scheduler.get_schedule(Name=listed["Name"])
    assert schedule["ScheduleExpression"] == "rate(1 day)"
    names = [f"mlops-batch-{deployed.digits}-{scheduling.fire(listed['Name']).execution_id}" for _ in range(2)]
    repeated = [sagemaker.describe_transform_job(TransformJobName=name) for name in names]
    assert [asked(job) for job in repeated] == [asked(first)] * 2
    # Those of every pipeline; three more are of training alone.
    expected = tags(deployed.name, body)[3:]
    for job in (first, *repeated):
        assert sagemaker.list_tags(ResourceArn=job["TransformJobArn"])["Tags"] == expected
    assert asked(first) == {
        "ModelName": deployed.outputs["SageMakerModelName"],
        "BatchStrategy": "SingleRecord",
        "MaxPayloadInMB": 0,
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{ARRIVALS}/2026/"}},
            "ContentType": "application/jsonlines",
            "SplitType": "None",
            "CompressionType": "None",
        },
        "TransformOutput": {
            "S3OutputPath": f"s3://{ARRIVALS}/scored",
            "Accept": "text/csv",
            "AssembleWith": "Line",
            "KmsKeyId": KEY,
        },
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 2, "VolumeKmsKeyId": KEY},
    }
    deployed.remove()
    assert scheduler.list_schedules()["Schedules"] == []


def test_an_instance_with_local_storage_takes_no_key_for_its_volume(local_aws: LocalAws, launch: Launch) -> None:
    """Lesson 72."""
    body = body_of("custom", registry=False, kms_key_arn=KEY, inference_instance="ml.g4dn.xlarge")
    deployed = Deployed(local_aws, body, launch)
    name = deployed.outputs["BatchTransformJobName"]
    job = deployed.client("sagemaker").describe_transform_job(TransformJobName=name)
    assert "VolumeKmsKeyId" not in job["TransformResources"]
    assert job["TransformOutput"]["KmsKeyId"] == KEY
    deployed.remove()
