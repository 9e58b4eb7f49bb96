# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from scripts import installing, paths
from tests.set_up.checkout import Checkout
from tests.set_up.wheels import make_wheel

SOURCES = (
    "Makefile", "setup.cfg", "pyproject.toml", ".ci/run",
    "scripts/__init__.py", "scripts/set_up.py", "scripts/installing.py", "scripts/lock.py", "scripts/paths.py",
)  # fmt: skip
TOOLS = ("bash", "date", "dirname", "env", "make", "sh", "touch")


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A checkout in a folder with blanks and umlauts, for somebody who has uv and no network."""
    made = Checkout(tmp_path / "Prüf stand", tmp_path / "wheels", tmp_path / "bin")
    for name in SOURCES:
        (made.folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(paths.ROOT / name, made.folder / name)
    for folder in (made.wheels, made.tools, made.folder / "locks"):
        folder.mkdir()
    for tool in TOOLS:
        made.offer(tool, shutil.which(tool))
    made.offer("uv", installing.uv())
    for use in ("checkov", "dev", "local", "uv"):
        made.lock(use).touch()
    made.lock("checkov").write_text(make_wheel(made.wheels, "harbour", {"harbour.py": "TIDE = 4"}))
    return made
