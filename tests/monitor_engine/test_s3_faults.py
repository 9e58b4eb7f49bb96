# SPDX-License-Identifier: Apache-2.0
"""What S3 refuses: one sentence with bucket, action and role, and no traceback."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError

from monitor_engine import aws, storage
from monitor_engine.problems import EngineError
from monitor_engine.storage import Folder
from tests.monitor_engine import jobs
from tests.monitor_engine.cloud import Cloud
from tests.monitor_engine.jobs import record

_RECORDS = [record(f"{number % 7}", f"{number % 5}", number) for number in range(100)]


@pytest.fixture
def cloud(cloud: Cloud) -> Cloud:
    cloud.baseline(jobs.csv_of(["score", "size"], [(number % 5, number % 7) for number in range(100)]))
    cloud.capture(_RECORDS)
    return cloud


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        ("s3:ListBucket", "captures"),
        ("s3:GetObject", "captures"),
        ("s3:GetObject", "baseline"),
        ("s3:PutObject", "output"),
    ],
    ids=["list", "read", "baseline", "write"],
)
def test_a_denied_action_is_named_with_bucket_and_role(
    cloud: Cloud, action: str, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    bucket = cloud.bucket(kind)
    kept = (one for one in cloud.needed() if not (one["Action"] == action and bucket in one["Resource"]))
    role = cloud.make_role("narrow", *kept)
    ended = cloud.run(role)
    assert ended.status == 1
    assert ended.message.startswith(f"access to the bucket {bucket} is denied: ")
    assert f"narrow-{cloud.name}" in ended.message
    assert f" may not do {action} for s3://{bucket}/" in ended.message
    assert "Traceback" not in caplog.text
    # A run that fails leaves no file that would look like a run's, and no metric.
    assert not any(key.endswith("run.json") for key in ended.files)
    assert cloud.metric() == []


@pytest.mark.parametrize(
    ("variable", "action"),
    [("dataset_source", "s3:ListBucket"), ("baseline_constraints", "s3:GetObject"), ("output_path", "s3:PutObject")],
)
def test_a_bucket_that_is_not_there_is_named(cloud: Cloud, variable: str, action: str) -> None:
    role = cloud.make_role("wide", *cloud.needed(), {"Effect": "Allow", "Action": "s3:*", "Resource": "*"})
    ended = cloud.run(role, **{variable: "s3://no-such-bucket-of-ours/live"})
    assert ended.status == 1
    assert ended.message.startswith("there is no bucket no-such-bucket-of-ours: ")
    assert f" was to do {action} for s3://no-such-bucket-of-ours/live" in ended.message


@pytest.mark.parametrize("text", ["s3://", "s3:///live"])
def test_a_uri_without_bucket_is_a_sentence(cloud: Cloud, text: str) -> None:
    ended = cloud.run(dataset_source=text)
    assert ended.status == 1
    assert f"{text!r} names no bucket: give s3://<bucket>/<prefix>" in ended.message


def test_a_missing_baseline_is_told_from_one_that_is_denied(cloud: Cloud) -> None:
    """Who may list only the baseline's folder is refused a missing object in the words of a denied one."""
    bucket = cloud.bucket("baseline")
    listing = next(one for one in cloud.needed() if one["Resource"] == f"arn:aws:s3:::{bucket}")
    kept = [one for one in cloud.needed() if one != listing]
    narrow = listing | {"Condition": {"StringLike": {"s3:prefix": "harbour/*"}}}
    role = cloud.make_role("folder", *kept, narrow)
    cloud.s3.delete_object(Bucket=bucket, Key="harbour/constraints.json")
    ended = cloud.run(role)
    assert (ended.status, ended.message) == (
        0, f"Completed: there is no baseline yet: s3://{bucket}/harbour/constraints.json has not been written.",
    )  # fmt: skip
    denied = cloud.run(cloud.make_role("blind", *kept))
    assert (denied.status, "may not do s3:" in denied.message) == (1, True), denied.message


class _Breaking:
    """S3 whose content breaks off so many times."""

    def __init__(self, failures: int, error: Exception) -> None:
        self.failures, self.error = failures, error

    def get_object(self, **_: object) -> dict[str, Any]:
        body = io.BytesIO(b"0123456789")
        if self.failures:
            self.failures -= 1

            def read(_: int = -1) -> bytes:
                raise self.error

            body.read = read  # type: ignore[method-assign,assignment]
        return {"Body": body}


@pytest.mark.parametrize(
    "error",
    [ReadTimeoutError(endpoint_url="https://s3"), IncompleteReadError(actual_bytes=3, expected_bytes=10)],
    ids=["silent", "short"],
)
def test_content_that_breaks_off_is_asked_for_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    twice, thrice = _Breaking(2, error), _Breaking(3, error)
    monkeypatch.setattr(aws, "client", lambda _: twice)
    assert aws.fetch("bucket", "a.jsonl", tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"0123456789"
    monkeypatch.setattr(aws, "client", lambda _: thrice)
    with pytest.raises(EngineError, match="s3:GetObject by the role of the job on the bucket bucket has failed"):
        aws.fetch("bucket", "a.jsonl", tmp_path / "a")


def test_the_role_and_the_action_are_those_of_the_refusal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of KMS refuses in S3's name; where a refusal names nobody, the job's own description does."""

    class Refusing:
        message = (
            "User: arn:aws:sts::1:assumed-role/monitor/SageMaker is not authorized to perform: kms:Decrypt on resource"
        )

        def get_object(self, **_: object) -> None:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": self.message}}, "GetObject")

        def get_paginator(self, _: str) -> None:
            self.get_object()

    monkeypatch.setattr(aws, "client", lambda _: Refusing())
    words = r"arn:aws:sts::1:assumed-role/monitor/SageMaker may not do kms:Decrypt for s3://bucket/a.jsonl"
    with pytest.raises(EngineError, match=words):
        aws.fetch("bucket", "a.jsonl", tmp_path / "a")
    (tmp_path / "job.json").write_text(json.dumps({"RoleArn": "arn:aws:iam::1:role/monitor"}))
    monkeypatch.setattr(aws, "_DESCRIPTION", tmp_path / "job.json")
    monkeypatch.setattr(Refusing, "message", "Access Denied")
    with pytest.raises(EngineError, match="arn:aws:iam::1:role/monitor may not do s3:GetObject"):
        aws.fetch("bucket", "a.jsonl", tmp_path / "a")


def test_only_a_few_objects_are_fetched_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are: neither the disk nor the memory has more than these."""
    begun = []

    def keys(*_: str) -> Iterator[str]:
        yield from (f"live/AllTraffic/2026/11/24/15/{number:06}.jsonl" for number in range(100_000))

    def fetch(_: str, key: str, path: Path) -> bool:
        begun.append(key)
        path.write_text(key)
        return True

    monkeypatch.setattr(aws, "folders", lambda *_: ["AllTraffic"])
    monkeypatch.setattr(aws, "keys", keys)
    monkeypatch.setattr(aws, "fetch", fetch)
    found = storage.hourly(Folder("bucket", "live"), "2026/11/24/15", "2026/11/24/17")
    read = [next(found) for _ in range(20)]
    assert len(begun) <= 28
    assert [path.name for path in read] == [f"{number:06}.jsonl" for number in range(20)]
    assert [path.exists() for path in read] == [False] * 19 + [True]
    found.close()  # type: ignore[attr-defined]
    assert not read[-1].parents[1].exists()
