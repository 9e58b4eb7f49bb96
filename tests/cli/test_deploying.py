# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from scripts import artifact_bucket
from scripts.artifacts import DEFAULT_PREFIX
from scripts.local_aws.server import LocalAws
from tests.cli.conftest import Mlops

# One local AWS serves all tests of the module.
pytestmark = pytest.mark.xdist_group("cli-deploying")

_TEMPLATE = """
Resources:
  Data: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {BucketName: kept-data}}
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Data.Arn}}
"""


@pytest.fixture(scope="module")
def running() -> Iterator[LocalAws]:
    with LocalAws() as local:
        yield local


@pytest.fixture(autouse=True)
def _environment(running: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `mlops local` tells to export."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", running.endpoint_url)
    monkeypatch.setenv("AWS_REGION", running.region)
    monkeypatch.setenv("AWS_DEFAULT_REGION", running.region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")


def _made(cloudformation: Any, name: str) -> None:
    cloudformation.create_stack(StackName=name, TemplateBody=_TEMPLATE.replace("kept-data", f"kept-data-{name}"))
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})


def test_destroy_deletes_and_names_what_stays(mlops: Mlops) -> None:
    _made(boto3.client("cloudformation"), "root")
    ended = mlops("destroy", "--stack-name", "root", "--yes", "--json")

    assert ended.status == 0
    assert ended.documents[-1]["kept"] == [{"resource": "Data", "type": "AWS::S3::Bucket", "name": "kept-data-root"}]
    assert "kept-data-root" in [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
    assert not boto3.client("sns").list_topics()["Topics"]


def test_destroy_shows_a_person_what_goes_and_what_stays(mlops: Mlops) -> None:
    _made(boto3.client("cloudformation"), "shown")
    ended = mlops("destroy", "--stack-name", "shown", "--yes")

    assert ended.status == 0
    assert "Delete shown: 1 resources" in ended.out
    assert "1 resources hold data and stay" in ended.out


def test_destroy_is_refused_while_pipelines_exist(mlops: Mlops) -> None:
    cloudformation = boto3.client("cloudformation")
    _made(cloudformation, "needed")
    _made(cloudformation, "mlops-pipeline-x-codepipeline")
    ended = mlops("destroy", "--stack-name", "needed", "--yes", "--json")

    assert ended.status == 1
    assert "mlops-pipeline-x-codepipeline" in ended.documents[0]["error"]
    assert cloudformation.describe_stacks(StackName="needed")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"


def test_published_version_can_be_launched_by_a_link(running: LocalAws, mlops: Mlops) -> None:
    s3 = boto3.client("s3")
    artifact_bucket.ensure(s3, "published", running.region, "aws")
    ended = mlops("publish", "--bucket", "published", "--json")

    assert ended.status == 0
    (answer,) = ended.documents
    assert answer["prefix"] == f"{DEFAULT_PREFIX}/{answer['version']}"
    template = s3.get_object(Bucket="published", Key=f"{answer['prefix']}/mlops-orchestrator-single-account.yaml")
    assert f'Default: "{answer["prefix"]}"'.encode() in template["Body"].read()
    assert f"published.s3.us-east-1.amazonaws.com%2F{DEFAULT_PREFIX}" in answer["launch"]["single-account"]
