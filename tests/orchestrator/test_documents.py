# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json

import pytest

from orchestrator import documents
from orchestrator.errors import RefusedRequestError, RequestTooLargeError


def problem_of(text: str | bytes | None) -> str:
    with pytest.raises(RefusedRequestError) as refused:
        documents.read(text)
    (problem,) = refused.value.problems
    assert problem.key == ""
    return problem.problem


@pytest.mark.parametrize("text", [None, "", b"", "  \r\n\t"])
def test_nothing_is_called_empty(text: str | bytes | None) -> None:
    assert problem_of(text) == "the request is empty: send a JSON object"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('{"a": 1,}', "line 1 column"),
        ('{"a":\n "b', "line 2 column 2"),
        ("{'a': 1}", "line 1 column 2"),
        ("{} {}", "Extra data, line 1 column 4"),
        ('{"a": NaN}', "NaN is not a JSON number"),
        ('{"a": -Infinity}', "-Infinity is not a JSON number"),
        ('{"a": {"b": 1, "c": 2, "b": 3}}', 'the key "b" is given twice'),
        ('{"\\ud800": 1, "\\ud800": 2}', 'the key "\\ud800" is given twice'),
        ("[" * 100_000, "nested too deeply"),
        ('{"a": ' + "1" * 5000 + "}", "the number 1111111"),
        ('{"a": -' + "1" * 309 + "}", "is too large"),
        ('{"a": 1e999}', "the number 1e999 is too large"),
        ('{"a": ' + "[" * 64 + "]" * 64 + "}", "nested too deeply"),
        ('{"\\udfff": 1}', "\\udfff is half a character"),
        (b'{"a": "\xed\xa0\x80"}', "not UTF-8 at byte 7"),
        ('{"' + "k" * 5000 + '": 1, "' + "k" * 5000 + '": 1}', "kkk... is given twice"),
        (b'{"a": "\xff"}', "not UTF-8 at byte 7"),
        ('{"a": "tab\there"}', "Invalid control character"),
    ],
)
def test_what_is_not_json_is_refused_with_the_place_or_the_reason(text: str | bytes, reason: str) -> None:
    problem = problem_of(text)
    assert problem.startswith("the request is not valid JSON: ")
    assert reason in problem


def test_a_long_document_is_not_parsed() -> None:
    """Longer than the limit and not JSON at all: the length is what is told, with its own status."""
    text = "{" * (documents.LONGEST_DOCUMENT + 1)
    assert problem_of(text) == "the request is longer than 262144 bytes"
    with pytest.raises(RequestTooLargeError) as refused:
        documents.read(text)
    assert refused.value.status == 413


def test_the_limit_counts_bytes() -> None:
    """Characters of three bytes: below the limit as characters, above it as what was sent."""
    text = '"' + "\u20ac" * (documents.LONGEST_DOCUMENT // 2) + '"'
    assert problem_of(text.encode()) == problem_of(text) == "the request is longer than 262144 bytes"


def test_what_is_at_the_limits_is_read() -> None:
    deep = "[" * documents.DEEPEST + "]" * documents.DEEPEST
    assert documents.read(deep) == json.loads(deep)
    assert documents.read("1" * 308) == int("1" * 308)
    assert documents.read('["\\ud83d\\ude00", 1e308, -0.0]') == ["\U0001f600", 1e308, 0.0]


def test_a_file_of_another_unicode_form_is_read() -> None:
    """As editors and shells of Windows write it."""
    for encoding in ("utf-8-sig", "utf-16"):
        assert documents.read('{"a": "\u00e9"}'.encode(encoding)) == {"a": "\u00e9"}


@pytest.mark.parametrize("text", ['{"a": [1.5, null, "\u00e9"]}', '{"a": [1.5, null, "\u00e9"]}'.encode()])
def test_json_is_read(text: str | bytes) -> None:
    assert documents.read(text) == {"a": [1.5, None, "\u00e9"]}
