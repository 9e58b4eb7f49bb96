# SPDX-License-Identifier: Apache-2.0
"""A hint runs as it is printed: by name where a shell finds this program by it, else by its path."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from mlops_orchestrator.settings import hints


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program of an environment below the current folder, which was called by its path."""
    program = tmp_path / ".venv" / "bin" / "mlops"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [str(program), "list"])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/usr/bin")
    return program


def test_path_serves_where_the_name_is_not_found(called: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert hints.command("list") == ".venv/bin/mlops list"
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert hints.command("list") == f"{called} list"


def test_name_serves_where_it_finds_this_program(called: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(called.parent))
    assert hints.command("list") == "mlops list"


def test_another_program_of_that_name_is_not_named(
    called: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "mlops").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "elsewhere"))
    assert hints.command("list") == ".venv/bin/mlops list"


def test_other_entry_points_name_the_program_of_their_environment(
    called: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo and the tests are no `mlops`."""
    monkeypatch.setattr(sys, "argv", ["-c"])
    monkeypatch.setattr(sys, "executable", str(called.with_name("python")))
    assert hints.command("list") == ".venv/bin/mlops list"


def test_path_with_a_space_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "my tools" / "mlops"
    program.parent.mkdir()
    program.touch(mode=0o755)
    monkeypatch.setattr(sys, "argv", [str(program)])
    monkeypatch.setenv("PATH", "/usr/bin")
    monkeypatch.chdir("/")
    assert hints.command("list").startswith("'")
