# SPDX-License-Identifier: Apache-2.0
"""Every AWS call of a scenario meets every fault, alone and in pairs; repeats end in what undisturbed runs end in."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping

import pytest

from tests.faults.accepted import reduced
from tests.faults.conftest import Laboratory
from tests.faults.scenarios import SCENARIOS, Scenario
from tests.faults.wire import FAULTS, Fault
from tests.sampling import Sampling

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


def _ways(fault: Fault, scenario: str, calls: int, sampling: Sampling) -> Iterator[dict[int, Fault]]:
    """Which calls are struck in one run: one of them, or all where botocore's retry goes through as if nothing was.

    In a sample each call meets one fault of each kind.
    """
    for number in range(1, calls + 1):
        kind = _kind(fault, number)
        alike = [other for other in FAULTS if kind and _kind(other, number) == kind]
        if fault in sampling.of(alike, 1, lambda other, at=number: f"{scenario} {at} {other}"):
            yield dict.fromkeys(range(1, calls + 1), fault) if kind == "retried before" else {number: fault}


def _kind(fault: Fault, number: int) -> str:
    """Faults of one kind have nearly the same consequences; none, if another fault is the same at this call."""
    when = "after" if fault.is_after else "before"
    if fault.extent == "attempt":
        # Before the effect all calls are struck in one run.
        return f"retried {when}" if fault.is_after or number == 1 else ""
    # A function that dies after a call dies before the next: only the first call is left.
    return when if fault.is_after or fault.how != "died" or number == 1 else ""


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_one_fault(
    laboratory: Laboratory, scenario: Scenario, fault: Fault, sampling: Sampling, record_property: Note
) -> None:
    calls = len(laboratory.calm(scenario).calls)
    ways = list(_ways(fault, scenario.name, calls, sampling))
    found = [problem for faults in ways for problem in _problems(laboratory, scenario, faults)]
    record_property("faults", (scenario.name, calls, calls, calls - len(found)))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=str)
def test_two_faults(laboratory: Laboratory, scenario: Scenario, sampling: Sampling, record_property: Note) -> None:
    """The second may strike the repeat of what the first has interrupted."""
    calls = len(laboratory.calm(scenario).calls)
    chosen = random.Random(f"{scenario.name} {sampling.seed}")
    single = [fault for fault in FAULTS if fault.extent != "rest"]
    found, pairs = [], sampling.size(6, 2)
    for _ in range(pairs):
        first, second = chosen.sample(range(1, 2 * calls + 2), 2)
        faults = {first: chosen.choice(single), second: chosen.choice(single)}
        found += _problems(laboratory, scenario, faults)
    record_property("faults", (scenario.name, calls, pairs, pairs - len(found)))
    assert not found, "\n".join(found)
