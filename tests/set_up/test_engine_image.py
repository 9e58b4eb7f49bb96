# SPDX-License-Identifier: Apache-2.0
"""Which Python runs the libraries of the image in which monitors run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from scripts.environments import engine_image, test_pythons

_ABSENT = "Python 3.12, which the image has, is not here: "


Made = Callable[..., tuple[int, list[str]]]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Made:
    """How the program ends on a machine with some interpreters, each of which notes what it is given."""

    def main(pythons: Iterable[str], status: int = 0) -> tuple[int, list[str]]:
        notes, found = tmp_path / "notes", {}
        for version in pythons:
            found[version] = tmp_path / f"python{version}"
            found[version].write_text(f'#!/bin/sh\necho "$(basename "$0") $*" >> {notes}\nexit {status}\n')
            found[version].chmod(0o755)
        monkeypatch.setattr(test_pythons, "found", lambda version: str(found[version]) if version in found else None)
        monkeypatch.setattr(sys, "argv", ["engine_image", "locks/engine-image.txt", str(tmp_path / "made")])
        ended = engine_image.main()
        return ended, notes.read_text().splitlines() if notes.exists() else []

    return main


@pytest.mark.parametrize(
    ("pythons", "chosen", "said"),
    [("3.11 3.12", "3.12", ""), ("3.11 3.13", "3.11", f"{_ABSENT}Python 3.11 runs its libraries\n")],
    ids=["as-the-image", "older"],
)
def test_the_image_s_python_is_taken_or_said_to_be_absent(
    made: Made, capfd: pytest.CaptureFixture[str], pythons: str, chosen: str, said: str
) -> None:
    ended, notes = made(pythons.split())
    assert ended == 0
    assert [note.rpartition("/")[0].rpartition(" ")[0] for note in notes] == [
        f"python{chosen} -m scripts.environments.set_up locks/engine-image.txt"
    ]
    assert capfd.readouterr().out == said


def test_without_a_python_that_its_libraries_run_on_this_environment_is_used(
    made: Made, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ended, _ = made(["3.13"])
    assert ended == 0
    assert capfd.readouterr().out == f"{_ABSENT}jobs run with this environment's libraries instead\n"
    assert list((tmp_path / "made").iterdir()) == []


def test_an_environment_that_was_not_made_is_a_failure(made: Made) -> None:
    assert made(["3.12"], status=1)[0] == 1
