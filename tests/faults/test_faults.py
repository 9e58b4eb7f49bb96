# SPDX-License-Identifier: Apache-2.0
"""Every AWS call of a scenario meets every fault, alone and in pairs; repeats end in what undisturbed runs end in."""

from __future__ import annotations

import random
import zlib
from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.faults.accepted import reduced
from tests.faults.conftest import Laboratory
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.wire import FAULTS, Fault

_SEED = 20261124
_PAIRS = 6

Note = Callable[[str, object], None]


def _problems(laboratory: Laboratory, scenario: Scenario, faults: Mapping[int, Fault]) -> Iterator[str]:
    """What is wrong after these faults."""
    calm = laboratory.calm(scenario)
    try:
        run = laboratory.run(scenario, faults)
    except AssertionError as error:
        yield f"{_named(laboratory, scenario, faults)}: {error}"
        return
    where = ", ".join(f"{fault} at {call.number} {call}" for call, fault in run.struck)
    for outcome in run.outcomes:
        if not outcome.is_as_designed:
            yield f"{where}: answered {outcome.told!r}"
    wanted, found = (reduced(state, scenario.name, run.struck) for state in (calm.state, run.state))
    for part in (part for part in wanted if wanted[part] != found[part]):
        yield f"{where}: {part} are {found[part]} and not {wanted[part]}"


def _named(laboratory: Laboratory, scenario: Scenario, faults: Mapping[int, Fault]) -> str:
    calls = laboratory.calm(scenario).calls
    return ", ".join(f"{fault} at {at} {calls[at - 1] if at <= len(calls) else ''}" for at, fault in faults.items())


def _ways(fault: Fault, calls: int) -> Iterator[dict[int, Fault]]:
    """Which calls are struck in one run: one of them, or all where botocore's retry goes through as if nothing was."""
    if fault.extent == "attempt" and not fault.is_after:
        yield dict.fromkeys(range(1, calls + 1), fault)
        return
    # A function that dies after a call dies before the next: only the first call is left.
    numbers = range(1, 2) if fault.how == "died" and not fault.is_after else range(1, calls + 1)
    yield from ({number: fault} for number in numbers)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_one_fault(laboratory: Laboratory, scenario: Scenario, fault: Fault, record_property: Note) -> None:
    calls = len(laboratory.calm(scenario).calls)
    found = [problem for faults in _ways(fault, calls) for problem in _problems(laboratory, scenario, faults)]
    record_property("faults", (scenario.name, calls, calls, calls - len(found)))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_two_faults(laboratory: Laboratory, scenario: Scenario, record_property: Note) -> None:
    """The second may strike the repeat of what the first has interrupted."""
    calls = len(laboratory.calm(scenario).calls)
    chosen = random.Random(zlib.crc32(scenario.name.encode()) ^ _SEED)
    single = [fault for fault in FAULTS if fault.extent != "rest"]
    found = []
    for _ in range(_PAIRS):
        first, second = chosen.sample(range(1, 2 * calls + 2), 2)
        faults = {first: chosen.choice(single), second: chosen.choice(single)}
        found += _problems(laboratory, scenario, faults)
    record_property("faults", (scenario.name, calls, _PAIRS, _PAIRS - len(found)))
    assert not found, "\n".join(found)
