# SPDX-License-Identifier: Apache-2.0
"""An approval waits as long as its action says, and seven days otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scripts.local_aws.codepipeline.actions import ActionContext, ActionFailedError, manual_approval
from scripts.local_aws.codepipeline.model import ActionRun, Approval, Execution, Pipeline, Trigger

SEVEN_DAYS = 7 * 24 * 3600


class Clock:
    """Waits without waiting: it notes how long, and says whether somebody has answered by then."""

    def __init__(self, run: ActionRun, answer: Approval | None) -> None:
        self._run, self._answer = run, answer
        self.waited: list[float] = []

    def __call__(self, condition: Callable[[], bool], seconds: float, resting: bool = False) -> bool:
        self.waited.append(seconds)
        self._run.approval = self._answer
        return condition()


def asked(answer: Approval | None, **declared: Any) -> tuple[ActionContext, Clock]:
    run = ActionRun("DeployDev", {"name": "DeployStaging", "configuration": {}, **declared})
    pipeline = Pipeline("123456789012", "eu-west-1", "mlops-pipeline-quay")
    clock = Clock(run, answer)
    return ActionContext(pipeline, Execution({}, Trigger("", "")), run, clock), clock


@pytest.mark.parametrize(
    ("declared", "seconds", "words"),
    [({"timeoutInMinutes": 90}, 5400, "1:30:00"), ({}, SEVEN_DAYS, "7 days")],
)
def test_an_approval_that_nobody_answers_fails_in_time(declared: dict[str, Any], seconds: int, words: str) -> None:
    context, clock = asked(None, **declared)
    with pytest.raises(ActionFailedError, match=words):
        manual_approval(context)
    assert clock.waited == [seconds]


def test_an_answer_in_time_counts() -> None:
    context, clock = asked(Approval(approved=True, summary="fine", by="me"), timeoutInMinutes=5)
    assert manual_approval(context) == "fine"
    assert clock.waited == [300]
