# SPDX-License-Identifier: Apache-2.0
"""`mlops destroy` on real stacks; the orchestrator's API answers what a test says."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from mlops_orchestrator.aws.api_client import Answer
from orchestrator.plan.stack_tags import RELEASE_TAG
from orchestrator.values import tags
from scripts.cli import connection
from scripts.cli.launching import destroying
from scripts.local_aws.server import LocalAws
from tests.cli.conftest import Mlops

_TEMPLATE = """
Parameters:
  ArtifactBucket: {Type: String, Default: the-artifacts}
Resources:
  Data: {Type: AWS::S3::Bucket, DeletionPolicy: Retain, Properties: {BucketName: kept-data}}
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !GetAtt Data.Arn}}
"""
_ANY = "Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {}}}"


class Api:
    """An orchestrator that deletes the stacks of pipelines that it knows, or fails for those in `failing`."""

    def __init__(self, *failing: str, known: bool = True) -> None:
        self._failing, self._known = failing, known
        self._cloudformation = boto3.client("cloudformation")
        self.deleted: list[str] = []

    def details(self, pipeline_id: str) -> Answer:
        there = [one["StackName"] for one in self._cloudformation.describe_stacks()["Stacks"]]
        if pipeline_id not in there or not self._known:
            return Answer(404, {"message": "There is no such pipeline."})
        failure = "The bucket is not empty." if pipeline_id in {*self._failing} & {*self.deleted} else ""
        told = {"pipeline_id": pipeline_id, "pipeline_stack_name": pipeline_id, "stack_status": "CREATE_COMPLETE"}
        return Answer(200, {**told, "stack": None, "stages": [], "deletion": {"failure": failure}})

    def delete(self, pipeline_id: str) -> Answer:
        self.deleted.append(pipeline_id)
        if pipeline_id not in self._failing:
            self._cloudformation.delete_stack(StackName=pipeline_id)
        return Answer(202, {"message": f"The deletion of pipeline {pipeline_id} has begun."})


@pytest.fixture(scope="module")
def running() -> Iterator[LocalAws]:
    with LocalAws(accounts={"dev": "111111111111"}) as local:
        yield local


@pytest.fixture(autouse=True)
def _environment(running: LocalAws, monkeypatch: pytest.MonkeyPatch) -> None:
    """What `mlops local` tells to export."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", running.endpoint_url)
    monkeypatch.setenv("AWS_REGION", running.region)
    monkeypatch.setenv("AWS_DEFAULT_REGION", running.region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")


@pytest.fixture
def cloudformation(_environment: None) -> Iterator[Any]:
    """CloudFormation, without any stack in the end."""
    client = boto3.client("cloudformation")
    yield client
    for stack in client.describe_stacks()["Stacks"]:
        client.delete_stack(StackName=stack["StackName"])
        client.get_waiter("stack_delete_complete").wait(StackName=stack["StackName"], WaiterConfig={"Delay": 0.1})


def _root(cloudformation: Any, name: str) -> None:
    _stack(cloudformation, name, template=_TEMPLATE.replace("kept-data", f"kept-data-{name}"))


def _stack(cloudformation: Any, name: str, template: str = _ANY, **stack_tags: str) -> str:
    listed = [{"Key": key, "Value": value} for key, value in stack_tags.items()]
    cloudformation.create_stack(StackName=name, TemplateBody=template, Tags=listed)
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})
    return name


def _pipeline(cloudformation: Any, root: str, label: str) -> str:
    name = f"mlops-pipeline-{label}-byompipelinerealtimebuiltin-codepipeline"
    return _stack(cloudformation, name, **{RELEASE_TAG: "some/release", tags.APPLICATION: root})


def _names(cloudformation: Any) -> set[str]:
    return {stack["StackName"] for stack in cloudformation.describe_stacks()["Stacks"]}


def _use(monkeypatch: pytest.MonkeyPatch, api: Api) -> Api:
    monkeypatch.setattr(connection, "orchestrator_api", lambda *_: api)
    return api


def test_destroy_deletes_and_names_what_stays(cloudformation: Any, mlops: Mlops) -> None:
    _root(cloudformation, "root")
    ended = mlops("destroy", "--stack-name", "root", "--yes", "--json")

    assert ended.status == 0
    kept = {one["name"]: one for one in ended.documents[-1]["kept"]}
    assert kept.keys() == {"kept-data-root", "the-artifacts"}
    assert (kept["kept-data-root"]["resource"], kept["kept-data-root"]["type"]) == ("Data", "AWS::S3::Bucket")
    assert "aws s3api delete-bucket --bucket kept-data-root" in kept["kept-data-root"]["delete"]
    assert "kept-data-root" in [bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]]
    assert not boto3.client("sns").list_topics()["Topics"]
    again = mlops("destroy", "--stack-name", "root", "--yes")
    assert (again.status, "nothing to delete" in again.out) == (0, True)


def test_destroy_shows_a_person_what_goes_and_what_stays(cloudformation: Any, mlops: Mlops) -> None:
    _root(cloudformation, "shown")
    ended = mlops("destroy", "--stack-name", "shown", "--yes")

    assert ended.status == 0
    assert "Delete shown: 1 resources" in ended.out
    staying = ended.out.partition("2 resources hold data or serve others, and stay")[2]
    assert "aws s3api delete-bucket --bucket kept-data-shown" in staying


def test_destroy_is_refused_while_pipelines_exist(cloudformation: Any, mlops: Mlops) -> None:
    _root(cloudformation, "needed")
    name = _pipeline(cloudformation, "needed", "x")
    ended = mlops("destroy", "--stack-name", "needed", "--yes", "--json")

    assert ended.status == 1
    assert name in ended.documents[0]["error"]["message"]
    assert "--pipelines" in ended.documents[0]["error"]["message"]
    assert _names(cloudformation) == {"needed", name}


def test_stacks_of_others_neither_block_nor_go(cloudformation: Any, mlops: Mlops) -> None:
    """The earlier solution gave its stacks the same names."""
    _root(cloudformation, "alone")
    foreign = _stack(cloudformation, "mlops-pipeline-old-byompipelinerealtimebuiltin")
    other = _pipeline(cloudformation, "another-root", "y")
    ended = mlops("destroy", "--stack-name", "alone", "--yes")

    assert ended.status == 0
    assert f"Not made by alone, and left as they are: {foreign}, {other}." in ended.out
    assert _names(cloudformation) == {foreign, other}


def test_all_pipelines_go_before_the_root_stack(
    cloudformation: Any, mlops: Mlops, monkeypatch: pytest.MonkeyPatch
) -> None:
    _root(cloudformation, "full")
    names = [_pipeline(cloudformation, "full", f"p{number}") for number in range(destroying._AT_ONCE + 2)]
    api = _use(monkeypatch, Api())
    ended = mlops("destroy", "--stack-name", "full", "--pipelines", "--yes", "--json")

    assert ended.status == 0
    assert sorted(api.deleted) == sorted(names)
    assert _names(cloudformation) == set()
    told = [document.get("status") for document in ended.documents]
    assert told.count("DELETED") == len(names)
    last = len(told) - 1 - told[::-1].index("DELETED")
    assert all(document.get("resource") != "Topic" for document in ended.documents[:last])


def test_a_pipeline_that_cannot_go_stops_it_and_it_goes_on_later(
    cloudformation: Any, mlops: Mlops, monkeypatch: pytest.MonkeyPatch
) -> None:
    _root(cloudformation, "stuck")
    names = [_pipeline(cloudformation, "stuck", f"s{number}") for number in range(destroying._AT_ONCE + 1)]
    api = _use(monkeypatch, Api(names[0]))
    command = ("destroy", "--stack-name", "stuck", "--pipelines", "--yes")
    ended = mlops(*command)

    assert ended.status == 1
    assert "The bucket is not empty." in ended.out
    assert "go on: mlops destroy --pipelines --stack-name stuck\n" in ended.err
    assert {"stuck", names[0]} <= _names(cloudformation)
    assert {*api.deleted} < {*names}, "none was begun after the failure"

    _use(monkeypatch, Api())
    assert mlops(*command).status == 0
    assert _names(cloudformation) == set()


def test_what_a_lost_pipeline_deployed_goes_too(
    cloudformation: Any, mlops: Mlops, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody deleted the pipeline's stack by hand: the API does not know what it deployed."""
    _root(cloudformation, "leftover")
    _stack(cloudformation, "mlops-pipeline-z-byompipelinerealtimebuiltin", **{tags.APPLICATION: "leftover"})
    _use(monkeypatch, Api(known=False))
    ended = mlops("destroy", "--stack-name", "leftover", "--pipelines", "--yes")

    assert (ended.status, _names(cloudformation)) == (0, set())


def test_stack_sets_of_a_lost_pipeline_are_named(
    cloudformation: Any, mlops: Mlops, monkeypatch: pytest.MonkeyPatch
) -> None:
    parameters = "Parameters:\n  DelegatedAdminAccount: {Type: String, Default: 'No'}\n  ArtifactBucket:"
    _stack(cloudformation, "staged", template=_TEMPLATE.replace("Parameters:\n  ArtifactBucket:", parameters))
    name = "mlops-pipeline-w-byompipelinerealtimebuiltin-dev-0123abcd"
    managed = {"TemplateBody": _ANY, "PermissionModel": "SERVICE_MANAGED", "AutoDeployment": {"Enabled": False}}
    listed = [{"Key": tags.APPLICATION, "Value": "staged"}]
    cloudformation.create_stack_set(StackSetName=name, Tags=listed, **managed)
    cloudformation.create_stack_set(StackSetName="mlops-pipeline-foreign", **managed)
    _use(monkeypatch, Api(known=False))
    ended = mlops("destroy", "--stack-name", "staged", "--pipelines", "--yes")

    assert ended.status == 1
    assert f"the StackSets {name} belong to pipelines whose own stacks are gone" in ended.err
    assert _names(cloudformation) == {"staged"}


def test_a_deletion_under_way_is_followed(cloudformation: Any, mlops: Mlops) -> None:
    _root(cloudformation, "leaving")
    cloudformation.delete_stack(StackName="leaving")
    assert mlops("destroy", "--stack-name", "leaving", "--yes").status == 0
    assert _names(cloudformation) == set()


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_role_is_handed_to_cloudformation(cloudformation: Any, mlops: Mlops) -> None:
    _root(cloudformation, "by-role")
    arn = cloudformation.describe_stacks(StackName="by-role")["Stacks"][0]["StackId"]
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "cloudformation.amazonaws.com"}}
    iam, topics = boto3.client("iam"), {"Effect": "Allow", "Action": "sns:*", "Resource": "*"}
    role = iam.create_role(RoleName="deployer", AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="deployer", PolicyName="Topics", PolicyDocument=_policy(topics))
    assert mlops("destroy", "--stack-name", "by-role", "--yes", "--role-arn", "deployer").status == 2
    assert mlops("destroy", "--stack-name", "by-role", "--yes", "--role-arn", role).status == 0
    assert cloudformation.describe_stacks(StackName=arn)["Stacks"][0]["RoleARN"] == role
