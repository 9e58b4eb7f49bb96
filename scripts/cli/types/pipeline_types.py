# SPDX-License-Identifier: Apache-2.0
"""`mlops pipeline-types check` and `add`: checks and installs custom pipeline types."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

import typer

from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.settings import hints
from orchestrator.launch.options import RoleOptions
from scripts.cli import connection, errors
from scripts.cli.errors import CommandError, WrongUseError
from scripts.cli.launching.orchestrators import Deployed
from scripts.cli.options import Access, Form
from scripts.cli.output import Output, console, table
from scripts.iam import documents
from scripts.iam.documents import Document, MalformedPolicyError
from scripts.iam.resolving import Place
from scripts.pipeline_types import checks, publishing
from scripts.pipeline_types.checks import Report
from scripts.pipeline_types.linting import LintError
from scripts.pipeline_types.permissions import Operator

_SOME_REGION: Final = "us-east-1"
"""Default Region for the check of a folder: this one has every resource type."""


@dataclass(frozen=True)
class Adding:
    """Options of `add`."""

    access: Access
    stack_name: str | None
    allow_administrator: bool


def check(folder: Path, region: str | None, policy: Path | None, allow_administrator: bool, form: Form) -> None:
    """Check a folder without AWS; problems make the exit status 2."""
    output = Output(form)
    where = region or connection.settings(Access()).region.value or _SOME_REGION
    operator = Operator(_place(where), _policies(policy), allow_administrator=allow_administrator)
    report = _looked_at(folder, where, operator)
    if report.errors or report.type is None:
        _refuse(report, output)
    output.document({"message": "The folder can be added.", **_description(report)})
    output.say(f"The folder can be added: it makes the pipeline type {report.type.name}.")
    _show_warnings(report, output)
    _show_policy(report, output)
    output.say(f"next: {hints.command(f'pipeline-types add {folder}')}")


def add(folder: Path, adding: Adding) -> None:
    """Check a folder, and make it the current version of its type."""
    output = Output(adding.access.form)
    reached = connection.aws(adding.access)
    deployed = Deployed.of(reached, connection.stack_name(adding.access, adding.stack_name))
    report = _looked_at(folder, reached.region, _operator(reached, deployed, adding.allow_administrator))
    if report.errors or report.type is None:
        _refuse(report, output)
    published = publishing.publish(folder, reached.client("s3"), deployed.pipelines_bucket)
    message = (
        f"The pipeline type {published.name} is installed as version {published.version}."
        if published.is_new
        else f"The pipeline type {published.name} is installed already; nothing was changed."
    )
    output.document({"message": message, "changed": published.is_new, **_description(report)})
    output.say(message)
    _show_warnings(report, output)
    _show_policy(report, output)
    if output.as_json:
        return
    output.say("Pipelines of an earlier version keep it until their request is sent again.")
    output.say(f"A first request:\n{json.dumps(report.starter, indent=2)}")
    flags = adding.access.flags + deployed.flag
    tried, sent = (hints.command(f"provision FILE{option}{flags}") for option in (" --dry-run", ""))
    output.say(f"next: {tried}, then {sent}")


def _looked_at(folder: Path, region: str, operator: Operator) -> Report:
    if not folder.is_dir():
        raise WrongUseError(f"{folder} is no folder: a pipeline type is a folder with pipeline.yaml and blueprint.yaml")
    try:
        return checks.check(folder, region, operator)
    except LintError as error:
        raise CommandError(str(error)) from None


def _refuse(report: Report, output: Output) -> NoReturn:
    """Show all problems, and end the command."""
    message = f"The folder cannot be added: {len(report.errors)} problem{'s' if len(report.errors) > 1 else ''}."
    listed = [found.description() for found in report.errors]
    output.failure({"error": {"message": message, "errors": listed}, **_description(report)})
    if not output.as_json:
        told = console(sys.stderr)
        told.print(message)
        rows = [(found.place, found.key, found.problem) for found in report.errors]
        told.print(table(("file", "key", "problem"), rows))
    raise typer.Exit(errors.WRONG_USE)


def _description(report: Report) -> dict[str, Any]:
    named = {"pipeline_type": report.type.name, "version": report.type.version} if report.type else {}
    return {
        **named,
        "warnings": [found.description() for found in report.warnings],
        "policy": report.policy,
        "request": report.starter,
    }


def _show_warnings(report: Report, output: Output) -> None:
    for found in report.warnings:
        output.say(f"warning: {found.place}: {found.problem}")


def _show_policy(report: Report, output: Output) -> None:
    if report.policy is None or output.as_json:
        return
    output.say(
        "The deploy role may not do all of what the blueprint needs in the orchestrator's account. This is missing; add"
        " it to the managed policy that the launch parameter CustomBlueprintPolicyArn names:"
    )
    output.say(json.dumps(report.policy, indent=2))


def _place(region: str, account: str = "*", partition: str = "") -> Place:
    from botocore.session import get_session

    return Place(partition or get_session().get_partition_for_region(region), region, account)


def _policies(file: Path | None) -> tuple[Document, ...]:
    if file is None:
        return ()
    try:
        return (documents.parse(file.read_text(encoding="utf-8")),)
    except OSError as error:
        raise WrongUseError(f"{file} cannot be read: {error.strerror}") from None
    except (MalformedPolicyError, UnicodeDecodeError, AttributeError) as error:
        raise WrongUseError(f"{file} holds no policy of IAM: {error}") from None


def _operator(reached: Aws, deployed: Deployed, allow_administrator: bool) -> Operator:
    """Return the decisions of the orchestrator's operator."""
    given = deployed.parameters
    return Operator(
        _place(reached.region, reached.account, reached.partition),
        deployed.blueprint_policies(reached),
        RoleOptions(
            RolePath=given.get("RolePath") or "/",
            PermissionsBoundaryName=given.get("PermissionsBoundaryName", ""),
        ),
        allow_administrator,
    )
