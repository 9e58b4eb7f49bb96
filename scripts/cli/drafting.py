# SPDX-License-Identifier: Apache-2.0
"""`mlops new` and `mlops check`: requests without AWS."""

from __future__ import annotations

import json
import os
import sys

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.keys import keys
from scripts.cli.errors import WrongUseError
from scripts.cli.options import Form, Rules
from scripts.cli.output import Output, console, table
from scripts.cli.request_files import read_bytes
from scripts.requests import offline


def new(pipeline_type: str, full: bool, rules: Rules) -> None:
    """Print a starter request, and the meaning of its keys on standard error."""
    request = offline.starter(pipeline_type, launch_of(rules), full)
    sys.stdout.write(f"{json.dumps(request, indent=2)}\n")
    sys.stdout.flush()
    type_ = BUILT_IN.get(pipeline_type)
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
    told.print("next: fill it in, then mlops check FILE, then mlops provision FILE")


def check(file: str, rules: Rules, form: Form) -> None:
    """Validate a request. Problems are all shown, and make the exit status 2."""
    output = Output(form)
    accepted = offline.check(read_bytes(file), launch_of(rules))
    request = accepted.request
    output.document(
        {
            "message": "The request is valid.",
            "pipeline_type": request.type_name(),
            "stack_name": request.stack_name,
            "pipeline_stack_name": request.pipeline_stack_name,
            "warnings": list(accepted.warnings),
        }
    )
    output.say(f"The request is valid: {request.type_name()} would be deployed as the stack {request.stack_name}.")
    for warning in accepted.warnings:
        output.say(f"warning: {warning}")


def launch_of(rules: Rules) -> Launch:
    """Return the launch options of a command. Raise WrongUseError if no Region is known."""
    region = (
        rules.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or _configured_region()
    )
    if not region:
        raise WrongUseError("give --region, or set AWS_REGION: which images exist depends on it")
    return offline.launch(rules.option, rules.use_model_registry, region)


def _configured_region() -> str | None:
    import botocore.session  # slow, and rarely needed here

    region: str | None = botocore.session.get_session().get_config_variable("region")
    return region
