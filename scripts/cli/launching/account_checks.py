# SPDX-License-Identifier: Apache-2.0
"""`mlops accounts check`: whether an organization lets an orchestrator deploy to several accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import typer

from mlops_orchestrator.aws import stack_following
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.settings import hints
from scripts import paths
from scripts.accounts import checks
from scripts.accounts.checks import Wanted
from scripts.cli import connection, errors
from scripts.cli.launching import launching
from scripts.cli.options import Access
from scripts.cli.output import Output
from scripts.launch import launch_parameters

_TEMPLATE: Final = paths.TEMPLATES / "mlops-orchestrator-multi-account.yaml"


def check(access: Access, stack_name: str | None, file: Path | None, named: Sequence[str]) -> None:
    """Show what was found, with commands that mend it. Ends the command with status 1 if anything is wrong."""
    output, aws = Output(access.form), connection.aws(access)
    given, settings = launching.parameters(file, named), connection.settings(access).launch_parameters
    _check_form({**settings, **given})
    before = {} if given else _deployed(aws, connection.stack_name(access, stack_name))
    found = list(checks.check(aws, Wanted.of({**before, **settings, **given})))
    output.table(("check", "state", "found"), [(one.check, one.state, one.words) for one in found])
    for one in found:
        for command in one.commands:
            output.say(f"{one.check}: {command}")
    wrong = sum(one.state == "wrong" for one in found)
    unseen = sum(one.state == "unknown" for one in found)
    failed = errors.Failure(f"{wrong} to mend").document() if wrong else {}
    told = {"checks": [one.description() for one in found], "ready": not wrong and not unseen}
    output.document({**told, **failed})
    output.say(_outcome(wrong, unseen, access))
    if wrong:
        raise typer.Exit(errors.FAILED)


def _check_form(given: Mapping[str, str]) -> None:
    """Raise LaunchParameterError for parameters that the launch would refuse; which are missing, the checks say."""
    declared = launch_parameters.declared(_TEMPLATE.read_text(encoding="utf-8"))
    launch_parameters.check(given, declared, previous=given, filled=list(declared))


def _deployed(aws: Aws, stack_name: str) -> Mapping[str, str]:
    state = stack_following.find(aws.client("cloudformation"), stack_name)
    return state.parameters if state is not None else {}


def _outcome(wrong: int, unseen: int, access: Access) -> str:
    if wrong:
        return f"{wrong} to mend, then run this again. Nothing was changed."
    if unseen:
        return f"{unseen} could not be looked at from here; the rest is as needed."
    deploying = hints.command(f"deploy --option multi-account{access.flags}")
    return f"All is as needed. next: {deploying} with the same parameters"
