# SPDX-License-Identifier: Apache-2.0
"""`mlops deploy --with-boundary`: the policy is there before the roles, in every account, and again and again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest

from mlops_orchestrator.aws import aws_access, stack_following
from mlops_orchestrator.aws.aws_access import Aws
from scripts.cli.launching import retained
from scripts.launch import deployment, launch
from scripts.launch.deployment import Audience, ChangeSet
from scripts.launch.launch import Launching
from scripts.launch.launch_parameters import LaunchParameterError
from scripts.launch.local_deployment import STAGE_ACCOUNTS, LocalDeployment
from scripts.local_aws.server import LocalAws
from scripts.packaging import artifacts
from scripts.packaging.artifacts import Release
from tests import committed
from tests.boundary import boundaries, policies

_ROOT: Final = """\
Parameters:
  ArtifactBucket:
    Type: String
  ArtifactPrefix:
    Type: String
  ConfigS3Bucket: {Type: String, Default: ""}
  ExistingS3Bucket: {Type: String, Default: ""}
  PermissionsBoundaryName: {Type: String, Default: ""}
  RolePath: {Type: String, Default: /}
  AllowedSecrets: {Type: String, Default: mlops/*}
  DelegatedAdminAccount: {Type: String, Default: "No"}
  DevAccountId: {Type: String, Default: ""}
  DevOrgId: {Type: String, Default: ""}
Conditions:
  IsBounded: !Not [!Equals [!Ref PermissionsBoundaryName, ""]]
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      Path: !Ref RolePath
      PermissionsBoundary:
        !If [IsBounded, !Sub "arn:aws:iam::${AWS::AccountId}:policy/${PermissionsBoundaryName}", !Ref AWS::NoValue]
      AssumeRolePolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Action: sts:AssumeRole, Principal: {Service: lambda.amazonaws.com}}]
"""


class Listener(Audience):
    """Hears everything."""

    def __init__(self) -> None:
        self.said = list[str]()

    def say(self, text: str) -> None:
        self.said.append(text)

    def event(self, event: Any) -> None:
        """Nobody counts these."""


@pytest.fixture(scope="module")
def local() -> Iterator[LocalAws]:
    with LocalAws(accounts=STAGE_ACCOUNTS) as running:
        yield running


@pytest.fixture(scope="module")
def aws(local: LocalAws) -> Aws:
    return aws_access.local(local.endpoint_url, local.region)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The local AWS is quick: what is waited for is there at the next look."""
    monkeypatch.setattr(deployment, "_POLL_SECONDS", 0.01)
    monkeypatch.setattr(stack_following, "_FIRST_PAUSE_SECONDS", 0.01)


def launched(aws: Aws, stack_name: str, agrees: bool = True, **parameters: str) -> tuple[list[str], list[str]]:
    """What somebody was asked to agree to, and told."""
    template = (committed.TEMPLATES / policies.PATH).read_text("utf-8")
    templates = (("mlops-orchestrator-single-account.yaml", _ROOT), (artifacts.BOUNDARY_TEMPLATE, template))
    asked, listener = list[str](), Listener()

    def agree(change_set: ChangeSet) -> bool:
        asked.append(change_set.stack_name)
        return agrees

    launching = Launching(stack_name=stack_name, parameters=parameters, with_boundary=True)
    launch.deploy(aws, launching, listener, agree, Release("1", b"code", templates))
    return asked, listener.said


def values(aws: Aws, stack_name: str) -> dict[str, str]:
    state = stack_following.find(aws.client("cloudformation"), stack_name)
    assert state is not None
    return state.parameters


def bound(aws: Aws, stack_name: str) -> str:
    """The boundary of the stack's role."""
    found = aws.client("cloudformation").describe_stack_resource(StackName=stack_name, LogicalResourceId="Role")
    role = aws.client("iam").get_role(RoleName=found["StackResourceDetail"]["PhysicalResourceId"])["Role"]
    return str(role["PermissionsBoundary"]["PermissionsBoundaryArn"])


def test_it_comes_first_and_again_changes_nothing(aws: Aws) -> None:
    assert launched(aws, "quay")[0] == ["quay-boundary", "quay"]
    assert bound(aws, "quay") == f"arn:aws:iam::{aws.account}:policy/quay-boundary"
    assert launched(aws, "quay")[0] == []


def test_it_knows_what_the_orchestrator_was_launched_with(aws: Aws) -> None:
    given = {"RolePath": "/mlops/", "AllowedSecrets": "harbour/*", "ConfigS3Bucket": "configurations"}
    launched(aws, "with-a-name-that-is-very-long", **given)
    name = "with-a-name-that-is-very-boundary"
    assert bound(aws, "with-a-name-that-is-very-long").endswith(f":policy/mlops/{name}")
    expected = {
        "OrchestratorName": "with-a-name-that-is-very",
        "RolePath": "/mlops/",
        "AllowedSecrets": "harbour/*",
        "ReservedBuckets": "mlops-artifacts-*,configurations",
    }
    assert values(aws, name).items() >= expected.items()
    # What is not given again stays.
    assert launched(aws, "with-a-name-that-is-very-long")[0] == []


def test_what_an_operator_adds_stays(aws: Aws) -> None:
    launched(aws, "adding")
    boundaries.add_actions(aws.client("cloudformation"), "adding", "ecs:*")
    launched(aws, "adding", AllowedSecrets="other/*")
    assert values(aws, "adding-boundary").items() >= {"AdditionalActions": "ecs:*", "AllowedSecrets": "other/*"}.items()


def test_nothing_is_launched_without_consent(aws: Aws) -> None:
    assert launched(aws, "declined", agrees=False)[0] == ["declined-boundary"]
    with pytest.raises(aws.client("iam").exceptions.NoSuchEntityException):
        aws.client("iam").get_policy(PolicyArn=f"arn:aws:iam::{aws.account}:policy/declined-boundary")


def test_two_boundaries_are_one_too_many(aws: Aws) -> None:
    with pytest.raises(LaunchParameterError, match="--with-boundary makes the policy two-boundary: give no other"):
        launched(aws, "two", PermissionsBoundaryName="security/mine")


def test_a_policy_of_another_region_is_used(aws: Aws) -> None:
    document = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
    aws.client("iam").create_policy(PolicyName="elsewhere-boundary", PolicyDocument=document)
    asked, said = launched(aws, "elsewhere")
    assert asked == ["elsewhere"]
    assert any("elsewhere-boundary is there already" in one for one in said)


def test_accounts_of_stages_get_it_too(local: LocalAws, aws: Aws) -> None:
    assert local.organization
    stage = {"DevAccountId": STAGE_ACCOUNTS["dev"], "DevOrgId": local.organization.units["dev"]}
    for _ in range(2):
        _, said = launched(aws, "staged", **stage)
        assert f"The policy staged-boundary is in {STAGE_ACCOUNTS['dev']}." in said
    launched(aws, "staged", AllowedSecrets="other/*")
    there = LocalDeployment(aws, "", "", {}).in_account(STAGE_ACCOUNTS["dev"])
    arn = f"arn:aws:iam::{STAGE_ACCOUNTS['dev']}:policy/staged-boundary"
    version = there.client("iam").get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = there.client("iam").get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    secrets = next(one for one in document["Statement"] if one["Sid"] == "Secrets")
    assert secrets["NotResource"][1:] == ["arn:*:secretsmanager:*:*:secret:other/*-??????"]


def test_what_aws_refuses_for_stages_is_left_to_a_person(aws: Aws) -> None:
    _, said = launched(aws, "refused", DevAccountId="444444444444", DevOrgId="ou-none-00000000")
    (told,) = [one for one in said if one.startswith("To do by hand")]
    assert "give each of these accounts the policy refused-boundary" in told
    assert bound(aws, "refused").endswith("/refused-boundary")


def test_destroy_names_it_among_what_stays(aws: Aws) -> None:
    launched(aws, "leaving")
    root = stack_following.find(aws.client("cloudformation"), "leaving")
    assert root is not None
    _, staying = retained.divide(aws.client("cloudformation"), root)
    (one,) = [one for one in staying if one.resource == "permissions boundary"]
    assert one.how_to_delete.startswith("`aws cloudformation delete-stack --stack-name leaving-boundary`")
