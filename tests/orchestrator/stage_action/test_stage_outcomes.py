# SPDX-License-Identifier: Apache-2.0
"""Messages of any length within CodePipeline's limit."""

from __future__ import annotations

import pytest

from orchestrator.stage_action.outcomes import listed


@pytest.mark.parametrize("count", [0, 1, 5, 49, 50, 1000])
@pytest.mark.parametrize("length", [1, 99, 5000])
def test_the_whole_always_fits(count: int, length: int) -> None:
    message = listed("Head.", [f"{number} {'x' * length}" for number in range(count)])
    assert message.startswith("Head.")
    assert len(message) <= 5000
    lines = message.splitlines()[1:]
    shown = [line for line in lines if not line.startswith("... and ")]
    left_out = int(lines[-1].split()[2]) if lines and lines[-1].startswith("... and ") else 0
    assert len(shown) + left_out == count


def test_what_fits_is_not_shortened() -> None:
    entries = ["1 in eu-west-1: " + "x" * 900 for _ in range(5)]
    assert listed("Head.", entries).splitlines()[1:] == entries


def test_a_reason_of_several_lines_stays_one_entry() -> None:
    assert listed("Head.", ["a\n\n  b"]) == "Head.\na b"
