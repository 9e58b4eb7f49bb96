# SPDX-License-Identifier: Apache-2.0
"""Whoever collects the tests finds the same ones, under names: workers, machines, another zone and another day."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.sampling import DEFAULT_SEED, Sampling

ROOT: Final = Path(__file__).parents[1]
_COLLECT: Final = (sys.executable, "-m", "pytest", "--collect-only", "-p", "no:cacheprovider", "-p", "no:randomly")
_LONGEST: Final = 300
_PLACES: Final = (
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "2", "TZ": "America/St_Johns", "LC_ALL": "C.UTF-8"},
)
_RANDOM: Final = re.compile(
    r"(?<!\\)\\[xu]|0x[0-9a-f]{6}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-|\d{4}-\d\d-\d\dT\d\d:| object at ", re.IGNORECASE
)


def collected(place: dict[str, str]) -> list[str]:
    """The ids of the whole suite, in the order in which a process finds them."""
    # A worker of pytest-xdist tells its children that they are workers.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    told = subprocess.run(_COLLECT, cwd=ROOT, env=inherited | place, capture_output=True, check=False, text=True)
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr[-2000:]
    return [line for line in told.stdout.splitlines() if "::" in line]


def test_two_processes_collect_the_same_tests_and_ids_are_names() -> None:
    """The second begins after the first has ended, so that the time is another one, too."""
    first, second = (collected(place) for place in _PLACES)
    assert first == second
    assert len(set(first)) == len(first) > 1000
    assert [id_ for id_ in first if _RANDOM.search(id_) or not id_.isascii() or len(id_) > _LONGEST] == []


class TestSampling:
    """The choice."""

    CASES: Final = [f"case {number}" for number in range(100)]

    def test_a_seed_chooses_by_name(self) -> None:
        sampling = Sampling(DEFAULT_SEED, is_exhaustive=False)
        chosen = sampling.of(self.CASES, 10)
        assert len(chosen) == 10
        assert chosen == sorted(chosen, key=self.CASES.index)
        assert set(sampling.of(reversed(self.CASES), 10)) == set(chosen)
        assert set(sampling.of([*self.CASES, "another"], 10)) - {"another"} <= set(chosen)
        assert Sampling(1, is_exhaustive=False).of(self.CASES, 10) != chosen
        assert sampling.size(100, 10) == 10

    def test_everything_is_everything(self) -> None:
        sampling = Sampling(DEFAULT_SEED, is_exhaustive=True)
        assert sampling.of(self.CASES, 10) == self.CASES
        assert sampling.size(100, 10) == 100


pytest_plugins = ("pytester",)


def test_a_run_leaves_out_what_is_not_in_its_sample(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("from tests.conftest import *")
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.sampled(3)
        @pytest.mark.parametrize("number", range(20))
        def test_number(number): pass

        @pytest.mark.sampled(2, of="letter")
        @pytest.mark.parametrize("number", range(20))
        @pytest.mark.parametrize("letter", "abc")
        def test_letter(letter, number): pass

        @pytest.mark.parametrize("content", [b"a", b"b", "\\n", "x" * 61])
        def test_name(content): pass
        """
    )
    first, other, everything = (
        {
            line.partition("::")[2]
            for line in pytester.runpytest("--collect-only", "-q", *options).outlines
            if "::" in line
        }
        for options in ((), ("--sample-seed", "1"), ("--exhaustive",))
    )
    assert [sum(name in id_ for id_ in first) for name in ("number", "[a-", "[b-", "[c-", "name")] == [3, 2, 2, 2, 4]
    assert len(first) == len(other) == 3 + 6 + 4
    assert first != other
    assert len(everything) == 20 + 60 + 4
    assert {id_ for id_ in first if "name" in id_} == {f"test_name[content{number}]" for number in range(4)}
