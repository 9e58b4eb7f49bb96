# SPDX-License-Identifier: Apache-2.0
"""Seeds, and a summary of all that was tried.

Half of the bodies are the same in each run, the other half are new; `MLOPS_HOSTILE_SEED` repeats those of another run.
The seed is told at the beginning, and again by a test that fails. `MLOPS_TRUST_REPORT` names a folder for the summary.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from generator import catalogue
from tests.hostile.answers import Function
from tests.hostile.plans import Templates
from tests.test_conventions import settings

SEED: Final = "MLOPS_HOSTILE_SEED"
FIXED_SEED: Final = 20261124
_REPORT: Final = "MLOPS_TRUST_REPORT"


class _Summary:
    """Adds up what tests tell, in the process that the user has started."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._counts: Counter[str] = Counter()
        self._longest: tuple[float, str] = (0.0, "")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        told = dict(report.user_properties)
        if report.when == "teardown" and "hostile" in told:
            counts, *longest = json.loads(str(told["hostile"]))
            self._counts.update(counts)
            self._longest = max(self._longest, (longest[0], longest[1]))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if not self._counts:
            return
        seconds, body = self._longest
        terminalreporter.write_line(
            f"hostile requests: {dict(self._counts)}, the longest took {seconds:.2f} s; {SEED}={self._seed}"
        )
        if folder := os.environ.get(_REPORT):
            tried = {name: self._counts[name] for name in ("tried", "refused", "accepted", "5xx")}
            summary = {
                **tried,
                "longest_seconds": seconds,
                "longest_body": body,
                "seeds": {"fixed": FIXED_SEED, "fresh": self._seed},
            }
            Path(folder).mkdir(parents=True, exist_ok=True)
            (Path(folder) / "hostile.json").write_text(json.dumps(summary, indent=4), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    # Workers inherit the environment, so that all of them have the same seed.
    seed = int(os.environ.setdefault(SEED, str(random.SystemRandom().randrange(2**32))))
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Summary(seed))
        terminal = config.pluginmanager.get_plugin("terminalreporter")
        if terminal is not None:
            terminal.write_line(f"hostile requests: {SEED}={seed}")


@pytest.fixture(scope="session")
def templates() -> Templates:
    """The templates as troposphere has them, by path."""
    return {path: template.to_dict() for path, template in catalogue._templates()}


Deployed = Callable[..., Function]


@pytest.fixture
def deployed(
    monkeypatch: pytest.MonkeyPatch, templates: Templates, request: pytest.FixtureRequest
) -> Iterator[Deployed]:
    """`deployed(multi_account=True)` is the function of such an orchestrator."""
    made: list[Function] = []

    def deploy(*, multi_account: bool = False) -> Function:
        made.append(Function(settings(multi_account=multi_account), templates, monkeypatch))
        return made[-1]

    yield deploy
    monkeypatch.undo()
    for function in made:
        tally = function.tally
        told = json.dumps([tally.counts, tally.longest, tally.longest_body])
        request.node.user_properties.append(("hostile", told))


@pytest.fixture(params=["the same bodies", "new bodies"])
def hostile_seed(request: pytest.FixtureRequest) -> int:
    """The seed of a test's bodies."""
    return FIXED_SEED if request.param == "the same bodies" else int(os.environ[SEED])
