# SPDX-License-Identifier: Apache-2.0

import pytest

from scripts.load import estimate, figures
from scripts.load.estimate import Seen
from scripts.load.figures import Figures
from scripts.load.pacing import Call, Plan, Reply, Run


def calls(*milliseconds: float, variant: str = "", error: str = "", late: float = 0) -> list[Call]:
    return [Call(late / 1000, one / 1000, Reply(variant, error)) for one in milliseconds]


def test_percentiles_are_of_the_calls_that_were_answered() -> None:
    found = Figures.of([*calls(*range(1, 102)), *calls(9000, error="HTTP 424: broken")])
    assert found.document() == {
        "calls": 102,
        "failed": 1,
        "latency_ms": {"p50": 51.0, "p90": 91.0, "p95": 96.0, "p99": 100.0, "max": 101.0},
    }
    assert found.errors == {"HTTP 424: broken": 1}


def test_one_call_is_all_percentiles_and_no_answer_is_none() -> None:
    assert Figures.of(calls(7)).document()["latency_ms"] == {"p50": 7, "p90": 7, "p95": 7, "p99": 7, "max": 7}
    assert Figures.of(calls(7, error="HTTP 503")).document()["latency_ms"] is None


def test_figures_are_told_by_variant() -> None:
    made = [*calls(1, 1, variant="b"), *calls(2, variant="a"), *calls(3, error="HTTP 504")]
    found = figures.by_variant(made)
    assert {name: (one.calls, one.failed) for name, one in found.items()} == {
        "a": (1, 0), "b": (2, 0), "unknown": (1, 1),
    }  # fmt: skip


def test_the_rate_is_that_at_which_calls_began() -> None:
    assert figures.rate(Run(calls(1, 1, 1), 0.5)) == 4
    assert figures.rate(Run(calls(1), 0)) == 1


RATE = "answered 40 calls/s at p95 120 ms: for twice as many calls at this latency take"


def seen(made: list[Call], instances: int | None) -> str:
    lateness = figures.spread([call.lateness for call in made])
    assert lateness is not None
    return estimate.words(Seen(Plan(40, 1), Figures.of(made), lateness, instances))


@pytest.mark.parametrize(
    ("made", "instances", "words"),
    [
        (calls(120, 120), 1, f"One instance {RATE} 2,"),
        (calls(120, 120), 3, f"3 instances {RATE} 6,"),
        (calls(120, 120), None, "how many instances it has is not known"),
        (calls(1, error="HTTP 503"), 1, "No call was answered"),
        ([*calls(*[5.0] * 9), *calls(1, error="HTTP 503")], 1, "10% of the calls failed"),
        (calls(120, 120, late=400), 1, "5 % of the calls began 400 ms too late"),
    ],
    ids=["one", "three", "unknown", "none", "errors", "late"],
)  # fmt: skip
def test_the_estimate_says_what_was_seen(made: list[Call], instances: int | None, words: str) -> None:
    assert words in seen(made, instances)
