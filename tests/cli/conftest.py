# SPDX-License-Identifier: Apache-2.0
"""Runs the command line in this process, as its entry point does."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli import running
from tests.cli.installed import Installed, build_wheel, install
from tests.cli.running import Ended

if TYPE_CHECKING:
    from tests.end_to_end.running import Running


Mlops = Callable[..., Ended]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The product with the local AWS."""
    return install(wheel, tmp_path_factory.mktemp("installed") / "environment", "local")


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of whoever runs the tests, and a folder of its own."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "MLOPS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "no-settings"))
    # Where `mlops` is what a shell finds, hints name it so.
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def mlops() -> Mlops:
    """`mlops("check", "request.json")` runs the command and tells how it ended."""
    return running.mlops


@pytest.fixture
def local(single_account: Running, monkeypatch: pytest.MonkeyPatch) -> Running:
    """The local AWS of the current folder, with an orchestrator in it."""
    monkeypatch.chdir(single_account.folder)
    return single_account
