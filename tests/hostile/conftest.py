# SPDX-License-Identifier: Apache-2.0
"""Seeds, and a summary of all that was tried.

A sample has the bodies of its own seed. With `--exhaustive` half of the bodies are the same in each run, and half are
new: `MLOPS_HOSTILE_SEED`, told at the beginning, repeats those of another run. `MLOPS_TRUST_REPORT` names a folder for
the summary.
"""

from __future__ import annotations

import json
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, seed
from hypothesis import settings as hypothesis_settings

from tests import committed
from tests.hostile.account import EmptyAccount
from tests.hostile.answers import Function
from tests.sampling import Sampling, of_session
from tests.test_conventions import settings

SEED: Final = "MLOPS_HOSTILE_SEED"
FIXED_SEED: Final = 20261124
_REPORT: Final = "MLOPS_TRUST_REPORT"
_SAME: Final = "the same bodies"
_NEW: Final = "new bodies"


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
        terminalreporter.write_line(f"hostile requests: {dict(self._counts)}, the longest took {seconds:.2f} s")
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
        if terminal is not None and of_session(config).is_exhaustive:
            terminal.write_line(f"hostile requests: {SEED}={seed}")


@pytest.fixture(scope="session")
def account() -> EmptyAccount:
    """One for all tests: each finds it empty, and its clients are slow to make."""
    return EmptyAccount()


Deployed = Callable[..., Function]


@pytest.fixture
def deployed(
    monkeypatch: pytest.MonkeyPatch, account: EmptyAccount, request: pytest.FixtureRequest
) -> Iterator[Deployed]:
    """`deployed(multi_account=True)` is the function of such an orchestrator."""
    made: list[Function] = []

    def deploy(*, multi_account: bool = False) -> Function:
        made.append(Function(settings(multi_account=multi_account), committed.declared(), account, monkeypatch))
        return made[-1]

    yield deploy
    monkeypatch.undo()
    for function in made:
        tally = function.tally
        told = json.dumps([tally.counts, tally.longest, tally.longest_body])
        request.node.user_properties.append(("hostile", told))


@dataclass(frozen=True)
class Trying:
    """How many bodies of which seed a test tries."""

    seed: int
    sampling: Sampling

    def __call__(self, whole: int) -> Callable[[Any], Any]:
        """Run a test's inner function with so many bodies, or a sixth of them; nothing is kept between runs."""
        # A body that breaks something is made as small as it can be; that costs nothing as long as none does.
        chosen = hypothesis_settings(
            max_examples=self.sampling.size(whole, whole // 6),
            database=None,
            deadline=None,
            print_blob=False,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        )
        return lambda test: seed(self.seed)(chosen(test))


@pytest.fixture
def trying(request: pytest.FixtureRequest, sampling: Sampling) -> Trying:
    """`@trying(175)` above `@given(...)`."""
    seeds = {_SAME: FIXED_SEED if sampling.is_exhaustive else sampling.seed, _NEW: int(os.environ[SEED])}
    return Trying(seeds[request.param], sampling)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Bodies that are new in each run belong to an exhaustive one: what fails in a sample fails again."""
    if "trying" in metafunc.fixturenames:
        seeds = [_SAME, _NEW] if of_session(metafunc.config).is_exhaustive else [_SAME]
        metafunc.parametrize("trying", seeds, indirect=True)
