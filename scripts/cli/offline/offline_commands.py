# SPDX-License-Identifier: Apache-2.0
"""Commands that ask no orchestrator, and their options; each loads what it needs when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from scripts.cli import completing
from scripts.cli.options import Access, Answering, Asking, Offline, RequestFile, grouped

app = typer.Typer()


@app.command()
@grouped
def new(
    rules: Offline,
    answering: Answering,
    pipeline_type: Annotated[
        str, typer.Argument(help="Such as byom_realtime_builtin.", autocompletion=completing.full_types)
    ],
    full: Annotated[bool, typer.Option("--full", help="With the optional keys too.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="New file for the request; none is left after a failure.")
    ] = None,
) -> None:
    """Print a starter request; what its keys mean goes to standard error."""
    from scripts.cli import drafting

    drafting.new(pipeline_type, full, rules, drafting.Writing(answering.form, out))


@app.command()
@grouped
def check(rules: Offline, asking: Asking, answering: Answering, file: RequestFile) -> None:
    """Validate a request as the API would; where an orchestrator can be asked, it looks whether all is there."""
    from scripts.cli import drafting

    drafting.check(file, rules, answering.form, asking)


@app.command("import")
@grouped
def import_requests(
    rules: Offline,
    answering: Answering,
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Requests in JSON, alone or in lists.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the accepted requests as they would be written today.")
    ] = None,
) -> None:
    """Check request files of the earlier solution, without AWS: what is accepted, what changes, what is refused."""
    from scripts.cli import importing

    importing.run(files, rules, out, answering.form)


@app.command()
def completion(
    shell: Annotated[Literal["bash", "zsh", "fish"], typer.Argument(help="Your shell.")],
) -> None:
    """Print the script that has a shell complete commands, pipelines and types; --install-completion installs it."""
    typer.echo(completing.script(shell))


@app.command()
@grouped
def config(access: Access) -> None:
    """Show every setting, where it comes from, and which AWS the commands of this folder use."""
    from scripts.cli.offline import configured

    configured.run(access)
