# SPDX-License-Identifier: Apache-2.0
"""`mlops local` as a process of its own, from its start to its end."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mlops_orchestrator.aws import aws_access
from scripts.iam import recording
from tests.end_to_end import waiting
from tests.end_to_end.prepared import PreparedDeployment
from tests.hostile.planted import CANARY

_OPTIONS: Final = ("local", "--ready-file", "ready.json")


@dataclass(frozen=True)
class Start:
    """How the command line is started as a process of its own."""

    command: tuple[str | Path, ...]
    variables: Mapping[str, str]


def of_checkout() -> Start:
    """That of the tests' own checkout and environment."""
    code = "from scripts.cli import main; main()"
    return Start((sys.executable, "-c", code), {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})


@dataclass(frozen=True)
class Running:
    """A `mlops local` that is ready."""

    folder: Path
    """Where it runs, and where commands find it with `--local`."""
    ready: dict[str, Any]
    """What it has written to tell others."""

    @functools.cached_property
    def deployment(self) -> PreparedDeployment:
        """The deployed orchestrator."""
        told = self.ready
        aws = aws_access.local(told["endpoint_url"], told["region"])
        accounts = {stage: account for stage, account in told["accounts"].items() if stage != "orchestrator"}
        return PreparedDeployment(aws, told["api_url"], told["stack_name"], told["outputs"], accounts)

    def client(self, service: str) -> Any:
        """boto3 with any credentials."""
        return self.deployment.aws.client(service)


@contextmanager
def mlops_local(folder: Path, calls: Path, *options: str, start: Start | None = None) -> Iterator[Running]:
    """Start it, wait until it is ready, and end it as a person does: it must leave nothing behind.

    The calls of roles are written down in a folder.
    """
    ready, log = folder / "ready.json", folder / "log"
    start = start or of_checkout()
    environment = {**start.variables, recording.FOLDER: str(calls)}
    with log.open("w") as output:
        process = subprocess.Popen(
            [*start.command, *_OPTIONS, *options], cwd=folder, env=environment, stdout=output, stderr=output
        )

    def started() -> bool:
        assert process.poll() is None, log.read_text()
        return ready.exists()

    try:
        waiting.until(started)
        running = Running(folder, json.loads(ready.read_text()))
        yield running
        assert CANARY not in "".join(logged(running)), "what was planted in a request is in a log"
    finally:
        process.terminate()
        status = process.wait(waiting.LONGEST_SECONDS)
    assert status == 0, log.read_text()
    assert not ready.exists()
    assert not list((folder / ".local-aws").iterdir())


def logged(running: Running) -> Iterator[str]:
    """Every line of every log group: those of the functions, the API and the pipelines."""
    logs = running.client("logs")
    groups = logs.get_paginator("describe_log_groups").paginate()
    for group in (found["logGroupName"] for page in groups for found in page["logGroups"]):
        # A group may go with its pipeline between the two calls.
        with suppress(logs.exceptions.ResourceNotFoundException):
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
                yield from (event["message"] for event in page["events"])
