# SPDX-License-Identifier: Apache-2.0
"""`mlops new` and `mlops check`: requests for pipelines and operations on model cards."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from mlops_orchestrator.settings import hints
from mlops_orchestrator.settings.choosing import Chosen
from mlops_orchestrator.settings.local_state import NoLocalAwsError
from orchestrator import documents
from orchestrator.existence import named_things
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.keys import keys
from scripts.cli import connection, looking_up
from scripts.cli.errors import WrongUseError
from scripts.cli.options import Access, Asked, Asking, Form, Offline
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


def check(file: str, rules: Offline, form: Form, asking: Asking | None = None) -> None:
    """Validate a request, and have an orchestrator look at what it names if `asking` says which, and it can be asked.

    Problems are all shown, and make the exit status 2.
    """
    output, text = Output(form), read_bytes(file)
    chosen = _chosen(rules, asking)
    launch = _launch(chosen, rules)
    accepted = offline.check(text, launch)
    request, warnings = accepted.request, list(accepted.warnings)
    told: dict[str, Any] = {"message": "The request is valid.", "pipeline_type": request.type_name()}
    would_be = "would be carried out"
    if isinstance(request, PipelineRequest):
        told |= {"stack_name": request.stack_name, "pipeline_stack_name": request.pipeline_stack_name}
        would_be = f"would be deployed as the stack {request.stack_name}"
        found = _looked_up(documents.read(text), chosen, (rules, asking or Asking(offline=True)))
        warnings += [warning for warning in found.warnings if warning not in warnings]
        told |= {"looked_up": not found.reason, "not_looked_up": []}
        if found.reason:
            named = list(named_things.keys(request, launch))
            told |= {"not_looked_up": named, "not_looked_up_because": found.reason}
    output.document({**told, "warnings": warnings})
    output.say(f"The request is valid: {request.type_name()} {would_be}.")
    for warning in warnings:
        output.say(f"warning: {warning}")
    if told.get("looked_up"):
        output.say("What it names in the orchestrator's account was looked up by a dry run; nothing was made.")
    if told.get("not_looked_up"):
        looking = hints.command(f"provision {file} --dry-run{chosen.flags}")
        output.say(f"Not looked up: what {', '.join(told['not_looked_up'])} name; {found.reason}.")
        output.say(f"`{looking}` does it, and makes nothing.")


def _looked_up(body: Mapping[str, Any], chosen: _Found, options: tuple[Offline, Asking]) -> looking_up.LookedUp:
    reason = looking_up.reason_not_to(*options) or chosen.ended
    return looking_up.LookedUp(reason) if reason else looking_up.look_up(body, chosen.aws, options[1])


def launch_of(rules: Offline) -> Launch:
    """Return the launch options of a command: those given, else those of the local AWS, else those of the settings."""
    return _launch(_chosen(rules), rules)


def _launch(chosen: _Found, rules: Offline) -> Launch:
    found = chosen.aws
    settings, local = found.settings, found.local
    region = found.region or configured_region(settings.profile.value)
    if not region:
        region = _SOME_REGION
        sys.stderr.write(
            f"note: no Region is known (--region, AWS_REGION, region in mlops.toml): images are those of {region}\n"
        )
    registry = local.use_model_registry if local else settings.launch_parameters.get("UseModelRegistry") == "Yes"
    is_native = not local and settings.launch_parameters.get("MonitorEngine") == "SageMaker"
    return offline.launch(
        rules.option or (local.option if local else settings.option.value),
        registry if rules.use_model_registry is None else rules.use_model_registry,
        region,
        "sagemaker" if is_native else "open",
    )


@dataclass(frozen=True)
class _Found:
    """The AWS whose launch options count; `ended` says that it is there only in place of a local one that has ended."""

    aws: Chosen
    flags: str = ""
    """Options for the same orchestrator in a following command, each with a leading space."""
    ended: str = ""


def _chosen(rules: Offline, asking: Asking | None = None) -> _Found:
    """Return the AWS whose launch options count. A local AWS that has ended is told of, and is no obstacle here."""
    access = Access(region=rules.region, local=rules.local)
    if asking is not None:
        access = replace(access, profile=asking.profile, endpoint_url=asking.endpoint_url)
    flags = Asked(access, asking.stack_name if asking else None).flags
    try:
        return _Found(access.chosen, flags)
    except NoLocalAwsError as error:
        if rules.local:
            raise
        sys.stderr.write(f"note: {error}\n")
        return _Found(Chosen(connection.settings(access)), flags, "the local AWS of this folder has ended")


def configured_region(profile: str) -> str | None:
    """Return the Region of the profile in the AWS configuration."""
    import botocore.session  # slow, and rarely needed here

    region: str | None = botocore.session.Session(profile=profile or None).get_config_variable("region")
    return region
