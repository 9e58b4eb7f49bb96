# SPDX-License-Identifier: Apache-2.0
"""Runs the command line in this process, as its entry point does."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from scripts import cli


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def documents(self) -> list[Any]:
        """Standard output as JSON lines; fails if there is anything else in it."""
        return [json.loads(line) for line in self.out.splitlines()]


Mlops = Callable[..., Ended]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No settings of whoever runs the tests, and a folder of its own."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "MLOPS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def mlops(capsys: pytest.CaptureFixture[str]) -> Mlops:
    """`mlops("check", "request.json")` runs the command and tells how it ended."""

    def run(*arguments: str) -> Ended:
        status = cli.run(arguments)
        told = capsys.readouterr()
        return Ended(status, told.out, told.err)

    return run
