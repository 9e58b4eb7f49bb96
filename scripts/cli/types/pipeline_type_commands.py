# SPDX-License-Identifier: Apache-2.0
"""Commands of `mlops pipeline-types` and their options; each loads what it needs when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scripts.cli.options import Access, Answering, ApiStack, Asked, grouped

app = typer.Typer(no_args_is_help=True, help="Pipeline types of your own: a folder with a schema and a blueprint.")

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder with pipeline.yaml and blueprint.yaml.")]
TypeName = Annotated[str, typer.Argument(metavar="NAME", help="The value of pipeline_type.")]
Administrator = Annotated[
    bool,
    typer.Option(
        "--allow-administrator",
        help="Take a blueprint that hands out an administrator's rights, if the policy for blueprints allows it.",
    ),
]


@app.command()
@grouped
def check(
    answering: Answering,
    folder: Folder,
    region: Annotated[str | None, typer.Option(help="AWS Region where the blueprint will be deployed.")] = None,
    policy: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The policy of CustomBlueprintPolicyArn, in JSON.")
    ] = None,
    allow_administrator: Administrator = False,
) -> None:
    """Look at a folder without AWS: every problem, and the permissions that its blueprint needs."""
    from scripts.cli.types import pipeline_types

    pipeline_types.check(folder, region, policy, allow_administrator, answering.form)


@app.command()
@grouped
def add(
    access: Access,
    folder: Folder,
    stack_name: ApiStack = None,
    allow_administrator: Administrator = False,
) -> None:
    """Check a folder and install it, or a new version of it."""
    from scripts.cli.types import pipeline_types

    pipeline_types.add(folder, pipeline_types.Adding(access, stack_name, allow_administrator))


@app.command()
@grouped
def remove(
    access: Access,
    name: TypeName,
    stack_name: ApiStack = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Withdraw a type: new requests are refused, and its pipelines stay."""
    from scripts.cli.types import installed_types

    installed_types.remove(Asked(access, stack_name), name, yes)


@app.command("list")
@grouped
def list_types(access: Access, stack_name: ApiStack = None) -> None:
    """List all types, built-in ones and those that were added, with their versions."""
    from scripts.cli.types import installed_types

    installed_types.list_types(Asked(access, stack_name))


@app.command()
@grouped
def new(access: Access, name: TypeName, stack_name: ApiStack = None) -> None:
    """Print a first request of a type that the orchestrator has."""
    from scripts.cli.types import installed_types

    installed_types.new(Asked(access, stack_name), name)
