# SPDX-License-Identifier: Apache-2.0
"""`mlops cards` and its options; each command loads what it needs when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from scripts.cli.options import Access, Answering, ApiStack, Asked, Offline, RequestFile, grouped

app = typer.Typer(no_args_is_help=True, help="Model cards: what a model is, what it is for, how good it is.")

CREATE: Final = "create_model_card"
UPDATE: Final = "update_model_card"

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the card.")]
Version = Annotated[int | None, typer.Option(help="Version of the card; otherwise the latest.")]
OtherName = Annotated[str, typer.Option("--name", help="Name of the card, in place of the file's.")]


@app.command("list")
@grouped
def list_cards(
    access: Access,
    stack_name: ApiStack = None,
    contains: Annotated[str, typer.Option(help="Part of the names.")] = "",
    status: Annotated[str, typer.Option(help="Draft, PendingReview, Approved or Archived.")] = "",
) -> None:
    """List the cards."""
    from scripts.cli.cards import operations

    operations.list_cards(Asked(access, stack_name), contains, status)


@app.command()
@grouped
def show(access: Access, name: Name, version: Version = None, stack_name: ApiStack = None) -> None:
    """Show a card with its sections and metrics."""
    from scripts.cli.cards import operations

    operations.show(Asked(access, stack_name), name, version)


@app.command()
@grouped
def new(
    rules: Offline,
    answering: Answering,
    full: Annotated[bool, typer.Option("--full", help="With the optional keys too.")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="New file for the request.")] = None,
) -> None:
    """Print a starter request for a card; what its keys mean goes to standard error."""
    from scripts.cli import drafting

    drafting.new(CREATE, full, rules, drafting.Writing(answering.form, out))


@app.command()
@grouped
def check(rules: Offline, answering: Answering, file: RequestFile) -> None:
    """Validate a request for a card, without AWS."""
    from scripts.cli import drafting

    drafting.check(file, rules, answering.form)


@app.command()
@grouped
def create(access: Access, file: RequestFile, name: OtherName = "", stack_name: ApiStack = None) -> None:
    """Create the card of a request file."""
    from scripts.cli.cards import operations

    operations.write(Asked(access, stack_name), CREATE, file, name)


@app.command()
@grouped
def update(access: Access, file: RequestFile, name: OtherName = "", stack_name: ApiStack = None) -> None:
    """Replace the sections of a card that a file gives; the others stay."""
    from scripts.cli.cards import operations

    operations.write(Asked(access, stack_name), UPDATE, file, name)


@app.command()
@grouped
def export(
    access: Access,
    name: Name,
    version: Version = None,
    wait: Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the PDF is there.")] = True,
    stack_name: ApiStack = None,
) -> None:
    """Export a card as PDF to the assets bucket."""
    from scripts.cli.cards import operations

    operations.export(Asked(access, stack_name, wait), name, version)


@app.command()
@grouped
def exported(
    access: Access,
    name: Name,
    job: Annotated[str, typer.Argument(metavar="JOB", help="Name of the export job.")],
    stack_name: ApiStack = None,
) -> None:
    """Show how an export goes, or how it ended."""
    from scripts.cli.cards import operations

    operations.exported(Asked(access, stack_name), name, job)


@app.command()
@grouped
def delete(
    access: Access,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    stack_name: ApiStack = None,
) -> None:
    """Delete a card with all its versions."""
    from scripts.cli.cards import operations

    operations.delete(Asked(access, stack_name), name, yes)
