# SPDX-License-Identifier: Apache-2.0
"""`mlops verify`: show the plan and ask, verify an account, remove everything, and list what is left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, get_args

import typer
from botocore.exceptions import BotoCoreError, ClientError

from mlops_orchestrator.aws import aws_access
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.aws.stack_following import StackEvent
from mlops_orchestrator.settings import hints, local_state
from scripts.cli import connection, errors, extras
from scripts.cli.asking import check_can_ask
from scripts.cli.errors import InterruptedCommandError, WrongUseError
from scripts.cli.launching import parameter_files
from scripts.cli.options import Access, Verification
from scripts.cli.output import Output
from scripts.launch.deployment import Audience
from scripts.launch.local_deployment import DEFAULT_REGION, STAGE_ACCOUNTS
from scripts.verification import record, run
from scripts.verification.cleaning import cleaner
from scripts.verification.cleaning.cleaner import Left
from scripts.verification.cleaning.kept import logging_role
from scripts.verification.part import EXTRAS, Extra
from scripts.verification.plan import CLEANING_MINUTES, Plan
from scripts.verification.record import Record
from scripts.verification.report import Report
from scripts.verification.scene import NAME, PREFIX, Scene, new_name

_STAGES: Final = "multi-account"


class _Brief(Audience):
    """Audience that shows events of whole stacks, and of their resources only failures."""

    def __init__(self, output: Output) -> None:
        self._output = output

    def say(self, text: str) -> None:
        """Show a message."""
        self._output.say(text)

    def event(self, event: StackEvent) -> None:
        """Show the event of a stack, or the failure of a resource."""
        if event.of_stack or event.is_failure:
            self._output.event(event)


def verify(access: Access, asked: Verification, yes: bool) -> None:
    """Show the plan, ask, carry it out, clean up, and report. The exit status is 1 if anything failed."""
    output = Output(access.form)
    check_can_ask(yes, output)
    plan = Plan(tuple(_extras(asked.extras)))
    if kept := [one.name for one in record.kept()]:
        raise WrongUseError(
            f"{', '.join(kept)} was interrupted: run `{hints.command(f'verify --clean{access.flags}')}` first"
        )
    with _place(access, asked, plan) as scene:
        # Missing credentials, or permissions to list what is to be removed, are reported before anything is made.
        account, there = scene.aws.account, cleaner.listed(scene)
        if there:
            raise WrongUseError(f"{scene.name} is a name that something has: run the command again for another one")
        _show(plan, scene, output, account)
        if not yes and not typer.confirm("Do this?"):
            output.say("Nothing was changed.")
            return
        report = _carried_out(scene, plan, output, access)
        files = report.write(scene, Path.cwd())
        problems = _problems(report)
        failed = errors.Failure("\n  ".join(("the verification failed", *problems))).document() if problems else {}
        output.line("result", {**report.document(scene), **failed})
    _conclude(report, files, output)


def _carried_out(scene: Scene, plan: Plan, output: Output, access: Access) -> Report:
    """Run the plan and the clean-up. Record the name before anything is made."""
    began, command = datetime.now(UTC), hints.command(f"verify --clean --name {scene.name}{access.flags}")
    scene.logging_role = logging_role(scene)
    kept = Record(scene.name, scene.aws.account, scene.aws.region, scene.aws.endpoint_url, scene.logging_role)
    if not scene.is_passing:
        kept.write()
        output.say(f"If this is interrupted, clean up with: {command}")
    try:
        outcomes = run.carry_out(scene, plan)
        output.say("clean-up: everything that was made is removed")
        left = _cleaned(scene)
    except KeyboardInterrupt:
        if scene.is_passing:
            raise
        raise InterruptedCommandError(f"interrupted. What was made is still there: {command}") from None
    if not left:
        kept.forget()
    return Report(plan, began, outcomes, run.judged(outcomes, is_local=scene.aws.is_local), left)


def _cleaned(scene: Scene) -> list[Left]:
    """Clean up and return what is left. An error, such as expired credentials, is an entry in it."""
    try:
        return cleaner.clean(scene)
    except (ClientError, BotoCoreError) as error:
        return [Left("what a listing would have found", str(error))]


def clean(access: Access, asked: Verification, yes: bool) -> None:
    """Finish the clean-up of a verification that was interrupted: of the given name, or of those on record here."""
    output = Output(access.form)
    check_can_ask(yes, output)
    if asked.name and not NAME.fullmatch(asked.name):
        raise WrongUseError(f"{asked.name} is not the name of a verification, such as {PREFIX}1129-0a1b")
    kept = {one.name: one for one in record.kept()}
    names = [asked.name] if asked.name else list(kept)
    if not names:
        raise WrongUseError(_no_name(Scene(connection.aws(access), PREFIX, _Brief(output))))
    for name in names:
        aws, role = _where(access, kept.get(name)), kept[name].logging_role if name in kept else ""
        _clean_one(Scene(aws, name, _Brief(output), logging_role=role), kept.get(name), yes, output)


def _where(access: Access, kept: Record | None) -> Aws:
    """Return access to the account and Region of a record, or of the options without one."""
    if kept is None:
        return connection.aws(access)
    if not access.local and not access.endpoint_url:
        access = replace(access, region=kept.region, endpoint_url=kept.endpoint_url)
    aws = connection.aws(access)
    if (aws.account, aws.region, aws.endpoint_url) != (kept.account, kept.region, kept.endpoint_url):
        raise WrongUseError(
            f"{kept.name} ran in {kept.region} of the account {kept.account};"
            f" these credentials lead to {aws.region} of {aws.account}. If that place is gone, delete {kept.file}"
        )
    return aws


def _clean_one(scene: Scene, kept: Record | None, yes: bool, output: Output) -> None:
    found = cleaner.listed(scene)
    output.table(("kind", "name"), [(one.what, one.name) for one in found], f"{scene.name} has left {len(found)}")
    if found and not yes and not typer.confirm("Delete all of it?"):
        output.say("Nothing was changed.")
        return
    left = cleaner.clean(scene)
    names = [one.name for one in left]
    failed = errors.Failure("\n  ".join(("not everything could be removed", *names))).document() if left else {}
    output.line("result", {"name": scene.name, "found": len(found), "left": names, **failed})
    if left:
        output.table(("kind", "name"), [(one.what, one.name) for one in left], "This could not be removed")
        raise typer.Exit(errors.FAILED)
    if kept:
        kept.forget()
    output.say(f"Nothing of {scene.name} is left in {scene.aws.region} of the account {scene.aws.account}.")


def _no_name(scene: Scene) -> str:
    found = cleaner.candidates(scene)
    known = f"the account has buckets of {', '.join(found)}" if found else "the account has no bucket of any"
    return f"no verification is on record in this folder: give --name; {known}"


def _extras(given: str) -> Iterator[Extra]:
    names = [name.strip() for name in given.split(",") if name.strip()]
    unknown = [name for name in names if name not in get_args(Extra)]
    if unknown:
        raise WrongUseError(f"--with knows {', '.join(EXTRAS)}; got {', '.join(unknown)}")
    return (extra for extra in EXTRAS if extra in names)


@contextmanager
def _place(access: Access, asked: Verification, plan: Plan) -> Iterator[Scene]:
    """The account that the options name, or a local AWS for the time of the run where none is running."""
    audience = _Brief(Output(access.form))
    if access.local and local_state.find(Path.cwd()) is None:
        with extras.needed("local"), _own_local(access, plan) as (aws, stages):
            yield Scene(aws, new_name(), audience, asked.email, stages, is_passing=True)
        return
    stages = _stages(asked, plan)
    yield Scene(connection.aws(access), new_name(), audience, asked.email, stages)


@contextmanager
def _own_local(access: Access, plan: Plan) -> Iterator[tuple[Aws, dict[str, str]]]:
    from scripts.launch import local_stack
    from scripts.local_aws.server import LocalAws

    accounts = STAGE_ACCOUNTS if _STAGES in plan.extras else {}
    with LocalAws(region=access.region or DEFAULT_REGION, accounts=accounts) as running:
        organization = running.organization
        stages = local_stack.stage_parameters(accounts, organization) if organization else {}
        yield aws_access.local(running.endpoint_url, running.region), stages


def _stages(asked: Verification, plan: Plan) -> dict[str, str]:
    if _STAGES not in plan.extras:
        return {}
    if asked.parameters is None:
        raise WrongUseError(f"--with {_STAGES} needs --parameters FILE with DevAccountId, DevOrgId and so on")
    file = parameter_files.read(asked.parameters)
    if file.problems:
        raise WrongUseError("\n  ".join(["these launch parameters cannot be used:", *file.problems]))
    return file.parameters


def _show(plan: Plan, scene: Scene, output: Output, account: str) -> None:
    rows = plan.rows()
    total = ("", "in all, with the clean-up", f"{plan.minutes:g}", f"{plan.usd:.2f}")
    clean_up = ("clean-up", "remove everything, and list what is left", str(CLEANING_MINUTES), "0.00")
    where = f"{scene.name}, in {scene.aws.region} of the account {account}"
    output.table(("part", "what", "minutes", "USD"), [*rows, clean_up, total], f"Verify: {where}")
    for part in plan.left_out:
        output.say(f"not done without --with {part.extra}: {part.what} ({part.minutes:g} minutes, {part.usd:.2f} USD)")
    output.say("Times and list prices are about those of us-east-1; everything is removed at the end.")


def _conclude(report: Report, files: Sequence[Path], output: Output) -> None:
    rows = [(one.claim, one.verdict, one.seen) for one in report.judged]
    output.table(("claim", "verdict", "seen"), rows, "What was seen")
    output.say(f"Report: {', '.join(str(file) for file in files)}")
    problems = _problems(report)
    for problem in problems:
        output.say(f"not right: {problem}")
    if problems:
        raise typer.Exit(errors.FAILED)
    output.say("Everything was as expected, and nothing is left.")


def _problems(report: Report) -> list[str]:
    return [*run.problems(report.outcomes, report.judged), *map(_still_there, report.left)]


def _still_there(left: Left) -> str:
    return f"{left.what} is still there: {left.name}"
