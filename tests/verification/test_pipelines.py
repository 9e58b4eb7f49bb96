# SPDX-License-Identifier: Apache-2.0
"""Hours of calls: one that gets lost on its way fails nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

from mlops_orchestrator.aws.api_client import Answer, ApiError
from scripts.verification.parts import pipelines
from scripts.verification.scene import PartFailedError

_GOOD = Answer(200, {"pipeline_id": "arn"})
_BUSY = Answer(503, {"message": "AWS is busy."})


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipelines, "_PAUSE_SECONDS", 0)


def calling(*outcomes: Answer | Exception) -> tuple[Callable[[], Answer], list[Answer | Exception]]:
    """A call with these outcomes, and those that are left."""
    left = list(outcomes)

    def call() -> Answer:
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return call, left


@pytest.mark.parametrize(
    "lost",
    [
        _BUSY,
        ReadTimeoutError(endpoint_url="u"),
        ConnectTimeoutError(endpoint_url="u"),
        ApiError("502, and not in JSON"),
    ],
    ids=["busy", "no-answer", "no-connection", "no-json"],
)
def test_it_is_asked_again(lost: Answer | Exception) -> None:
    call, left = calling(lost, lost, lost, _GOOD)
    assert pipelines.asked(call) == _GOOD.body
    assert left == []


def test_a_refusal_is_not_asked_again() -> None:
    call, left = calling(Answer(400, {"message": "Bad request"}), _GOOD)
    with pytest.raises(PartFailedError, match="the API answered 400"):
        pipelines.asked(call)
    assert left == [_GOOD]


def test_what_stays_busy_fails() -> None:
    call, left = calling(_BUSY, _BUSY, _BUSY, _BUSY, _GOOD)
    with pytest.raises(PartFailedError, match="the API answered 503"):
        pipelines.asked(call)
    assert left == [_GOOD]
