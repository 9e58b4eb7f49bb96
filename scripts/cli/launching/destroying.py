# SPDX-License-Identifier: Apache-2.0
"""`mlops destroy`: removes the pipelines, if requested, and the root stack, after showing what goes and what stays.

After an interruption, or once the cause of a failure is removed, the same command goes on: it looks at what exists.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import typer

from mlops_orchestrator.aws import stack_following
from mlops_orchestrator.aws.api_client import OrchestratorApi
from mlops_orchestrator.client.answers import accepted
from mlops_orchestrator.settings import hints
from scripts.cli import connection
from scripts.cli.asking import check_can_ask
from scripts.cli.errors import CommandError, WrongUseError
from scripts.cli.launching import launching, retained
from scripts.cli.launching.retained import Kept
from scripts.cli.options import Access
from scripts.cli.output import Output
from scripts.cli.pipelines import removals
from scripts.cli.pipelines.removals import Removal
from scripts.launch import deployment, owned_stacks
from scripts.launch.owned_stacks import Owned

# Most parallel deletions of pipelines: quick enough, and well below CloudFormation's throttling.
_AT_ONCE: Final = 5


@dataclass(frozen=True)
class Destroying:
    """Options of `mlops destroy`."""

    access: Access
    stack_name: str | None
    """Name of the root stack; None leaves it to the settings."""
    pipelines: bool
    """Whether pipelines may be deleted, too."""
    role_arn: str = ""

    @property
    def command(self) -> str:
        """Command that repeats this one."""
        stack = f" --stack-name {self.stack_name}" if self.stack_name else ""
        return hints.command(f"destroy{' --pipelines' if self.pipelines else ''}{stack}{self.access.flags}")


def run(asked: Destroying, yes: bool) -> None:
    """Delete the root stack and, with `pipelines`, everything that its pipelines made."""
    output = Output(asked.access.form, asked.access.lines)
    check_can_ask(yes, output)
    for problem in launching.role_problems(asked.role_arn):
        raise WrongUseError(problem)
    aws = connection.aws(asked.access)
    cloudformation = aws.client("cloudformation")
    name = connection.stack_name(asked.access, asked.stack_name)
    root = deployment.at_rest(cloudformation, name, output)
    if root is None:
        output.say(f"There is no stack {name} in {aws.region}: nothing to delete.")
        output.line("result", {"stack": name, "status": "DELETE_COMPLETE", "kept": []})
        return
    owned = owned_stacks.find(cloudformation, root)
    _check(asked, name, owned)
    going, staying = retained.divide(cloudformation, root)
    output.say(f"{name} is in {aws.place}.")
    _show(name, owned, (going, staying), output)
    if not yes and not typer.confirm("Delete all that goes?" if owned.needing_the_orchestrator else "Delete it?"):
        output.say("Nothing was changed.")
        return
    if owned.needing_the_orchestrator:
        _remove_pipelines(asked, owned, cloudformation, output)
    deployment.delete(cloudformation, root, output, asked.role_arn)
    kept = [one.description() for one in staying]
    output.line("result", {"stack": name, "status": "DELETE_COMPLETE", "kept": kept})
    output.say(f"{name} is deleted. What stays can be given to the next launch, or be deleted by hand.")


def _check(asked: Destroying, name: str, owned: Owned) -> None:
    names = owned.needing_the_orchestrator
    if names and not asked.pipelines:
        raise CommandError(
            f"{len(names)} stacks of pipelines still exist, and cannot be deleted once {name} is gone:"
            f" {', '.join(names)}. Delete them first, with `{hints.command('delete')}`, or all of them with --pipelines"
        )


def _show(name: str, owned: Owned, divided: tuple[list[tuple[str, str]], list[Kept]], output: Output) -> None:
    going, staying = divided
    if owned.needing_the_orchestrator:
        rows = [(one, "a pipeline, with what it deployed") for one in owned.pipelines]
        rows += [(one, "of a pipeline that is gone") for one in (*owned.leftovers, *owned.stack_sets)]
        output.table(("goes first", ""), rows, f"Delete {len(rows)} pipelines")
    output.table(("goes", "type"), going, f"Delete {name}: {len(going)} resources")
    rows_of_kept = [(one.resource, one.type, one.name, one.how_to_delete) for one in staying]
    title = f"{len(staying)} resources hold data or serve others, and stay"
    output.table(("stays", "type", "name", "to delete it"), rows_of_kept, title)
    if owned.foreign:
        output.say(f"Not made by {name}, and left as they are: {', '.join(owned.foreign)}.")


def _remove_pipelines(asked: Destroying, owned: Owned, cloudformation: Any, output: Output) -> None:
    """Delete everything that needs the orchestrator. Ends the command if something cannot be deleted."""
    api = connection.orchestrator_api(asked.access, asked.stack_name)
    unknown = set[str]()
    failed = removals.follow(_begun(api, owned, unknown, output), output, _AT_ONCE)
    if failed:
        problems = "".join(f"\n  {one.name}: {one.failure}" for one in failed)
        raise CommandError(
            f"the orchestrator stays, because pipelines could not be deleted. Remove the cause and go on:"
            f" {asked.command}{problems}"
        )
    alone = [name for name in owned.leftovers if owned_stacks.pipeline_stack_of(name) in unknown]
    for state in filter(None, (stack_following.find(cloudformation, name) for name in alone)):
        deployment.delete(cloudformation, state, output)
    left = [name for name in owned.stack_sets if owned_stacks.pipeline_stack_of(name) in unknown]
    if left:
        raise CommandError(
            f"the StackSets {', '.join(left)} belong to pipelines whose own stacks are gone: delete their instances and"
            f" them in the CloudFormation console, then go on: {asked.command}"
        )


def _begun(api: OrchestratorApi, owned: Owned, unknown: set[str], output: Output) -> Iterator[Removal]:
    """Request each pipeline's deletion when it is taken. Those that the API does not know are added to `unknown`."""
    deployed = (owned_stacks.pipeline_stack_of(name) for name in (*owned.leftovers, *owned.stack_sets))
    for name in dict.fromkeys((*owned.pipelines, *deployed)):
        answer = api.details(name)
        if answer.status == HTTPStatus.NOT_FOUND:
            unknown.add(name)
            continue
        details = accepted(answer)
        output.say(accepted(api.delete(details["pipeline_id"]))["message"])
        yield Removal(api, details, output)
