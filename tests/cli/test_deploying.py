# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from scripts.launch import artifact_bucket, launch
from scripts.local_aws.server import LocalAws
from scripts.packaging.artifacts import DEFAULT_PREFIX, Release
from tests.cli.conftest import Mlops

_ROOT = """\
Parameters:
  ArtifactBucket:
    Type: String
  ArtifactPrefix:
    Type: String
  NotificationEmail:
    Type: String
  Label:
    Type: String
    Default: ''
    AllowedValues: ['Yes', 'No']
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Label}}
Outputs:
  Label: {Value: !Ref Label}
  Email: {Value: !Ref NotificationEmail}
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


def test_published_version_can_be_launched_by_a_link(running: LocalAws, mlops: Mlops) -> None:
    s3 = boto3.client("s3")
    artifact_bucket.make(s3, "published", running.region)
    ended = mlops("publish", "--bucket", "published", "--json")

    assert ended.status == 0
    (answer,) = ended.documents
    assert answer["prefix"] == f"{DEFAULT_PREFIX}/{answer['version']}"
    template = s3.get_object(Bucket="published", Key=f"{answer['prefix']}/mlops-orchestrator-single-account.yaml")
    assert f'Default: "{answer["prefix"]}"'.encode() in template["Body"].read()
    assert f"published.s3.us-east-1.amazonaws.com%2F{DEFAULT_PREFIX}" in answer["launch"]["single-account"]
    assert answer["templates"].keys() == answer["launch"].keys() == {"single-account", "multi-account"}
    for option, url in answer["templates"].items():
        assert (
            url == f"https://published.s3.us-east-1.amazonaws.com/{answer['prefix']}/mlops-orchestrator-{option}.yaml"
        )


def test_a_launch_by_a_file_with_tags(mlops: Mlops, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    release = Release("1", b"code", (("mlops-orchestrator-single-account.yaml", _ROOT),))
    monkeypatch.setattr(launch, "assemble", lambda _: release)
    file = tmp_path / "launch.yaml"
    file.write_text("Parameters: {NotificationEmail: file@example.com, Label: Yes}\nTags: {team: quay}\n")
    command = ("deploy", "--stack-name", "by-file", "--yes", "--parameters", str(file), "--param", "Label=No", "--json")
    ended = mlops(*command, "--tag", "cost=7")

    assert ended.status == 0
    assert ended.documents[-1]["outputs"] == {"Label": "No", "Email": "file@example.com"}
    (stack,) = boto3.client("cloudformation").describe_stacks(StackName="by-file")["Stacks"]
    assert {tag["Key"]: tag["Value"] for tag in stack["Tags"]} == {"team": "quay", "cost": "7"}
    assert mlops(*command).documents[-1]["changed"] is False


def test_a_launch_that_cannot_be_names_every_mistake(mlops: Mlops, monkeypatch: pytest.MonkeyPatch) -> None:
    release = Release("1", b"code", (("mlops-orchestrator-single-account.yaml", _ROOT),))
    monkeypatch.setattr(launch, "assemble", lambda _: release)
    ended = mlops(
        "deploy", "--stack-name", "wrong", "--yes", "--param", "Lable=No", "--param", "Label=Perhaps", "--json"
    )

    assert ended.status == 2
    (answer,) = ended.documents
    words = ("did you mean Label?", "Label must be one of Yes, No", "the first launch needs --email ADDRESS")
    assert [word for word in words if word not in str(answer["error"])] == []


def test_a_boundary_is_recommended_and_can_be_had(mlops: Mlops, monkeypatch: pytest.MonkeyPatch) -> None:
    """This template has no parameter for one, which says that it was asked for."""
    release = Release("1", b"code", (("mlops-orchestrator-single-account.yaml", _ROOT),))
    monkeypatch.setattr(launch, "assemble", lambda _: release)
    command = ("deploy", "--stack-name", "free", "--yes", "--email", "a@example.com", "--param", "Label=No")
    assert "We recommend a permissions boundary" in mlops(*command).out
    refused = mlops(*command, "--with-boundary")
    assert refused.status == 2
    assert "no parameter PermissionsBoundaryName" in refused.err
