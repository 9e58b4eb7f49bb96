# SPDX-License-Identifier: Apache-2.0
"""`mlops local`: the local AWS in the foreground, until SIGINT or SIGTERM."""

from __future__ import annotations

import errno
import json
import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast

from mlops_orchestrator.settings import hints, local_state
from mlops_orchestrator.settings.effective import API_URL_VARIABLE
from scripts.cli import connection
from scripts.cli.errors import WrongUseError
from scripts.cli.options import Access, Option, Rules, Serving
from scripts.cli.output import Output
from scripts.launch import local_stack
from scripts.launch.launch import EMAIL_PARAMETER, Launching
from scripts.launch.local_deployment import DEFAULT_REGION, LocalDeployment

_READY: Final = "Ready"
_STOPPED: Final = "Stopped"
_SECONDS_BETWEEN_LOOKS: Final = 0.5
_IN_THE_WAY: Final = ("AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_SESSION_TOKEN")
"""Variables that would lead to others than the local credentials."""


def run(rules: Rules, serving: Serving, output: Output) -> None:
    """Run until interrupted, with exit status 0."""
    port, ready_file = serving.port, serving.ready_file
    parameters = {EMAIL_PARAMETER: serving.email, "UseModelRegistry": "Yes" if rules.use_model_registry else "No"}
    settings = connection.settings(Access(region=rules.region))
    option = rules.option or cast(Option, settings.option.value)
    launching = Launching(option, parameters=parameters, with_boundary=True)
    region = settings.region.value or DEFAULT_REGION
    with (
        _until_interrupted(),
        _port_in_words(port),
        local_stack.deployed(launching, output, region, port, enforce_iam=serving.iam) as deployment,
        ExitStack() as files,
    ):
        told = deployment.description()
        state = {**told, "use_model_registry": bool(rules.use_model_registry)}
        for file, content in {local_state.FILE: state, **({ready_file: told} if ready_file else {})}.items():
            files.enter_context(_announced(file, content))
        output.line("state", {"state": _READY, **told})
        _say_how_to_use(deployment, output)
        _wait()
    output.line("result", {"state": _STOPPED})


def _wait() -> None:
    """Wait for a signal.

    The system may hand it to another thread, which does not wake this one: Python handles it here, when this one runs.
    """
    never = threading.Event()
    while not never.wait(_SECONDS_BETWEEN_LOOKS):
        pass


@contextmanager
def _port_in_words(port: int) -> Iterator[None]:
    """Raise WrongUseError for a port that cannot be had."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.EADDRINUSE, errno.EACCES}:
            raise
        why = "is in use by another program" if error.errno == errno.EADDRINUSE else "is the administrator's"
        raise WrongUseError(f"port {port} {why}: give --port another, or leave it out for a free one") from None


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
        # boto3 and the `aws` command read this one alone.
        "AWS_DEFAULT_REGION": deployment.aws.region,
        "AWS_ACCESS_KEY_ID": "local",
        "AWS_SECRET_ACCESS_KEY": "local",
        API_URL_VARIABLE: deployment.api_url,
    }
    output.table(("output", "value"), sorted(deployment.outputs.items()), f"{deployment.stack_name} is deployed")
    if deployment.accounts:
        rows = [("orchestrator", deployment.aws.account), *deployment.accounts.items()]
        output.table(("stage", "account"), rows, "sts:AssumeRole of any role of an account gives credentials of it")
    for name, value in variables.items():
        output.say(f"export {name}={value}")
    if others := [name for name in _IN_THE_WAY if os.environ.get(name)]:
        output.say(f"unset {' '.join(others)}")
    starter = hints.command("new byom_realtime_builtin --out request.json")
    output.say(f"next, in another terminal of this folder: {starter}")
    output.say(f"then, filled in: {hints.command('provision request.json --watch')}")
    output.say(f"what the topic sends by mail: {hints.command('mail')}")
    output.say(f"all of it on a page: {hints.command('console')}")
    output.say("Ctrl-C ends the local AWS.")
