# SPDX-License-Identifier: Apache-2.0
"""Launches of a small root template: tags, roles, buckets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from mlops_orchestrator.aws import aws_access, stack_following
from mlops_orchestrator.aws.aws_access import Aws
from scripts.launch import artifact_bucket, deployment, launch
from scripts.launch.launch import Launching
from scripts.launch.launch_parameters import LaunchParameterError
from scripts.local_aws.server import LocalAws
from scripts.packaging.artifacts import Release
from tests.end_to_end.users import Nobody

_ROOT = """\
Parameters:
  ArtifactBucket:
    Type: String
  ArtifactPrefix:
    Type: String
  Label:
    Type: String
    Default: ''
%s
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Label}}
"""
_RESOURCE_TAGS = """\
  ResourceTags:
    Type: String
    Default: ''
"""
_KINDS = {"single-account": "", "multi-account": "  DevAccountId:\n    Type: String\n    Default: ''\n"}


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with LocalAws() as running:
        yield aws_access.local(running.endpoint_url, running.region)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The local AWS is quick: what is waited for is there at the next look."""
    monkeypatch.setattr(deployment, "_POLL_SECONDS", 0.01)
    monkeypatch.setattr(stack_following, "_FIRST_PAUSE_SECONDS", 0.01)


def _deployed(aws: Aws, name: str, more: str = _RESOURCE_TAGS, **launching: Any) -> dict[str, Any]:
    """The stack after a launch, as CloudFormation describes it."""
    release = Release(f"1-{len(more)}", b"code", (("mlops-orchestrator-single-account.yaml", _ROOT % more),))
    launch.deploy(aws, Launching(stack_name=name, **launching), Nobody(), lambda _: True, release)
    (stack,) = aws.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return dict(stack)


def _tags(stack: dict[str, Any]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in stack["Tags"]}


def _resource_tags(stack: dict[str, Any]) -> str:
    return {one["ParameterKey"]: one["ParameterValue"] for one in stack["Parameters"]}["ResourceTags"]


def test_tags_are_those_of_stack_and_pipelines_and_stay(aws: Aws) -> None:
    first = _deployed(aws, "tagged", tags={"team": "quay", "cost": "7"})
    assert (_tags(first), _resource_tags(first)) == ({"team": "quay", "cost": "7"}, "team=quay,cost=7")

    kept = _deployed(aws, "tagged", parameters={"Label": "new"})
    assert (_tags(kept), _resource_tags(kept)) == ({"team": "quay", "cost": "7"}, "team=quay,cost=7")

    more = _deployed(aws, "tagged", tags={"cost": "8", "x": "y"})
    assert _tags(more) == {"team": "quay", "cost": "8", "x": "y"}
    assert _resource_tags(more) == "team=quay,cost=8,x=y"


def test_tags_of_pipelines_can_be_others(aws: Aws) -> None:
    stack = _deployed(aws, "other-tags", tags={"team": "quay"}, parameters={"ResourceTags": "a=b"})
    assert (_tags(stack), _resource_tags(stack)) == ({"team": "quay"}, "a=b")


def test_a_template_that_hands_no_tags_on_gets_them_all_the_same(aws: Aws) -> None:
    assert _tags(_deployed(aws, "plain", "", tags={"team": "quay"})) == {"team": "quay"}


def _policy(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_role_is_remembered_by_cloudformation(aws: Aws) -> None:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "cloudformation.amazonaws.com"}}
    iam, topics = aws.client("iam"), {"Effect": "Allow", "Action": "sns:*", "Resource": "*"}
    role = iam.create_role(RoleName="launcher", AssumeRolePolicyDocument=_policy(trust))["Role"]["Arn"]
    iam.put_role_policy(RoleName="launcher", PolicyName="Topics", PolicyDocument=_policy(topics))

    assert _deployed(aws, "by-role", role_arn=role)["RoleARN"] == role
    assert _deployed(aws, "by-role", parameters={"Label": "new"})["RoleARN"] == role


def test_a_wrong_parameter_changes_nothing(aws: Aws) -> None:
    with pytest.raises(LaunchParameterError, match=r"did you mean Label\?"):
        _deployed(aws, "wrong", parameters={"Labell": "x"}, bucket="never-made")
    assert "never-made" not in [one["Name"] for one in aws.client("s3").list_buckets()["Buckets"]]


def test_an_orchestrator_does_not_change_its_kind(aws: Aws) -> None:
    """Without --option it would lose its stages, and its pipelines with them."""
    roots = tuple((f"mlops-orchestrator-{option}.yaml", _ROOT % more) for option, more in _KINDS.items())
    release = Release("kinds", b"code", roots)

    def deploy(option: launch.Option) -> None:
        launch.deploy(aws, Launching(option, "kind"), Nobody(), lambda _: True, release)

    deploy("multi-account")
    with pytest.raises(LaunchParameterError, match="launched with --option multi-account"):
        deploy("single-account")
    deploy("multi-account")


class _Listener(Nobody):
    """An audience that remembers what it was told."""

    def __init__(self) -> None:
        self.heard = ""

    def say(self, text: str) -> None:
        """Hear a sentence."""
        self.heard += text


@pytest.mark.parametrize("use", ["an object", "a policy", "a key"])
def test_a_bucket_in_use_keeps_its_settings_and_its_operator_hears_what_to_add(aws: Aws, use: str) -> None:
    s3, bucket = aws.client("s3"), f"in-use-by-{use.replace(' ', '-')}"
    s3.create_bucket(Bucket=bucket)
    if use == "an object":
        s3.put_object(Bucket=bucket, Key="theirs", Body=b"")
    elif use == "a policy":
        s3.put_bucket_policy(Bucket=bucket, Policy='{"Version": "2012-10-17", "Statement": []}')
    else:
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})
    listener = _Listener()
    _published(aws, bucket, listener)

    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    statement = json.loads(listener.heard.partition("policy it has.\n")[2].rpartition("}")[0] + "}")
    assert (statement["Effect"], statement["Resource"][1]) == ("Deny", f"arn:aws:s3:::{bucket}/solution/*")
    s3.put_bucket_policy(Bucket=bucket, Policy=_policy(statement))
    again = _Listener()
    _published(aws, bucket, again)
    assert "by hand" not in again.heard


def _published(aws: Aws, bucket: str, listener: _Listener) -> None:
    launch.publish(aws, Release("1", b"code", ()), bucket, "solution", listener)


def test_a_new_or_empty_bucket_or_one_of_an_earlier_release_is_protected(aws: Aws) -> None:
    s3 = aws.client("s3")
    for bucket in ("empty-bucket", "earlier-bucket"):
        s3.create_bucket(Bucket=bucket)
    earlier = artifact_bucket._tls_only("earlier-bucket", "aws")
    s3.put_bucket_policy(Bucket="earlier-bucket", Policy=_policy(earlier))
    s3.put_object(Bucket="earlier-bucket", Key="code", Body=b"")
    for bucket in ("empty-bucket", "earlier-bucket", "new-bucket"):
        _deployed(aws, f"stack-{bucket}", bucket=bucket)
        assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
        policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
        assert [words for words in ("aws:SecureTransport", "StackSet-mlops-pipeline-*") if words not in policy] == []
