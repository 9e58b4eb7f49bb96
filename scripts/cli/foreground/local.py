# SPDX-License-Identifier: Apache-2.0
"""`mlops local`: the local AWS and its console in the foreground, until SIGINT or SIGTERM."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, cast

from mlops_orchestrator.settings import hints, local_state
from mlops_orchestrator.settings.effective import API_URL_VARIABLE
from scripts.cli import connection
from scripts.cli.foreground import staying
from scripts.cli.options import Access, Option, Rules, Serving
from scripts.cli.output import Output
from scripts.console import serving as page
from scripts.launch import local_stack
from scripts.launch.launch import EMAIL_PARAMETER, Launching
from scripts.launch.local_deployment import DEFAULT_REGION, LocalDeployment

_READY: Final = "Ready"
_STOPPED: Final = "Stopped"
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
    with staying.until_interrupted(), ExitStack() as open_:
        with staying.port_in_words(port):
            deploying = local_stack.deployed(launching, output, region, port, enforce_iam=serving.iam)
            deployment = open_.enter_context(deploying)
        address = open_.enter_context(page.served(deployment.api))
        told = deployment.description()
        state = {**told, "use_model_registry": bool(rules.use_model_registry)}
        for file, content in {local_state.FILE: state, **({ready_file: told} if ready_file else {})}.items():
            open_.enter_context(_announced(file, content))
        output.line("state", {"state": _READY, **told, "console": address})
        _say_how_to_use(deployment, output)
        output.say(f"all of it on a page: {address}")
        output.say("Ctrl-C ends the local AWS.")
        staying.wait()
    output.line("result", {"state": _STOPPED})


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
