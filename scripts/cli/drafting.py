# SPDX-License-Identifier: Apache-2.0
"""`mlops new` and `mlops check`: requests for pipelines and operations on model cards, without AWS."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from mlops_orchestrator.settings import hints
from mlops_orchestrator.settings.choosing import Chosen
from mlops_orchestrator.settings.local_state import NoLocalAwsError
from orchestrator.existence import named_things
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.keys import keys
from scripts.cli import connection
from scripts.cli.errors import WrongUseError
from scripts.cli.options import Access, Form, Offline
from scripts.cli.output import Output, console, table
from scripts.cli.request_files import read_bytes
from scripts.requests import offline

_SOME_REGION: Final = "us-east-1"
"""Region for requests where none is known: this one has every image."""


@dataclass(frozen=True)
class Writing:
    """Form of a starter request, and the new file for it; None for standard output."""

    form: Form
    out: Path | None

    def text(self, request: Mapping[str, Any]) -> str:
        """Return the request: on one line for programs."""
        return f"{json.dumps(request, indent=None if self.form == 'json' and self.out is None else 2)}\n"


def new(pipeline_type: str, full: bool, rules: Offline, writing: Writing) -> None:
    """Print a starter request or write it to a new file; people learn the meaning of its keys on standard error."""
    request, out = offline.starter(pipeline_type, launch_of(rules), full), writing.out
    _write(writing.text(request), out)
    if writing.form == "json":
        return
    type_ = BUILT_IN.declared(pipeline_type)
    rows = [
        (
            key.spelling,
            "in the request" if key.spelling in request else "optional",
            f"{key.description}; {key.expected}".strip("; "),
        )
        for key in keys(type_)
    ]
    told = console(sys.stderr)
    told.print(table(("key", "", "meaning"), rows, type_.summary()))
    file = str(out or "FILE")
    check_it, provision_it = hints.command(f"check {file}"), hints.command(f"provision {file}")
    told.print(f"next: fill it in, then {check_it}, then {provision_it}")


def _write(text: str, out: Path | None) -> None:
    if out is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    try:
        with out.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise WrongUseError(f"{out} exists: give --out another name, or remove it") from None


def check(file: str, rules: Offline, form: Form) -> None:
    """Validate a request. Problems are all shown, and make the exit status 2."""
    output = Output(form)
    launch = launch_of(rules)
    accepted = offline.check(read_bytes(file), launch)
    request = accepted.request
    name = request.type_name()
    stacks: dict[str, Any] = {}
    would_be = "would be carried out"
    if isinstance(request, PipelineRequest):
        stacks = {"stack_name": request.stack_name, "pipeline_stack_name": request.pipeline_stack_name}
        stacks["not_looked_up"] = list(named_things.keys(request, launch))
        would_be = f"would be deployed as the stack {request.stack_name}"
    warnings = list(accepted.warnings)
    output.document({"message": "The request is valid.", "pipeline_type": name, **stacks, "warnings": warnings})
    output.say(f"The request is valid: {name} {would_be}.")
    for warning in warnings:
        output.say(f"warning: {warning}")
    if stacks.get("not_looked_up"):
        looking = hints.command(f"provision {file} --dry-run")
        output.say(
            f"Not looked up: what {', '.join(stacks['not_looked_up'])} name. `{looking}` does it, and makes nothing."
        )


def launch_of(rules: Offline) -> Launch:
    """Return the launch options of a command: those given, else those of the local AWS, else those of the settings."""
    found = _chosen(rules)
    settings, local = found.settings, found.local
    region = found.region or configured_region(settings.profile.value)
    if not region:
        region = _SOME_REGION
        sys.stderr.write(
            f"note: no Region is known (--region, AWS_REGION, region in mlops.toml): images are those of {region}\n"
        )
    registry = local.use_model_registry if local else settings.launch_parameters.get("UseModelRegistry") == "Yes"
    return offline.launch(
        rules.option or (local.option if local else settings.option.value),
        registry if rules.use_model_registry is None else rules.use_model_registry,
        region,
    )


def _chosen(rules: Offline) -> Chosen:
    """Return the AWS whose launch options count. A local AWS that has ended is told of, and is no obstacle here."""
    access = Access(region=rules.region, local=rules.local)
    try:
        return access.chosen
    except NoLocalAwsError as error:
        if rules.local:
            raise
        sys.stderr.write(f"note: {error}\n")
        return Chosen(connection.settings(access))


def configured_region(profile: str) -> str | None:
    """Return the Region of the profile in the AWS configuration."""
    import botocore.session  # slow, and rarely needed here

    region: str | None = botocore.session.Session(profile=profile or None).get_config_variable("region")
    return region
