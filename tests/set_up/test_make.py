# SPDX-License-Identifier: Apache-2.0
"""What `make` sets up for which target, and what it says of the time: with a uv that only keeps a record."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.set_up.checkout import Checkout

PROGRAMS = ("python", "pytest", "ruff", "mypy")


@pytest.fixture
def recorded(checkout: Checkout, tmp_path: Path) -> Path:
    """The file in which every call of uv and of what it installs stands."""
    record = tmp_path / "record"
    program = f'#!/bin/sh\\necho "$0 $*" >> "{record}"\\n'
    installed = f'printf \'{program}\' > "$last/bin/$name"; chmod +x "$last/bin/$name"'
    checkout.script(
        "uv",
        f'echo "uv $*" >> "{record}"',
        'case "$1" in venv) for last; do :; done; mkdir -p "$last/bin"',
        f"for name in {' '.join(PROGRAMS)}; do {installed}; done;;",
        "esac",
    )
    for tool in ("chmod", "mkdir", "rm"):
        checkout.offer(tool, f"/bin/{tool}")
    return record


def calls(record: Path) -> list[str]:
    """Taken from the record."""
    lines = record.read_text().splitlines() if record.exists() else []
    record.unlink(missing_ok=True)
    return lines


def locks_in(lines: list[str]) -> list[str]:
    """The locks that uv was given."""
    return re.findall(r"locks/(\w+)\.txt", "\n".join(lines))


def test_a_demo_needs_less_than_the_tests(checkout: Checkout, recorded: Path) -> None:
    assert checkout.make("demo").returncode == 0
    assert locks_in(calls(recorded)) == ["local"]

    assert checkout.make("test").returncode == 0
    assert locks_in(calls(recorded)) == ["dev"]


@pytest.mark.parametrize("target", ["demo", "test"])
def test_a_second_run_installs_nothing(checkout: Checkout, recorded: Path, target: str) -> None:
    checkout.make(target)
    first = calls(recorded)
    checkout.hide("uv")

    ran = checkout.make(target)

    assert ran.returncode == 0, ran.stderr
    assert sorted(calls(recorded)) == sorted(line for line in first if not line.startswith("uv "))


def test_an_environment_for_tests_serves_the_demo(checkout: Checkout, recorded: Path) -> None:
    checkout.make("test")
    calls(recorded)
    checkout.hide("uv")

    assert checkout.make("demo").returncode == 0
    assert [Path(line.split()[0]).name for line in calls(recorded)] == ["python"]


@pytest.mark.parametrize(
    ("target", "stages"), [("demo", "setup-local run-demo"), ("test", "setup check-code tests")], ids=["demo", "test"]
)
def test_the_time_of_each_stage_is_said(checkout: Checkout, recorded: Path, target: str, stages: str) -> None:
    said = checkout.make(target).stdout.splitlines()[-1]

    assert re.sub(r"\d+ s", "N s", said) == "Took: " + ", ".join(f"{stage} N s" for stage in stages.split())


def test_nothing_runs_after_a_stage_that_failed(checkout: Checkout, recorded: Path) -> None:
    checkout.make("setup")
    calls(recorded)
    (checkout.folder / ".venv" / "bin" / "mypy").write_text("#!/bin/sh\nexit 1\n")

    ran = checkout.make("test")

    assert ran.returncode != 0
    assert "pytest" not in " ".join(calls(recorded))
    assert "Took" not in ran.stdout
