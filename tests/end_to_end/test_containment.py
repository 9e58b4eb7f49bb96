# SPDX-License-Identifier: Apache-2.0
"""Code in a container has its pipeline's role. What it writes is never deployed by somebody more powerful."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from scripts import paths
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
DEPLOYED = "mlops-pipeline-contained-byompipelinerealtimebuiltin"
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
ADMINISTRATOR = f"""\
Resources:
  Administrator:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{{Effect: Allow, Action: sts:AssumeRole, Principal: {{AWS: "*"}}}}]
      Policies:
      - PolicyName: Everything
        PolicyDocument: {{Version: "2012-10-17", Statement: [{json.dumps(EVERYTHING)}]}}
"""
BLUEPRINT, PIPELINE = "blueprints/realtime_inference.yaml", "pipelines/single_account_codepipeline.yaml"


@pytest.fixture
def published(orchestrator: Orchestrator) -> tuple[str, str]:
    """Bucket and prefix of the release that was launched."""
    name = orchestrator.deployment.stack_name
    (stack,) = orchestrator.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    given = {entry["ParameterKey"]: entry["ParameterValue"] for entry in stack["Parameters"]}
    return given["ArtifactBucket"], given["ArtifactPrefix"]


@pytest.fixture
def planted(orchestrator: Orchestrator, published: tuple[str, str]) -> Iterator[None]:
    """A blueprint with an administrator's role, where releases once read it."""
    s3, (bucket, prefix) = orchestrator.client("s3"), published
    template = (paths.TEMPLATES / BLUEPRINT).read_text().replace("Resources:\n", ADMINISTRATOR, 1)
    assert ADMINISTRATOR in template
    s3.put_object(Bucket=bucket, Key=f"{prefix}/{BLUEPRINT}", Body=template)
    yield
    s3.delete_object(Bucket=bucket, Key=f"{prefix}/{BLUEPRINT}")


def as_pipeline(orchestrator: Orchestrator) -> Any:
    """S3 as the model's container sees it, with a role that a location had given the widest reach."""
    (role,) = (name for name in policies(orchestrator) if name.startswith(f"{DEPLOYED[:30]}") and "SageMaker" in name)
    document = {"Version": "2012-10-17", "Statement": [{**EVERYTHING, "Action": "s3:*"}]}
    iam = orchestrator.client("iam")
    iam.put_role_policy(RoleName=role, PolicyName="AnyLocation", PolicyDocument=json.dumps(document))
    arn = iam.get_role(RoleName=role)["Role"]["Arn"]
    keys = orchestrator.client("sts").assume_role(RoleArn=arn, RoleSessionName="container")["Credentials"]
    aws = orchestrator.deployment.aws
    return boto3.client(
        "s3",
        region_name=aws.region,
        endpoint_url=aws.endpoint_url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def policies(orchestrator: Orchestrator) -> dict[str, list[Any]]:
    """The inline policies of every role of pipelines, by its name."""
    iam = orchestrator.client("iam")
    pages = iam.get_paginator("list_roles").paginate()
    roles = [role["RoleName"] for page in pages for role in page["Roles"] if role["RoleName"].startswith("mlops-pipe")]
    return {
        role: [
            iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
        ]
        for role in roles
    }


@pytest.mark.usefixtures("planted")
def test_whatever_lies_in_the_buckets_the_release_is_deployed_and_no_pipeline_changes_it(
    orchestrator: Orchestrator, published: tuple[str, str], subscriber: Subscriber, until: Until
) -> None:
    pipeline_id = orchestrator.provisioned(orchestrator.request("contained"))
    cloudformation = orchestrator.client("cloudformation")
    for stack, path in ((DEPLOYED, BLUEPRINT), (pipeline_id, PIPELINE)):
        body = cloudformation.get_template(StackName=stack, TemplateStage="Original")["TemplateBody"]
        assert body == (paths.TEMPLATES / path).read_text(), path
    assert [role for role, found in policies(orchestrator).items() if EVERYTHING in sum_of_statements(found)] == []

    admin, s3, (bucket, prefix) = orchestrator.client("s3"), as_pipeline(orchestrator), published
    outputs = orchestrator.deployment.outputs
    s3.put_object(Bucket=outputs["AssetsBucketName"], Key="captured/contained/anything", Body=b"")
    launched = [found["Key"] for found in admin.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]
    assert f"{prefix}/orchestrator.zip" in launched
    packages = (outputs["PipelinesBucketName"], f"provisioned/{DEPLOYED}/template.zip")
    for place, key in (*((bucket, key) for key in launched), packages):
        for attempt in (s3.put_object, s3.delete_object):
            assert refused(attempt, Bucket=place, Key=key), f"{attempt.__name__} {key}"
    assert refused(s3.put_bucket_policy, Bucket=bucket, Policy='{"Version": "2012-10-17", "Statement": []}')
    assert refused(s3.delete_bucket_policy, Bucket=outputs["PipelinesBucketName"])

    for place in (bucket, packages[0]):
        assert until(partial(is_told, subscriber, place))


def is_told(subscriber: Subscriber, bucket: str) -> bool:
    """Whether the operator has heard of an attempt on a bucket; which of several is told first is nobody's promise."""
    refusals = [text for text in subscriber.all_heard() if "tried to change a bucket" in text]
    return any(re.search(rf"^What: [A-Z]\w+ {bucket}\b", text, re.MULTILINE) for text in refusals)


def test_no_request_names_a_bucket_of_the_solution_but_that_of_assets(
    orchestrator: Orchestrator, published: tuple[str, str]
) -> None:
    """What lies in them is deployed or believed."""
    resources = orchestrator.resources(orchestrator.deployment.stack_name)
    made = {one["PhysicalResourceId"] for one in resources if one["ResourceType"] == "AWS::S3::Bucket"}
    reserved = {published[0], *made} - {orchestrator.deployment.outputs["AssetsBucketName"]}
    assert len(reserved) == 4
    for bucket in reserved:
        request = orchestrator.request("reserved", data_capture_location=f"{bucket}/x")
        answer = orchestrator.deployment.api.provision(request)
        assert answer.status == 400, bucket
        (problem,) = answer.body["errors"]
        assert problem["key"] == "data_capture_location"
        assert problem["problem"].startswith(f"must not lie in {bucket}, a bucket of the orchestrator itself")


def sum_of_statements(documents: list[Any]) -> list[Any]:
    return [statement for document in documents for statement in document["Statement"]]


def refused(attempt: Any, **what: Any) -> bool:
    """Whether S3 answers that this may not be."""
    try:
        attempt(**what)
    except ClientError as error:
        return error.response["Error"]["Code"] == "AccessDenied"
    return False
