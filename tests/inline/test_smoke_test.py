# SPDX-License-Identifier: Apache-2.0
"""The function of `Custom::SmokeTest` as Lambda loads it, between an inference API and CloudFormation."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import pytest

from tests.inline.loading import loaded

FILE: Final = Path(__file__).parents[2] / "lambda_src" / "smoke_test" / "index.py"
PLENTY: Final = SimpleNamespace(get_remaining_time_in_millis=lambda: 900_000)
TEST: Final = {
    "headers": {"Content-Type": "application/json"},
    "body": "{}",
    "expected_status": 200,
    "expression": "",
    "expected": True,
    "max_latency_ms": 0,
    "calls": 2,
}
STACK: Final = (
    "arn:aws:cloudformation:eu-west-1:111122223333:stack/mlops-pipeline-berths-byompipelinerealtimebuiltin/0f"
)


@pytest.fixture
def function(tmp_path: Path) -> Iterator[ModuleType]:
    shutil.copy(FILE, tmp_path)
    (tmp_path / "smoke_test.json").write_text(json.dumps(TEST))
    with loaded(tmp_path / FILE.name, AWS_REGION="eu-west-1") as module:
        yield module


def made(function: ModuleType, *answers: tuple[int, str], **wanted: Any) -> dict[str, Any]:
    """The figures of calls that get these answers; the first is that to the call that does not count."""
    calls = function.Calls({**TEST, **wanted}, "https://api.example.com/prod/inference")
    coming = iter(answers)
    calls._call = lambda: next(coming)
    figures: dict[str, Any] = calls.made(PLENTY)
    assert next(coming, None) is None, "fewer calls were made than answered"
    return figures


OK: Final = (200, '{"score": 0.75}')


@pytest.mark.parametrize(
    ("answer", "wanted", "problem"),
    [
        pytest.param(OK, {}, "", id="status"),
        pytest.param(
            (424, "out of memory"), {}, "status 424 came, 200 was expected. The answer: out of memory", id="bad"
        ),
        pytest.param((400, "no"), {"expected_status": 400}, "", id="refusal is wanted"),
        pytest.param((0, "timed out"), {}, "no answer came: timed out", id="silence"),
        pytest.param(OK, {"expression": "score > `0.5`"}, "", id="comparison"),
        pytest.param(OK, {"expression": "score", "expected": 0.75}, "", id="value"),
        pytest.param(
            OK,
            {"expression": "score", "expected": 1},
            'score is 0.75, 1 was expected. The answer: {"score": 0.75}',
            id="other value",
        ),
        pytest.param((200, "1"), {"expression": "@"}, "@ is 1, true was expected. The answer: 1", id="one is not true"),
        pytest.param((200, "a,b\n"), {"expression": "@", "expected": "a,b"}, "", id="text"),
        pytest.param(
            (200, "a"),
            {"expression": "abs(@)"},
            "abs(@) cannot be evaluated: ",
            id="expression of another type",
        ),
    ],
)
def test_each_call_is_held_against_what_is_wanted(
    function: ModuleType, answer: tuple[int, str], wanted: dict[str, Any], problem: str
) -> None:
    figures = made(function, OK, answer, answer, **wanted)
    expected = f"The smoke test failed at call 1 of 2: {problem}" if problem else ""
    assert figures["problem"].startswith(expected)
    assert bool(figures["problem"]) == bool(problem)
    assert (figures["calls"], figures["errors"]) == (2, 2 if problem else 0)


def test_one_bad_answer_among_good_ones_is_told_with_its_number(function: ModuleType) -> None:
    figures = made(function, OK, OK, (500, "late"), OK, calls=3)
    assert figures["errors"] == 1
    assert figures["problem"].startswith("The smoke test failed at call 2 of 3: status 500 came")


class TestThrottled:
    """A throttle below the rate of the calls says nothing of the model."""

    TOO_MANY: Final = (429, '{"message": "Too Many Requests"}')

    @pytest.fixture
    def slept(self, function: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        found: list[float] = []
        monkeypatch.setattr(function.time, "sleep", found.append)
        return found

    def test_a_call_that_is_refused_waits_and_counts_once(self, function: ModuleType, slept: list[float]) -> None:
        figures = made(function, OK, OK, self.TOO_MANY, self.TOO_MANY, OK)
        assert (figures["calls"], figures["errors"], slept) == (2, 0, [1, 1])

    def test_whoever_wants_a_refusal_gets_it_at_once(self, function: ModuleType, slept: list[float]) -> None:
        figures = made(function, OK, self.TOO_MANY, self.TOO_MANY, expected_status=429)
        assert (figures["errors"], slept) == (0, [])

    def test_it_is_told_when_the_time_is_over(self, function: ModuleType, slept: list[float]) -> None:
        left = iter([900_000, 900_000, 40_000, 40_000])
        calls = function.Calls(TEST, "https://api.example.com/prod/inference")
        calls._call = lambda: self.TOO_MANY
        figures = calls.made(SimpleNamespace(get_remaining_time_in_millis=lambda: next(left)))
        assert (figures["calls"], figures["errors"], slept) == (1, 2, [1])
        assert figures["problem"].startswith("The smoke test failed at call 1 of 2: status 429 came, 200 was expected")


def test_a_slow_answer_is_a_failure(function: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    moments = iter([0.0, 0.1, 1.0, 1.9])
    monkeypatch.setattr(function.time, "perf_counter", lambda: next(moments))
    figures = made(function, OK, OK, OK, max_latency_ms=500)
    assert figures["problem"].endswith("call 2 of 2: it took 900 ms, and at most 500 ms are wanted")
    assert (figures["p50_ms"], figures["p95_ms"], figures["max_ms"]) == (100, 900, 900)


def test_no_call_makes_a_session_which_would_be_part_of_its_latency(
    function: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = function.Calls(TEST, "https://api.example.com/prod/inference")
    monkeypatch.setattr(function.boto3, "Session", None)
    monkeypatch.setattr(calls._session, "send", lambda _: SimpleNamespace(status_code=200, content=b"{}"))
    figures = calls.made(PLENTY)
    assert (figures["calls"], figures["errors"]) == (2, 0)


def test_what_is_not_known_yet_is_waited_for(function: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(function.time, "sleep", pauses.append)
    assert made(function, (403, "new"), (403, "new"), OK, OK, OK)["problem"] == ""
    assert len(pauses) == 2


def test_calls_end_in_time_for_the_answer(function: ModuleType) -> None:
    left = iter([900_000, 900_000, 1000, 1000])
    calls = function.Calls({**TEST, "calls": 5}, "https://api.example.com/prod/inference")
    calls._call = lambda: OK
    figures = calls.made(SimpleNamespace(get_remaining_time_in_millis=lambda: next(left)))
    assert figures["problem"].endswith("only 2 of 5 calls were made in the time that the test has")


@pytest.fixture
def answered(function: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What CloudFormation is told; nobody hears of the figures."""
    told: list[dict[str, Any]] = []

    def carry(request: Any, timeout: int) -> Any:
        told.append(json.loads(request.data))
        return nullcontext()

    monkeypatch.setattr(function.urllib.request, "urlopen", carry)
    monkeypatch.setattr(function, "_tell", lambda *_: None)
    return told


def _event(kind: str, served: list[str], physical_id: str = "") -> dict[str, Any]:
    about = {
        "StackId": STACK,
        "RequestId": "5c0f",
        "LogicalResourceId": "SmokeTest",
        "ResponseURL": "https://s3/answer",
    }
    properties = {"Url": "https://api.example.com/prod/inference", "Served": served, "Bus": "arn:bus"}
    changed = {"PhysicalResourceId": physical_id} if physical_id else {}
    return {**about, **changed, "RequestType": kind, "ResourceProperties": properties}


def _model(function: ModuleType, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    monkeypatch.setattr(function.Calls, "_call", lambda _: (status, "words"))


def test_a_rollback_to_what_has_passed_succeeds_whatever_it_answers(
    function: ModuleType, answered: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else CloudFormation could not roll back."""
    _model(function, monkeypatch, 200)
    function.handler(_event("Create", ["one", "a"]), PLENTY)
    first = answered[-1]["PhysicalResourceId"]
    function.handler(_event("Update", ["two", "a"], first), PLENTY)
    second = answered[-1]["PhysicalResourceId"]
    assert [one["Status"] for one in answered] == ["SUCCESS", "SUCCESS"]
    assert first != second

    _model(function, monkeypatch, 500)
    function.handler(_event("Update", ["three", "a"], second), PLENTY)
    assert answered[-1]["Status"] == "FAILED"
    assert "status 500 came, 200 was expected. The answer: words" in answered[-1]["Reason"]
    # Of the update that failed, and of one in which something else failed.
    for served, known in ((["two", "a"], answered[-1]["PhysicalResourceId"]), (["one", "a"], second)):
        function.handler(_event("Update", served, known), PLENTY)
        assert answered[-1]["Status"] == "SUCCESS"


def test_a_deletion_asks_nothing(
    function: ModuleType, answered: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(function, "Calls", None)
    function.handler(_event("Delete", ["one", "a"], "0f1e"), PLENTY)
    assert (answered[-1]["Status"], answered[-1]["PhysicalResourceId"]) == ("SUCCESS", "0f1e")


def test_whatever_goes_wrong_cloudformation_is_told(function: ModuleType, answered: list[dict[str, Any]]) -> None:
    Path(function.__file__ or "").with_name("smoke_test.json").unlink()
    function.handler(_event("Create", ["one", "a"]), PLENTY)
    assert answered[-1]["Status"] == "FAILED"
    assert answered[-1]["Reason"].startswith("The smoke test could not be made: FileNotFoundError")
