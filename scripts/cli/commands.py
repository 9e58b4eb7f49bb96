# SPDX-License-Identifier: Apache-2.0
"""Commands and their options. Each loads what it needs when it runs, so that `mlops --help` answers at once."""

from __future__ import annotations

from typing import Annotated

import typer

from scripts.cli import completing
from scripts.cli.cards import card_commands
from scripts.cli.everyday import everyday_commands
from scripts.cli.launching import account_commands
from scripts.cli.monitors import monitor_commands
from scripts.cli.offline import offline_commands
from scripts.cli.options import (
    Access,
    Acting,
    Among,
    Answering,
    ApiStack,
    Asked,
    Pipeline,
    RequestFile,
    RoleArn,
    RootStack,
    Rules,
    Serving,
    Stack,
    Verification,
    grouped,
)
from scripts.cli.types import pipeline_type_commands

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(pipeline_type_commands.app, name="pipeline-types")
app.add_typer(everyday_commands.app)
app.add_typer(card_commands.app, name="cards")
app.add_typer(monitor_commands.app, name="monitor")
app.add_typer(account_commands.app, name="accounts")
app.add_typer(offline_commands.app)

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Bucket = Annotated[
    str,
    typer.Option(help="Bucket for code and templates; otherwise that of the settings, or one of the solution's own."),
]
Watch = Annotated[
    bool, typer.Option("--watch", help="Follow the pipeline until it has ended or, in a script, needs an approval.")
]
WithBoundary = Annotated[
    bool, typer.Option("--with-boundary", help="Launch a permissions boundary first, and bound all roles by it.")
]
Target = Annotated[
    str,
    typer.Argument(
        metavar="STAGE",
        help="The stage that would be deployed next: staging or prod.",
        autocompletion=completing.stages,
    ),
]


def _say_version(wanted: bool) -> None:
    if wanted:
        from scripts.packaging import artifacts

        typer.echo(f"mlops {artifacts.package_version()}")
        raise typer.Exit


@app.callback()
def mlops(
    version: Annotated[
        bool, typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version, and end.")
    ] = False,
) -> None:
    """Provision machine-learning pipelines on AWS, or on the local AWS of this machine."""


@app.command()
@grouped
def publish(
    access: Access,
    bucket: Bucket = "",
    prefix: Annotated[str, typer.Option(help="Prefix of all versions in the bucket.")] = "mlops-workload-orchestrator",
) -> None:
    """Upload code and templates as an immutable version, and print the link that launches it."""
    from scripts.cli.launching import deploying

    deploying.publish(bucket, prefix, access)


@app.command()
@grouped
def deploy(
    stack: Stack, access: Acting, bucket: Bucket = "", yes: Yes = False, with_boundary: WithBoundary = False
) -> None:
    """Publish this version and create or update the root stack; run it again after an interruption."""
    from scripts.cli.launching import deploying

    deploying.deploy(stack, bucket, yes, with_boundary, access)


@app.command()
@grouped
def destroy(
    access: Acting,
    stack_name: RootStack = None,
    pipelines: Annotated[
        bool, typer.Option("--pipelines", help="Delete all pipelines first, with what they deployed.")
    ] = False,
    role_arn: RoleArn = "",
    yes: Yes = False,
) -> None:
    """Delete the root stack; buckets and what else holds data stays."""
    from scripts.cli.launching import destroying

    destroying.run(destroying.Destroying(access, stack_name, pipelines, role_arn), yes)


@app.command()
@grouped
def provision(
    access: Access,
    file: RequestFile,
    stack_name: ApiStack = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and touch nothing.")] = False,
    watch: Watch = False,
) -> None:
    """Provision a pipeline by a signed call of the API."""
    from scripts.cli.pipelines import requesting

    requesting.provision(Asked(access, stack_name, watch), file, dry_run)


@app.command()
@grouped
def status(
    access: Access,
    among: Among,
    pipeline: Pipeline,
    watch: Watch = False,
) -> None:
    """Show how far a pipeline is: stages, actions, reasons of failures, who must act next."""
    from scripts.cli.pipelines import requesting

    requesting.status(Asked(access, among.stack_name, watch), among.named(pipeline))


@app.command("list")
@grouped
def list_pipelines(
    access: Access,
    stack_name: ApiStack = None,
    model_name: Annotated[str, typer.Option("--model", help="Only pipelines of this model.")] = "",
    pipeline_type: Annotated[
        str, typer.Option("--type", help="Only pipelines of this type.", autocompletion=completing.types)
    ] = "",
) -> None:
    """List the pipelines: how far each is, and who must act next."""
    from scripts.cli.pipelines import listing

    listing.run(Asked(access, stack_name), model_name, pipeline_type)


@app.command()
@grouped
def delete(
    access: Acting,
    among: Among,
    pipeline: Pipeline,
    yes: Yes = False,
    watch: Annotated[bool, typer.Option("--watch", help="Follow the deletion to its end.")] = False,
) -> None:
    """Delete a pipeline and what it deployed; models, data and results stay."""
    from scripts.cli.pipelines import removing

    removing.run(Asked(access, among.stack_name, watch), among.named(pipeline), yes)


@app.command()
@grouped
def approve(
    access: Access,
    among: Among,
    pipeline: Pipeline,
    stage: Target,
    comment: Annotated[str, typer.Option(help="What others will read about this decision.")] = "",
) -> None:
    """Let a waiting pipeline deploy its next stage."""
    from mlops_orchestrator.client.approvals import Decision
    from scripts.cli.pipelines import deciding

    decision = Decision(stage, comment, is_approval=True)
    deciding.run(Asked(access, among.stack_name), among.named(pipeline), decision)


@app.command()
@grouped
def reject(
    access: Access,
    among: Among,
    pipeline: Pipeline,
    stage: Target,
    reason: Annotated[str, typer.Option(help="Why not; others will read it.")],
) -> None:
    """Keep a waiting pipeline from deploying its next stage; what is deployed stays."""
    from mlops_orchestrator.client.approvals import Decision
    from scripts.cli.pipelines import deciding

    decision = Decision(stage, reason, is_approval=False)
    deciding.run(Asked(access, among.stack_name), among.named(pipeline), decision)


@app.command()
@grouped
def local(
    rules: Rules,
    serving: Serving,
    answering: Answering,
    verbose: Annotated[bool, typer.Option("--verbose", help="A line for each event, on a terminal too.")] = False,
) -> None:
    """Run a local AWS with the solution deployed and the page of `console`, until it is interrupted."""
    from scripts.cli import extras

    with extras.needed("local"):
        from scripts.cli.foreground import local
    from scripts.cli.output import Output

    local.run(rules, serving, Output(answering.form, verbose))


@app.command()
@grouped
def mail(
    access: Access,
    number: Annotated[
        str, typer.Argument(metavar="NUMBER", help="The mail to read, or `last`; otherwise all are listed.")
    ] = "",
) -> None:
    """Read the mails that the local AWS has sent; AWS sends them to the inboxes of those who are subscribed."""
    from scripts.cli import mail

    mail.run(access, number)


@app.command()
@grouped
def verify(access: Access, verification: Verification, yes: Yes = False) -> None:
    """Verify an AWS account: the main job, experiments on what AWS does, everything removed, and a report."""
    from scripts.cli import verifying

    (verifying.clean if verification.clean else verifying.verify)(access, verification, yes)
