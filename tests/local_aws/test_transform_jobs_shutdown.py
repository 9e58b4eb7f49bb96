# SPDX-License-Identifier: Apache-2.0
"""Transform jobs and the end of the local AWS; each test starts and stops one of its own."""

from __future__ import annotations

import threading
from typing import Any

import boto3
from moto.sagemaker.models import sagemaker_backends

from scripts import demo_model
from scripts.local_aws import xgboost_host
from scripts.local_aws.server import LocalAws
from tests.local_aws.serving import ACCOUNT, ARTIFACT, BUCKET, csv_of, make_model


def client(aws: LocalAws, service: str) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": aws.region}
    return boto3.session.Session(**keys).client(service, endpoint_url=aws.endpoint_url)


def start_long_job(aws: LocalAws) -> None:
    trained = demo_model.train()
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=ARTIFACT.rpartition("/")[2], Body=demo_model.package(trained))
    s3.put_object(Bucket=BUCKET, Key="long.csv", Body=f"{csv_of(trained, 100)}\n" * 1000)
    make_model(client(aws, "sagemaker"))
    client(aws, "sagemaker").create_transform_job(
        TransformJobName="long",
        ModelName="Model",
        BatchStrategy="SingleRecord",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/long.csv"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
        },
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/out"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("transform job")]


def test_a_running_job_ends_with_the_local_aws_and_the_next_one_starts_empty() -> None:
    with LocalAws() as aws:
        start_long_job(aws)
        assert threads() == ["transform job long"]
        job = sagemaker_backends[ACCOUNT][aws.region].transform_jobs["long"]
    assert job.status == "Stopped"
    assert threads() == []
    assert xgboost_host.running() == []
    with LocalAws() as aws:
        assert client(aws, "sagemaker").list_transform_jobs()["TransformJobSummaries"] == []
        start_long_job(aws)
        described = client(aws, "sagemaker").describe_transform_job(TransformJobName="long")
        assert described["TransformJobStatus"] == "InProgress"
