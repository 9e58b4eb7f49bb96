# SPDX-License-Identifier: Apache-2.0
"""S3 is told whose the solution's own buckets are: a name that became free is anybody's."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator import api
from orchestrator.aws import calls, claims
from orchestrator.aws.s3 import objects
from orchestrator.launch.settings import Settings

OWN = ("quayside-pipelines", "quayside-config")


@pytest.fixture(autouse=True)
def begun(aws: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The function has read its settings, as it does at its first invocation; it has an account with buckets."""
    monkeypatch.setattr(calls, "_owners", {})
    monkeypatch.setattr(api.settings, "read", lambda: settings)
    api._settings.__wrapped__()
    for bucket in (*OWN, "quayside-assets"):
        location = {"LocationConstraint": settings.launch.region}
        calls.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=location)


@pytest.mark.parametrize("bucket", OWN)
def test_every_call_on_a_bucket_of_the_solution_says_whose_it_is(sent: list[Any], bucket: str) -> None:
    before = len(sent)
    assert claims.once(bucket, "reported/a", "1", lambda: None)
    assert objects.beginning(bucket, "reported/a", 10)
    assert objects.keys(bucket, "reported/", 1) == ["reported/a"]
    made = sent[before:]
    assert {call.parameters["ExpectedBucketOwner"] for call in made} == {"111122223333"}
    assert {call.operation for call in made} == {"s3.PutObject", "s3.GetObject", "s3.ListObjectsV2"}


def test_the_operator_s_buckets_may_be_another_account_s(sent: list[Any]) -> None:
    assert objects.stored_package("quayside-assets", "a") is None
    assert "ExpectedBucketOwner" not in sent[-1].parameters
