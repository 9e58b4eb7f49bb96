# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import yaml
from botocore.stub import Stubber

from mlops_orchestrator.aws import aws_access
from mlops_orchestrator.aws.aws_access import Aws
from scripts import user_cache
from scripts.launch import artifact_bucket, launch
from scripts.local_aws.server import LocalAws
from scripts.packaging import artifacts
from scripts.packaging.artifacts import Place, PublishError, Release
from scripts.packaging.bundle import Bundle
from tests.end_to_end.users import Nobody

_ROOT = """\
Parameters:
  Other:
    Default: 'kept'
    Type: String
  ArtifactBucket:
    Type: String  # where it is
  ArtifactPrefix:
    Type: String
Resources:
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: !Ref Other}}
"""
_BUNDLE = Bundle((("orchestrator/__init__.py", b""),))


@pytest.fixture(scope="module")
def aws() -> Iterator[Aws]:
    with LocalAws() as running:
        yield aws_access.local(running.endpoint_url, running.region)


def _release(folder: Path, root: str = _ROOT, bundle: Bundle = _BUNDLE) -> Release:
    (folder / "blueprints").mkdir(parents=True, exist_ok=True)
    (folder / "mlops-orchestrator-single-account.yaml").write_text(root)
    (folder / "blueprints" / "one.yaml").write_text("Resources: {}\n")
    return artifacts.assemble(bundle, folder)


def _place(release: Release, bucket: str) -> Place:
    return Place(bucket, f"solution/{release.version}", "us-east-1")


def _keys(s3: Any, bucket: str) -> list[str]:
    return [version["Key"] for version in s3.list_object_versions(Bucket=bucket).get("Versions", [])]


def test_a_bundle_is_packed_once_for_its_content_and_again_when_the_archive_was_damaged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed: list[Bundle] = []
    pack = Bundle.zipped
    monkeypatch.setattr(Bundle, "zipped", lambda bundle: packed.append(bundle) or pack(bundle))
    monkeypatch.setenv(user_cache.FOLDER, str(tmp_path / "cache"))
    _release(tmp_path / "templates")

    def assembled(byte: bytes) -> bool:
        bundle = Bundle((("orchestrator/data", byte * user_cache.WORTHWHILE_BYTES),))
        release = artifacts.assemble(bundle, tmp_path / "templates")
        return release.bundle == pack(bundle)

    assert [assembled(b"a"), assembled(b"a"), assembled(b"b")] == [True, True, True]
    assert len(packed) == 1 + 2
    for archive in (tmp_path / "cache").glob("*/*.zip"):
        archive.write_bytes(archive.read_bytes().replace(b"data", b"date"))
    assert assembled(b"a")
    assert len(packed) == 1 + 3


def test_baking_adds_two_defaults_and_changes_nothing_else() -> None:
    made = artifacts.baked(_ROOT, Place("my-bucket", "a/1.0", "eu-west-1"))
    added = [line.strip() for line in made.splitlines() if line not in _ROOT.splitlines()]

    assert sorted(added) == ['Default: "a/1.0"', 'Default: "my-bucket"']
    assert [line for line in made.splitlines() if line.strip() not in added] == _ROOT.splitlines()
    parameters = yaml.compose(made, Loader=yaml.SafeLoader).value[0][1]
    values = {name.value: {key.value: value.value for key, value in entry.value} for name, entry in parameters.value}
    assert values["ArtifactBucket"] == {"Default": "my-bucket", "Type": "String"}
    assert values["ArtifactPrefix"] == {"Default": "a/1.0", "Type": "String"}


def test_version_names_its_content(tmp_path: Path) -> None:
    first = _release(tmp_path)

    other = Bundle((*_BUNDLE.files, ("templates/blueprints/one.yaml", b"Resources: {}")))
    assert _release(tmp_path).version == first.version
    assert len({first.version, _release(tmp_path, f"{_ROOT}\n").version, _release(tmp_path, bundle=other).version}) == 3


def test_a_release_is_what_a_launch_reads_and_names_its_place(tmp_path: Path) -> None:
    files = list(_release(tmp_path).files(Place("my-bucket", "a/1.0", "eu-west-1")))

    assert [name for name, _ in files] == ["orchestrator.zip", "mlops-orchestrator-single-account.yaml"]
    assert b'Default: "my-bucket"' in files[-1][1]


def test_missing_option_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(PublishError, match="no template for --option multi-account yet"):
        _release(tmp_path).root_template("multi-account")


def test_publishing_again_uploads_nothing(tmp_path: Path, aws: Aws) -> None:
    s3, release = aws.client("s3"), _release(tmp_path)
    artifact_bucket.make(s3, "publish-twice", aws.region)
    place = _place(release, "publish-twice")

    assert artifacts.publish(release, place, s3) == 2
    assert artifacts.publish(release, place, s3) == 0
    assert len(_keys(s3, "publish-twice")) == 2


def test_interrupted_publishing_is_completed(tmp_path: Path, aws: Aws) -> None:
    s3, release = aws.client("s3"), _release(tmp_path)
    artifact_bucket.make(s3, "publish-interrupted", aws.region)
    place = _place(release, "publish-interrupted")
    artifacts.publish(release, place, s3)
    s3.delete_object(Bucket=place.bucket, Key=f"{place.prefix}/orchestrator.zip")

    assert artifacts.publish(release, place, s3) == 1


def test_what_was_uploaded_by_hand_is_read(tmp_path: Path, aws: Aws) -> None:
    """Such an object has a checksum of another kind."""
    s3, release = aws.client("s3"), _release(tmp_path)
    artifact_bucket.make(s3, "publish-by-hand", aws.region)
    place = _place(release, "publish-by-hand")
    for name, content in release.files(place):
        s3.put_object(Bucket=place.bucket, Key=f"{place.prefix}/{name}", Body=content)

    assert artifacts.publish(release, place, s3) == 0


class SeesNothing:
    """S3 as it was before somebody else published."""

    def __init__(self, s3: Any) -> None:
        self._s3 = s3

    def __getattr__(self, name: str) -> Any:
        return getattr(self._s3, name)

    def get_paginator(self, _: str) -> Any:
        return self

    def paginate(self, **_: str) -> list[dict[str, Any]]:
        return [{}]


def test_two_who_publish_at_once_write_each_object_once(tmp_path: Path, aws: Aws) -> None:
    s3, release = aws.client("s3"), _release(tmp_path)
    artifact_bucket.make(s3, "publish-race", aws.region)
    place = _place(release, "publish-race")

    assert artifacts.publish(release, place, s3) == 2
    assert artifacts.publish(release, place, SeesNothing(s3)) == 0
    assert len(_keys(s3, "publish-race")) == 2


@pytest.mark.parametrize("seen", [True, False], ids=["before", "at-once"])
def test_a_published_version_is_never_overwritten(tmp_path: Path, aws: Aws, seen: bool) -> None:
    """Something of the same length is something else all the same, and so is what appears a moment before."""
    s3, release = aws.client("s3"), _release(tmp_path)
    bucket = f"publish-foreign-{seen}".lower()
    artifact_bucket.make(s3, bucket, aws.region)
    place = _place(release, bucket)
    key, other = f"{place.prefix}/orchestrator.zip", bytes(len(release.bundle))
    s3.put_object(Bucket=place.bucket, Key=key, Body=other)

    with pytest.raises(PublishError, match="is not what this version publishes"):
        artifacts.publish(release, place, s3 if seen else SeesNothing(s3))
    assert s3.get_object(Bucket=place.bucket, Key=key)["Body"].read() == other


def _statements(s3: Any, bucket: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    return found


def test_own_bucket_is_closed_and_versioned_and_refuses_pipelines(aws: Aws) -> None:
    s3 = aws.client("s3")

    assert artifact_bucket.make(s3, "own-bucket", aws.region)
    assert not artifact_bucket.make(s3, "own-bucket", aws.region)
    artifact_bucket.protect(s3, "own-bucket", aws.partition)
    assert s3.get_bucket_versioning(Bucket="own-bucket")["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket="own-bucket")["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_encryption(Bucket="own-bucket")["ServerSideEncryptionConfiguration"]["Rules"]
    sids = ["RefuseConnectionsWithoutTls", "RefuseWritesByPipelines"]
    assert [statement["Sid"] for statement in _statements(s3, "own-bucket")] == sids


def test_what_was_added_to_the_policy_of_the_own_bucket_stays(aws: Aws) -> None:
    s3, bucket = aws.client("s3"), "shared-bucket"
    artifact_bucket.make(s3, bucket, aws.region)
    artifact_bucket.protect(s3, bucket, aws.partition)
    ours = _statements(s3, bucket)
    theirs = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    outdated = {**ours[1], "Action": "s3:PutObject"}
    s3.put_bucket_policy(
        Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [theirs, ours[0], outdated]})
    )

    artifact_bucket.protect(s3, bucket, aws.partition)
    assert _statements(s3, bucket) == [*ours, theirs]


@pytest.mark.parametrize("code", ["AccessDenied", "MethodNotAllowed"])
def test_who_may_only_publish_needs_not_see_the_policy(aws: Aws, code: str) -> None:
    """S3 answers in the second way to other accounts."""
    s3 = aws.client("s3")
    statement = artifact_bucket.no_writes_by_pipelines("theirs", "*", aws.partition)
    with Stubber(s3) as stub:
        for _ in range(2):
            stub.add_client_error("get_bucket_policy", code)
        assert not artifact_bucket.is_ours(s3, "theirs", aws.partition)
        assert artifact_bucket.lacks(s3, "theirs", statement)


def test_a_bucket_of_another_account_is_not_taken_for_the_own_one(aws: Aws) -> None:
    """Its name can be told beforehand, and anybody can make a bucket of that name."""
    s3, bucket = aws.client("s3"), artifact_bucket.default_name(aws.account, aws.region)
    asked = {"Bucket": bucket, "ExpectedBucketOwner": aws.account}
    with Stubber(s3) as stub:
        stub.add_client_error("head_bucket", "403", http_status_code=403, expected_params=asked)
        with pytest.raises(PublishError, match="may belong to somebody else"):
            launch.publish(aws, Release("1", b"code", ()), bucket, "solution", Nobody())


def test_bucket_of_another_region_is_refused(aws: Aws) -> None:
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="far-away", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    with pytest.raises(PublishError, match="the bucket far-away is not in us-east-1"):
        artifact_bucket.exists(s3, "far-away", "us-east-1")


def test_launch_link_carries_template_and_name() -> None:
    place = Place("my-bucket", "a/1.0", "eu-west-1")
    url = artifacts.quick_create_url(place, "single-account", "my-stack", "console.aws.amazon.com")
    address, _, query = url.rpartition("?")

    assert address == (
        "https://eu-west-1.console.aws.amazon.com/cloudformation/home?region=eu-west-1#/stacks/create/review"
    )
    assert parse_qs(query) == {
        "templateURL": ["https://my-bucket.s3.eu-west-1.amazonaws.com/a/1.0/mlops-orchestrator-single-account.yaml"],
        "stackName": ["my-stack"],
    }
