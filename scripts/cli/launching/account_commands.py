# SPDX-License-Identifier: Apache-2.0
"""Commands of `mlops accounts` and their options; each loads what it needs when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scripts.cli.options import Access, grouped

app = typer.Typer(no_args_is_help=True, help="The accounts of dev, staging and prod.")


@app.callback()
def accounts() -> None:
    """Keep `check` a command of its own, although there is no other."""


@app.command()
@grouped
def check(
    access: Access,
    param: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="A launch parameter, as for `mlops deploy`; repeat for more."),
    ] = None,
    parameters: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Launch parameters in JSON or YAML; --param wins.")
    ] = None,
    stack_name: Annotated[
        str | None, typer.Option(help="Root stack whose parameters are taken where none are given.")
    ] = None,
) -> None:
    """Check before a launch that the organization lets it deploy to several accounts; changes nothing."""
    from scripts.cli.launching import account_checks

    account_checks.check(access, stack_name, parameters, param or [])
