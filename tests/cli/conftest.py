# SPDX-License-Identifier: Apache-2.0
"""Runs the command line in this process, as its entry point does, and `mlops local` in one of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from scripts import cli, paths
from tests.cli.installed import Installed, build_wheel, install

_READY_SECONDS = 120


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


@dataclass(frozen=True)
class Start:
    """How the command line is started as a process of its own."""

    command: tuple[str | Path, ...]
    variables: Mapping[str, str]


def _of_checkout() -> Start:
    code = "from scripts.cli import main; main()"
    return Start((sys.executable, "-c", code), {**os.environ, "PYTHONPATH": str(paths.ROOT)})


class RunningLocal:
    """A `mlops local` in a folder of its own, ready."""

    def __init__(self, folder: Path, start: Start, *options: str) -> None:
        self.folder = folder
        self.ready_file = folder / "ready.json"
        self.process = subprocess.Popen(
            [*start.command, "local", "--ready-file", str(self.ready_file), *options],
            cwd=folder,
            env=start.variables,
            stdout=(folder / "out").open("w"),
            stderr=subprocess.STDOUT,
        )
        deadline = time.monotonic() + _READY_SECONDS
        while not self.ready_file.exists() and time.monotonic() < deadline:
            try:
                self.process.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
            pytest.fail((folder / "out").read_text())
        self.ready: dict[str, Any] = json.loads(self.ready_file.read_text())

    def client(self, service: str) -> Any:
        """boto3 with any credentials."""
        return boto3.client(
            service,
            endpoint_url=self.ready["endpoint_url"],
            region_name=self.ready["region"],
            aws_access_key_id="any",
            aws_secret_access_key="any",
        )

    def stop(self) -> None:
        """End it as a person does; it must leave nothing behind."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(60) == 0, (self.folder / "out").read_text()
        assert not self.ready_file.exists()
        assert not list((self.folder / ".local-aws").iterdir())


@contextmanager
def running_local(folder: Path, *options: str, start: Start | None = None) -> Iterator[RunningLocal]:
    """`mlops local`, of this checkout by default, from its start to its end."""
    running = RunningLocal(folder, start or _of_checkout(), *options)
    try:
        yield running
    finally:
        running.stop()


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
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def mlops(capsys: pytest.CaptureFixture[str]) -> Mlops:
    """`mlops("check", "request.json")` runs the command and tells how it ended."""

    def run(*arguments: str) -> Ended:
        status = cli.run(arguments)
        told = capsys.readouterr()
        return Ended(status, told.out, told.err)

    return run
