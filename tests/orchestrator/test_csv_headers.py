# SPDX-License-Identifier: Apache-2.0
"""The header of a CSV file from its first bytes (lesson 14)."""

from __future__ import annotations

import codecs
from typing import Any

import pytest

from orchestrator import csv_headers
from orchestrator.aws import calls
from orchestrator.aws.s3 import objects
from orchestrator.aws.s3.objects import Beginning
from orchestrator.csv_headers import CsvFile, UnreadableHeaderError, header_of
from orchestrator.errors import RefusedRequestError, ServiceRefusedError

FILE = CsvFile("baseline_data", "quayside-assets", "baselines/train.csv")
KILOBYTE = 1024


@pytest.mark.parametrize(
    ("content", "header"),
    [
        pytest.param(b"a,b\n1,2\n", ("a", "b"), id="plain"),
        pytest.param(b"a,b\r\n1,2\r\n", ("a", "b"), id="CRLF"),
        pytest.param(b"a,b\r1,2\r", ("a", "b"), id="CR"),
        pytest.param(codecs.BOM_UTF8 + b"a,b\n1,2\n", ("a", "b"), id="byte order mark"),
        pytest.param(
            b'"length, metres","say ""hello""",c\n1,2,3\n', ("length, metres", 'say "hello"', "c"), id="quotes"
        ),
        pytest.param(b'"two\nlines",b\n1,2\n', ("two\nlines", "b"), id="a line end in a name"),
        pytest.param("größe,b\n1,2\n".encode(), ("größe", "b"), id="UTF-8"),
        pytest.param(b" a ,b\n1,2", (" a ", "b"), id="blanks stay: Clarify compares names as they are"),
    ],
)
def test_a_header_is_read(content: bytes, header: tuple[str, ...]) -> None:
    assert header_of(content, is_whole=True) == header


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (codecs.BOM_UTF8, "the file is empty"),
        (b"a,b\n", "has a header and no records"),
        (b"a,b", "has a header and no records"),
        (b"a,b\r\n\r\n", "has a header and no records"),
        (b",\n1,2\n", "its first line is empty"),
        (b"\na,b\n1,2\n", "its first line is empty"),
        (b'"a,b\n1,2\n', "is not CSV"),
        (b'"a"x,b\n1,2\n', "is not CSV"),
        ("größe,b\n1,2\n".encode("latin-1"), "not in UTF-8 (byte 2 "),
        ("a,b\n1,2\n".encode("utf-16"), "is in UTF-16"),
        (b"\x1f\x8b\x08\x00", "not in UTF-8"),
    ],
)
def test_what_is_no_header_is_explained(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableHeaderError) as error:
        header_of(content, is_whole=True)
    assert words in str(error.value)


def test_a_row_without_a_header_needs_no_records() -> None:
    assert header_of(b"small,120.5,3", is_whole=True, has_rows=False) == ("small", "120.5", "3")


@pytest.mark.parametrize("content", [b"a,b", b'a,"b', "gr\u00f6".encode()[:-1], b"a,b\n"])
def test_a_beginning_that_ends_before_the_header_does_is_not_enough(content: bytes) -> None:
    """The last one: whether a record follows is not known, and the line may be the file's last."""
    assert header_of(content, is_whole=False) is None


@pytest.fixture
def assets(aws: None) -> Any:
    s3 = calls.client("s3")
    s3.create_bucket(Bucket=FILE.bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    return s3


class TestInS3:
    @pytest.mark.parametrize(
        ("columns", "reads"),
        [(3, ["bytes=0-65535"]), (20_000, ["bytes=0-65535", "bytes=0-1048575"])],
    )
    def test_a_small_range_is_read_and_a_larger_one_when_the_header_is_longer(
        self, assets: Any, sent: list[Any], columns: int, reads: list[str]
    ) -> None:
        """Lesson 14: whole baselines did not fit into the function's memory."""
        header = tuple(f"column-{number}" for number in range(columns))
        rows = b"1,2,3\n" * 400_000
        assets.put_object(Bucket=FILE.bucket, Key=FILE.object_key, Body=",".join(header).encode() + b"\n" + rows)
        assert csv_headers.read([FILE], objects.beginning) == {FILE: header}
        ranges = [call.parameters["Range"] for call in sent if call.operation == "s3.GetObject"]
        assert ranges == reads

    def test_a_header_without_end_is_refused(self, assets: Any) -> None:
        assets.put_object(Bucket=FILE.bucket, Key=FILE.object_key, Body=b"a" * 1100 * KILOBYTE)
        assert "within its first 1048576 bytes" in problem_of(FILE)

    def test_a_missing_file_is_named(self, assets: Any) -> None:
        problem = problem_of(FILE)
        assert problem.startswith("there is no baselines/train.csv in the assets bucket quayside-assets: upload")

    def test_an_empty_file_is_told_from_a_missing_one(self, assets: Any) -> None:
        """moto sends a range of nothing as AWS does: with status 416."""
        assets.put_object(Bucket=FILE.bucket, Key=FILE.object_key, Body=b"")
        assert "the file is empty" in problem_of(FILE)

    def test_a_bucket_that_is_not_there_is_not_the_caller_s_fault(self, aws: None) -> None:
        with pytest.raises(ServiceRefusedError, match="let the orchestrator read s3://quayside-assets/"):
            csv_headers.read([FILE], objects.beginning)


def problem_of(file: CsvFile) -> str:
    with pytest.raises(RefusedRequestError) as refused:
        csv_headers.read([file], objects.beginning)
    (problem,) = refused.value.problems
    assert problem.key == file.request_key
    return problem.problem


def test_every_unreadable_file_is_named() -> None:
    other = CsvFile("shap_config.baseline", "quayside-assets", "shap.csv", has_rows=False)
    with pytest.raises(RefusedRequestError) as refused:
        csv_headers.read([FILE, other], lambda *_: Beginning(b"", is_whole=True))
    assert [problem.key for problem in refused.value.problems] == ["baseline_data", "shap_config.baseline"]
