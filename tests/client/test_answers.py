# SPDX-License-Identifier: Apache-2.0
"""Answers of APIs as errors, and rows as what a model reads: what needs no orchestrator."""

from __future__ import annotations

from typing import Any

import pytest

import mlops_orchestrator
from mlops_orchestrator import Failed, MlopsError, NotFound, Orchestrator, RequestRefused
from mlops_orchestrator.aws.api_client import Answer
from mlops_orchestrator.client import html, predictions
from mlops_orchestrator.client.answers import accepted
from mlops_orchestrator.client.predictions import Prediction


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (400, {"message": "Bad.", "errors": [{"key": "a", "problem": "is no"}]}, RequestRefused, "Bad.\n  a: is no"),
        (413, {"message": "Too long."}, RequestRefused, "Too long."),
        (404, {"message": "There is none."}, NotFound, "There is none."),
        (403, {"Message": "not authorized"}, Failed, "not authorized"),
        (502, {"message": "No.", "detailedMessage": "why", "request_id": "r"}, Failed, "No.\n  why\n  request id: r"),
        (500, {}, Failed, "The API answered 500."),
    ],
    ids=["refused", "too long", "not found", "of the gateway", "failed", "nothing said"],
)  # fmt: skip
def test_an_answer_that_is_no_success_is_an_error(
    status: int, body: dict[str, Any], error: type[MlopsError], words: str
) -> None:
    with pytest.raises(error) as raised:
        accepted(Answer(status, body))
    assert type(raised.value) is error
    assert str(raised.value) == words
    assert raised.value.status == status


def test_problems_are_told_once() -> None:
    body = {"message": "Bad.", "errors": [{"key": "a", "problem": "is no"}], "detailedMessage": "a: is no"}
    with pytest.raises(RequestRefused) as raised:
        accepted(Answer(400, body))
    assert str(raised.value).count("is no") == 1


def test_rows_become_csv_that_keeps_commas_and_quotes() -> None:
    assert predictions.text([[1, 'a "quoted", text'], ["", 2.5]]) == '1,"a ""quoted"", text"\n,2.5\n'
    assert predictions.text([{"x": 1, "y": 2}]) == "1,2\n"


@pytest.mark.parametrize(
    ("content", "numbers"),
    [(b"0.5\n0.25", [0.5, 0.25]), (b"0.5,0.25", [0.5, 0.25]), (b"[0.5, 1]", [0.5, 1.0]), (b"[[1], [2]]", [1.0, 2.0])],
    ids=["lines", "one line", "json", "nested"],
)
def test_numbers_of_an_answer(content: bytes, numbers: list[float]) -> None:
    assert Prediction(content).numbers == numbers


def test_words_are_no_numbers() -> None:
    with pytest.raises(ValueError, match="benign"):
        _ = Prediction(b"benign\n").numbers
    assert Prediction(b"benign,0.9\n").rows == [["benign", "0.9"]]
    assert Prediction(b'{"scores": [1]}').json() == {"scores": [1]}


def test_a_notebook_runs_nothing_of_what_it_shows() -> None:
    shown = html.table(("<script>",), [("<img onerror=1>",)], "<b>")
    assert "<script>" not in shown
    assert "<img" not in shown
    assert "&lt;b&gt;" in shown


def test_names_of_the_package() -> None:
    assert mlops_orchestrator.Orchestrator is Orchestrator
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = mlops_orchestrator.Nothing


def test_an_address_that_answers_something_else_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from mlops_orchestrator.aws.api_client import SignedClient  # noqa: PLC0415

    monkeypatch.setattr(SignedClient, "send", lambda *_: (200, b"<html>"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    with pytest.raises(Failed, match="not in JSON"):
        Orchestrator(region="eu-west-1", url="https://example.com/prod").get("churn")
