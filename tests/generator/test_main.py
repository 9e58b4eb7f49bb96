# SPDX-License-Identifier: Apache-2.0
"""`python -m generator` as it is called: what it writes, and how it tells drift."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates"
BLUEPRINT = "blueprints/realtime_inference.yaml"


def generator(output: Path, *arguments: str, hash_seed: str = "random") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'lambda_src'}", "PYTHONHASHSEED": hash_seed}
    command = [sys.executable, "-m", "generator", "--output", str(output), *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def content(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.yaml")}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return shutil.copytree(TEMPLATES, tmp_path / "templates")


def test_the_committed_templates_are_the_generated_ones() -> None:
    check = generator(TEMPLATES, "--check")
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")


def test_processes_with_different_hash_seeds_write_the_same_bytes(tmp_path: Path) -> None:
    written = []
    for seed in ("1", "2"):
        assert generator(tmp_path / seed, hash_seed=seed).returncode == 0
        written.append(content(tmp_path / seed))
    assert written[0]
    assert written[0] == written[1]


def test_a_changed_template_is_drift(copy: Path) -> None:
    changed = copy / BLUEPRINT
    changed.write_text(changed.read_text(encoding="utf-8").replace("text/csv", "text/tsv"), encoding="utf-8")
    before = content(copy)
    check = generator(copy, "--check")
    assert check.returncode == 1
    assert f"--- committed/{BLUEPRINT}\n+++ generated/{BLUEPRINT}\n" in check.stdout
    assert any(line.startswith("-") and "text/tsv" in line for line in check.stdout.splitlines())
    assert any(line.startswith("+") and "text/csv" in line for line in check.stdout.splitlines())
    assert content(copy) == before, "a check writes nothing"


def test_a_missing_and_a_left_over_template_are_drift_and_are_mended(copy: Path) -> None:
    (copy / BLUEPRINT).rename(copy / "blueprints/of_the_past.yaml")
    check = generator(copy, "--check")
    assert check.returncode == 1
    assert f"+++ generated/{BLUEPRINT}" in check.stdout
    assert "--- committed/blueprints/of_the_past.yaml" in check.stdout
    assert generator(copy).returncode == 0
    assert content(copy) == content(TEMPLATES)
