# SPDX-License-Identifier: Apache-2.0
"""`mlops verify --clean`: from the record, without it, and only what is a verification's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.settings import hints
from orchestrator.values import tags
from scripts.local_aws.server import LocalAws
from scripts.verification import probes, record, run
from scripts.verification.cleaning import cleaner, kept, machine_learning
from scripts.verification.cleaning.kind import Kind
from scripts.verification.record import Record
from scripts.verification.scene import Scene
from tests.cli.running import Ended, mlops
from tests.end_to_end.users import Nobody

NAME = "mlops-verify-1129-0a1b"
ACCOUNT = "123456789012"
_STACK = "Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {}}}"


@pytest.fixture(scope="module")
def running() -> Iterator[LocalAws]:
    with LocalAws() as local:
        yield local


@pytest.fixture(autouse=True)
def _environment(running: LocalAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What `mlops local` tells to export, in a folder of its own."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", running.endpoint_url)
    monkeypatch.setenv("AWS_REGION", running.region)
    monkeypatch.setenv("AWS_DEFAULT_REGION", running.region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "local")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "local")
    monkeypatch.chdir(tmp_path)


def bucket(name: str) -> str:
    """With two versions of an object, and a marker of its deletion."""
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"1", b"2"):
        s3.put_object(Bucket=name, Key="key", Body=body)
    s3.delete_object(Bucket=name, Key="key")
    return name


def stack(name: str, template: str = _STACK, **of: str) -> str:
    cloudformation = boto3.client("cloudformation")
    listed = [{"Key": key, "Value": value} for key, value in of.items()]
    cloudformation.create_stack(StackName=name, TemplateBody=template, Tags=listed)
    cloudformation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})
    return name


def key(**of: str) -> str:
    listed = [{"TagKey": name, "TagValue": value} for name, value in of.items()]
    return str(boto3.client("kms").create_key(Tags=listed)["KeyMetadata"]["KeyId"])


def there() -> set[str]:
    stacks = boto3.client("cloudformation").describe_stacks()["Stacks"]
    buckets = boto3.client("s3").list_buckets()["Buckets"]
    kms = boto3.client("kms")
    keys = [kms.describe_key(KeyId=one["KeyId"])["KeyMetadata"] for one in kms.list_keys()["Keys"]]
    names = {one["StackName"] for one in stacks} | {one["Name"] for one in buckets}
    return names | {one["KeyId"] for one in keys if not one.get("DeletionDate")}


def interrupted(monkeypatch: pytest.MonkeyPatch) -> tuple[Ended, str]:
    """A verification that is interrupted when it has made a bucket; its name."""
    names = []

    def carry_out(scene: Scene, _: Any) -> None:
        # It is on record before anything is there.
        assert [one.name for one in record.kept()] == [scene.name]
        names.append(scene.name)
        bucket(f"{scene.name}-artifacts-{ACCOUNT}")
        raise KeyboardInterrupt

    monkeypatch.setattr(run, "carry_out", carry_out)
    return mlops("verify", "--yes"), names[0]


@pytest.mark.parametrize("asked", [(), ("--clean", "--name", NAME)], ids=["verify", "clean"])
def test_a_no_changes_nothing(asked: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan with its cost, or what would go, is shown before the question."""
    left = bucket(f"{NAME}-refused")
    before = there()
    with monkeypatch.context() as patched:
        patched.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
        patched.setattr("typer.confirm", lambda _: False)
        ended = mlops("verify", *asked)

    assert ended.status == 0
    assert (left if asked else "in all, with the clean-up") in ended.out
    assert "Nothing was changed." in ended.out
    assert there() == before
    assert not record.FOLDER.exists()
    cleaned = mlops("verify", "--clean", "--yes", "--json", "--name", NAME)
    assert json.loads(cleaned.out.splitlines()[-1]) == {"kind": "result", "name": NAME, "found": 1, "left": []}


def test_the_record_leads_to_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    before = there()
    ended, name = interrupted(monkeypatch)
    assert ended.status == 130
    assert f"What was made is still there: {hints.command(f'verify --clean --name {name}')}\n" in ended.err

    cleaned = mlops("verify", "--clean", "--yes")

    assert cleaned.status == 0, cleaned.err
    assert f"Nothing of {name} is left in us-east-1 of the account {ACCOUNT}." in cleaned.out
    assert there() == before
    assert not record.FOLDER.exists()


def test_a_clean_up_that_fails_is_reported_and_stays_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials may end with the hours."""
    expired = ClientError({"Error": {"Code": "ExpiredToken", "Message": f"of {ACCOUNT}"}}, "DescribeStacks")

    def clean(_: Scene) -> None:
        raise expired

    with monkeypatch.context() as patched:
        patched.setattr(run, "carry_out", lambda *_: [])
        patched.setattr(cleaner, "clean", clean)
        ended = mlops("verify", "--yes")

    assert ended.status == 1
    assert "what a listing would have found is still there" in ended.out
    (written,) = Path().glob("verification-*.json")
    told = json.loads(written.read_text())
    assert [one["what"] for one in told["left"]] == ["what a listing would have found"]
    assert ACCOUNT not in written.read_text()
    assert len(list(record.kept())) == 1
    assert mlops("verify", "--clean", "--yes").status == 0


def test_a_lost_record_is_no_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    before = there()
    _, name = interrupted(monkeypatch)
    (kept_record,) = record.kept()
    kept_record.forget()

    lost = mlops("verify", "--clean", "--yes")
    assert lost.status == 2
    assert lost.err.endswith(f"give --name; the account has buckets of {name}\n")

    assert mlops("verify", "--clean", "--yes", "--name", name).status == 0
    assert there() == before


def test_nothing_else_is_touched() -> None:
    others = {
        bucket(f"{NAME}0-other"),
        bucket("mlops-verify-1129"),
        stack(f"{NAME}0"),
        stack("mlops-pipeline-other", **{tags.APPLICATION: "mlops-orchestrator"}),
        stack(f"mlops-pipeline-{NAME}-untagged"),
        key(**{tags.APPLICATION: "mlops-orchestrator"}),
        key(),
    }
    before = there()
    ours = [
        bucket(f"{NAME}-assets"),
        stack(f"{NAME}-probe"),
        stack("mlops-pipeline-ours", **{tags.APPLICATION: NAME}),
        key(**{tags.APPLICATION: NAME}),
        key(**{probes.TAG: NAME}),
    ]
    assert set(ours) <= there()

    assert mlops("verify", "--clean", "--yes", "--name", NAME).status == 0

    assert there() == before
    assert others <= before


def test_what_cannot_be_removed_is_said_and_stays_on_record(monkeypatch: pytest.MonkeyPatch) -> None:
    bucket(f"{NAME}-stuck")
    Record(NAME, ACCOUNT, "us-east-1", boto3.client("s3").meta.endpoint_url).write()
    stuck = Kind("buckets", kept._buckets, lambda *_: None)
    with monkeypatch.context() as patched:
        patched.setattr(cleaner, "_ROUNDS", 2)
        patched.setattr(cleaner, "KINDS", (stuck,))
        ended = mlops("verify", "--clean", "--yes")

    assert ended.status == 1
    assert "This could not be removed" in ended.out
    assert [one.name for one in record.kept()] == [NAME]
    assert mlops("verify", "--clean", "--yes").status == 0
    assert not record.FOLDER.exists()


def test_an_orchestrator_stays_until_its_pipelines_are_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are deleted under its roles."""
    data = "Resources: {Data: {Type: AWS::S3::Bucket, Properties: {BucketName: not-empty}}}"
    stack(NAME)
    stack("mlops-pipeline-stuck", data, **{tags.APPLICATION: NAME})
    boto3.client("s3").put_object(Bucket="not-empty", Key="key", Body=b"1")
    with monkeypatch.context() as patched:
        patched.setattr(cleaner, "_ROUNDS", 2)
        ended = mlops("verify", "--clean", "--yes", "--name", NAME)
    assert ended.status == 1
    assert "it has to stay until mlops-pipeline-stuck are gone" in ended.out
    assert {NAME, "mlops-pipeline-stuck"} <= there()

    boto3.client("s3").delete_object(Bucket="not-empty", Key="key")
    assert mlops("verify", "--clean", "--yes", "--name", NAME).status == 0
    assert {NAME, "mlops-pipeline-stuck", "not-empty"}.isdisjoint(there())


@pytest.mark.parametrize("before", ["arn:aws:iam::123456789012:role/somebody-else", ""], ids=["role", "none"])
def test_the_account_s_logging_role_is_what_it_was(before: str, monkeypatch: pytest.MonkeyPatch) -> None:
    apigateway = boto3.client("apigateway")

    def set_to(role: str) -> None:
        apigateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": role}])

    set_to(before)
    interrupted(monkeypatch)
    (interrupted_one,) = record.kept()
    assert interrupted_one.logging_role == before
    assert mlops("verify", "--clean", "--yes").status == 0

    set_to(f"arn:aws:iam::{ACCOUNT}:role/{NAME}-ApiLoggingRole-1")
    Record(NAME, ACCOUNT, "us-east-1", apigateway.meta.endpoint_url, before).write()
    assert mlops("verify", "--clean", "--yes").status == 0
    assert apigateway.get_account().get("cloudwatchRoleArn", "") == before

    # One that is somebody else's stays.
    set_to(f"arn:aws:iam::{ACCOUNT}:role/other")
    assert mlops("verify", "--clean", "--yes", "--name", NAME).status == 0
    assert apigateway.get_account()["cloudwatchRoleArn"].endswith("/other")
    set_to("")


def test_what_single_calls_of_experiments_leave() -> None:
    sagemaker, logs = boto3.client("sagemaker"), boto3.client("logs")
    group = "/aws/sagemaker/ProcessingJobs"
    logs.create_log_group(logGroupName=group)
    logs.create_log_group(logGroupName=f"/aws/lambda/{NAME}-late")
    for name in (f"{NAME}-contents/algo-1", "somebody-else/algo-1"):
        logs.create_log_stream(logGroupName=group, logStreamName=name)
    for name in (f"{NAME}-card", "somebody-else"):
        sagemaker.create_model_card(ModelCardName=name, ModelCardStatus="Draft", Content="{}")

    assert mlops("verify", "--clean", "--yes", "--name", NAME).status == 0

    streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert [one["logStreamName"] for one in streams] == ["somebody-else/algo-1"]
    assert [one["ModelCardName"] for one in sagemaker.list_model_cards()["ModelCardSummaries"]] == ["somebody-else"]
    assert [one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]] == [group]
    logs.delete_log_group(logGroupName=group)


class Processing:
    """SageMaker with two processing jobs that run: a monitor's, named by SageMaker, and somebody else's."""

    def __init__(self) -> None:
        place = {"ProcessingInputs": [{"S3Input": {"S3Uri": f"s3://{NAME}-assetsbucket-1/captured"}}]}
        self.running: dict[str, Any] = {"data-quality-monitoring-1": place, "data-quality-monitoring-2": {}}

    def list_processing_jobs(self, **given: Any) -> dict[str, Any]:
        assert given["StatusEquals"] == "InProgress"
        return {"ProcessingJobSummaries": [{"ProcessingJobName": name} for name in self.running]}

    def describe_processing_job(self, **given: Any) -> dict[str, Any]:
        return {**given, **self.running[given["ProcessingJobName"]]}

    def stop_processing_job(self, **given: Any) -> None:
        del self.running[given["ProcessingJobName"]]


def test_a_run_of_a_monitor_is_found_by_what_it_reads() -> None:
    sagemaker = Processing()
    (kind,) = [each for each in machine_learning.JOBS if each.what == "running processing jobs"]
    aws = Aws(None, "eu-west-1", "http://127.0.0.1", {"sagemaker": sagemaker})
    scene = Scene(aws, NAME, Nobody())

    (name,) = kind.find(scene)
    assert name == "data-quality-monitoring-1"
    kind.remove(scene, name)
    assert list(sagemaker.running) == ["data-quality-monitoring-2"]


@pytest.mark.parametrize(
    ("account", "region"), [("111122223333", "us-east-1"), (ACCOUNT, "eu-west-1")], ids=["account", "region"]
)
def test_a_record_of_somewhere_else_is_not_forgotten(account: str, region: str) -> None:
    """Nothing is left *here*, and that says nothing."""
    Record(NAME, account, region, boto3.client("s3").meta.endpoint_url).write()

    ended = mlops("verify", "--clean", "--yes")

    assert ended.status == 2
    assert f"{NAME} ran in {region} of the account {account}" in ended.err
    assert [one.name for one in record.kept()] == [NAME]
