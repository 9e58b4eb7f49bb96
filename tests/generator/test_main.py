# SPDX-License-Identifier: Apache-2.0
"""`python -m generator` as it is called: what it writes, and how it tells drift."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from generator import files
from tests import committed

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
BLUEPRINT = "blueprints/realtime_inference.yaml"


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.yaml")}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(TEMPLATES, tmp_path / "templates")


Generator = Callable[..., int]


@pytest.fixture
def generator(copy: Path, monkeypatch: pytest.MonkeyPatch) -> Generator:
    """`generator("--check")`: its status for the copy, in this process."""

    def run(*arguments: str) -> int:
        monkeypatch.setattr(sys, "argv", ["generator", *arguments, "--output", str(copy)])
        return files.main("generator", committed.generated, TEMPLATES, "*.yaml")

    return run


@pytest.mark.parametrize("hash_seed", ["1", "2"])
def test_the_committed_templates_are_the_generated_ones(hash_seed: str) -> None:
    """Whatever order a process has its sets in, to the byte."""
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'lambda_src'}", "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-m", "generator", "--check"]
    check = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def test_a_changed_template_is_drift(copy: Path, generator: Generator, capsys: pytest.CaptureFixture[str]) -> None:
    changed = copy / BLUEPRINT
    changed.write_text(changed.read_text(encoding="utf-8").replace("text/csv", "text/tsv"), encoding="utf-8")
    before = content(copy)
    assert generator("--check") == 1
    told = capsys.readouterr().out
    assert f"--- committed/{BLUEPRINT}\n+++ generated/{BLUEPRINT}\n" in told
    assert any(line.startswith("-") and "text/tsv" in line for line in told.splitlines())
    assert any(line.startswith("+") and "text/csv" in line for line in told.splitlines())
    assert content(copy) == before, "a check writes nothing"


def test_a_missing_and_a_left_over_template_are_drift_and_are_mended(
    copy: Path, generator: Generator, capsys: pytest.CaptureFixture[str]
) -> None:
    (copy / BLUEPRINT).rename(copy / "blueprints/of_the_past.yaml")
    assert generator("--check") == 1
    told = capsys.readouterr().out
    assert f"+++ generated/{BLUEPRINT}" in told
    assert "--- committed/blueprints/of_the_past.yaml" in told
    assert generator() == 0
    assert content(copy) == content(TEMPLATES)
