# SPDX-License-Identifier: Apache-2.0
"""Files with metrics in S3, through a dry run of create_model_card: fetched, or refused in words (lesson 91)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.stub import Stubber

from orchestrator.aws import calls
from orchestrator.model_cards.metrics import metric_files

Body = dict[str, Any]
Ask = Callable[..., Body]
Refused = Callable[..., dict[str, str]]
FILE = Path(__file__).parents[2] / "model_cards" / "regression.json"
BUCKET = "pilots-own-bucket"
KEY = "evaluation_details.0.metric_file_s3_url"


@pytest.fixture
def store(aws: None) -> Callable[..., Body]:
    """`store(content, ...)`: put a file into a bucket that is not the solution's; gives the entry that names it."""
    s3 = calls.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def put(content: bytes, **more: Any) -> Body:
        s3.put_object(Bucket=BUCKET, Key="nightly/quality report.json", Body=content, **more)
        return entry()

    return put


def entry(key: str = "nightly/quality report.json", bucket: str = BUCKET) -> Body:
    return {"name": "nightly", "metric_file_s3_url": f"s3://{bucket}/{key}", "metric_type": "regression"}


def planned(ask: Ask, *entries: Body) -> Body:
    return ask("create_model_card", name="card", evaluation_details=list(entries), dry_run=True)


@pytest.mark.parametrize(
    "content_type",
    [{}, {"ContentType": "application/json"}, {"ContentType": "application/json; charset=utf-8"},
     {"ContentType": "binary/octet-stream"}],
)  # fmt: skip
def test_a_file_in_any_bucket_becomes_groups(ask: Ask, store: Callable[..., Body], content_type: Body) -> None:
    answer = planned(ask, store(FILE.read_bytes(), **content_type))
    (found,) = answer["plan"]["Content"]["evaluation_details"]
    assert found["name"] == "nightly"
    assert found["metric_groups"][0]["metric_data"][0] == {"name": "mae", "type": "number", "value": 3.25}
    assert "warnings" not in answer


def test_a_byte_order_mark_is_no_content(ask: Ask, store: Callable[..., Body]) -> None:
    assert planned(ask, store(b"\xef\xbb\xbf" + FILE.read_bytes()))["plan"]


def test_other_keys_of_the_entry_are_ignored_and_told(ask: Ask, store: Callable[..., Body]) -> None:
    answer = planned(ask, store(FILE.read_bytes()) | {"evaluation_observation": "fine"})
    (found,) = answer["plan"]["Content"]["evaluation_details"]
    assert found.keys() == {"name", "metric_groups"}
    (warning,) = answer["warnings"]
    assert warning.startswith("evaluation_details.0.evaluation_observation is ignored")


@pytest.mark.parametrize(
    ("content", "more", "words"),
    [
        (b"", {}, "not valid JSON"),
        (b"{", {}, "not valid JSON"),
        (b"[" * 100_000, {}, "not valid JSON"),
        (b'{"regression_metrics": {"a\xff": 1}}', {}, "not in UTF-8"),
        (b"{}", {}, 'for the metric_type regression the file must have an object under the key "regression_metrics"'),
        (b"{}", {"ContentType": "text/csv"}, "it has text/csv"),
        (b" " * (metric_files.LONGEST_FILE + 1), {}, "longer than"),
    ],
)
def test_a_file_that_is_no_such_file_is_a_refusal(
    refused: Refused, store: Callable[..., Body], content: bytes, more: Body, words: str
) -> None:
    """Each of them was a 500, or a file of any length was read."""
    found = refused("create_model_card", name="card", evaluation_details=[store(content, **more)])
    assert list(found) == [KEY]
    assert words in found[KEY]
    assert f"s3://{BUCKET}/nightly/quality report.json" in found[KEY]


def test_every_file_that_is_not_there_is_named(refused: Refused, store: Callable[..., Body]) -> None:
    good = store(FILE.read_bytes())
    found = refused(
        "create_model_card", name="card", evaluation_details=[entry("none.json"), good, entry(bucket="no-such-bucket")]
    )
    assert found.keys() == {KEY, "evaluation_details.2.metric_file_s3_url"}
    assert "no such file" in found[KEY]
    assert "no such bucket" in found["evaluation_details.2.metric_file_s3_url"]


def test_a_file_that_may_not_be_read_is_the_caller_s_to_open(refused: Refused, aws: None) -> None:
    """Lesson 91."""
    with Stubber(calls.client("s3")) as s3:
        s3.add_client_error("get_object", "AccessDenied", "Access Denied", 403)
        found = refused("create_model_card", name="card", evaluation_details=[entry()])
    assert f"s3:GetObject in the policy of the bucket {BUCKET}" in found[KEY]


def test_files_are_not_read_for_a_request_that_is_wrong(refused: Refused) -> None:
    """Without a mocked AWS: a call would fail."""
    found = refused("create_model_card", name="-", evaluation_details=[entry()])
    assert list(found) == ["name"]
