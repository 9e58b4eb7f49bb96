# SPDX-License-Identifier: Apache-2.0
"""A hint runs as it is printed: by name where a shell finds this program by it, else by its path."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mlops_orchestrator.settings import hints
from scripts.paths import ROOT


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


def _messages(tree: ast.Module) -> Iterator[str]:
    """Texts of a module that are neither documentation nor the help of an option."""
    shown = {id(text) for node in ast.walk(tree) for holder in _for_readers(node) for text in ast.walk(holder)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in shown:
            yield node.value


def _for_readers(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Expr):
        return [node.value] if isinstance(node.value, ast.Constant) else []
    return [word.value for word in node.keywords if word.arg == "help"] if isinstance(node, ast.Call) else []


@pytest.mark.parametrize("folder", ["cli", "demo", "installed", "launch"])
def test_every_hint_is_made_here(folder: str) -> None:
    """A command in a message would have a name that the reader's shell may not find."""
    verbs = "local|new|check|deploy|destroy|provision|status|list|delete|approve|reject|mail|retry"
    command = re.compile(rf"mlops ({verbs})\b")
    # What the API says of the command line is replaced as a whole.
    files = [path for path in (ROOT / "scripts" / folder).rglob("*.py") if path.name != "api_words.py"]
    texts = [(path.name, text) for path in files for text in _messages(ast.parse(path.read_text("utf-8")))]

    assert texts
    assert [(name, text) for name, text in texts if command.search(text)] == []
