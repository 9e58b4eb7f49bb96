# SPDX-License-Identifier: Apache-2.0
"""`mlops local`: the local AWS in the foreground, until SIGINT or SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from scripts.cli import connection
from scripts.cli.options import Rules
from scripts.cli.output import Output
from scripts.launch import local_stack
from scripts.launch.launch import EMAIL_PARAMETER, Launching
from scripts.launch.local_deployment import DEFAULT_REGION, LocalDeployment


def run(rules: Rules, port: int, ready_file: Path | None, email: str, *, enforce_iam: bool = True) -> None:
    """Run until interrupted, with exit status 0."""
    output = Output()
    parameters = {EMAIL_PARAMETER: email, "UseModelRegistry": "Yes" if rules.use_model_registry else "No"}
    launching = Launching(rules.option, parameters=parameters, with_boundary=True)
    region = rules.region or os.environ.get("AWS_REGION") or DEFAULT_REGION
    with (
        _until_interrupted(),
        local_stack.deployed(launching, output, region, port, enforce_iam=enforce_iam) as deployment,
        ExitStack() as files,
    ):
        for file in {connection.STATE_FILE, *([ready_file] if ready_file else [])}:
            files.enter_context(_announced(file, deployment.description()))
        _say_how_to_use(deployment, output)
        threading.Event().wait()


@contextmanager
def _until_interrupted() -> Iterator[None]:
    """End the block in an orderly way at the first SIGINT or SIGTERM; later ones are ignored."""

    def interrupt(signal_number: int, frame: object) -> None:
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {each: signal.signal(each, interrupt) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


@contextmanager
def _announced(file: Path, description: dict[str, Any]) -> Iterator[None]:
    """Write the file in one step, so that nobody reads half of it, and remove it at the end."""
    content = f"{json.dumps(description, indent=2)}\n"
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=file.parent, prefix=f".{file.name}.", delete=False
    ) as written:
        written.write(content)
    Path(written.name).replace(file)
    try:
        yield
    finally:
        # Another local AWS of the same folder may have written its own in the meantime.
        with suppress(FileNotFoundError):
            if file.read_text(encoding="utf-8") == content:
                file.unlink()


def _say_how_to_use(deployment: LocalDeployment, output: Output) -> None:
    variables = {
        "AWS_ENDPOINT_URL": deployment.aws.endpoint_url,
        "AWS_REGION": deployment.aws.region,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        connection.API_URL_VARIABLE: deployment.api_url,
    }
    output.table(("output", "value"), sorted(deployment.outputs.items()), f"{deployment.stack_name} is deployed")
    if deployment.accounts:
        rows = [("orchestrator", deployment.aws.account), *deployment.accounts.items()]
        output.table(("stage", "account"), rows, "sts:AssumeRole of any role of an account gives credentials of it")
    for name, value in variables.items():
        output.say(f"export {name}={value}")
    multi = " --option multi-account" if deployment.accounts else ""
    output.say(f"next, in another terminal of this folder: mlops new byom_realtime_builtin{multi} > request.json")
    output.say("then, filled in: mlops provision request.json --local --watch. Ctrl-C ends the local AWS.")
