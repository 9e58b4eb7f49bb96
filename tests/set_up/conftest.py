# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scripts import paths
from scripts.environments import installing
from tests.set_up.checkout import Checkout
from tests.set_up.wheels import make_wheel

SOURCES = (
    "Makefile",
    "setup.cfg",
    "pyproject.toml",
    ".ci/run",
    "scripts/*.py",
    "scripts/environments/*.py",
    "scripts/packaging/*.py",
)
TOOLS = ("bash", "date", "dirname", "env", "make", "sh", "touch")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout in a folder with blanks and umlauts, for somebody who has uv and no network."""
    made = Checkout(tmp_path / "Prüf stand", tmp_path / "wheels", tmp_path / "bin")
    for source in (path for pattern in SOURCES for path in paths.ROOT.glob(pattern)):
        copy = made.folder / source.relative_to(paths.ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, copy)
    for folder in (made.wheels, made.tools, made.folder / "locks"):
        folder.mkdir()
    for tool in TOOLS:
        made.offer(tool, shutil.which(tool))
    made.offer("uv", installing.uv())
    for use in ("checkov", "dev", "local", "uv"):
        made.lock(use).touch()
    made.lock("checkov").write_text(make_wheel(made.wheels, "harbour", {"harbour.py": "TIDE = 4"}))
    return made
