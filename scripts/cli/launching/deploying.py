# SPDX-License-Identifier: Apache-2.0
"""`mlops publish` and `mlops deploy`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import typer

from mlops_orchestrator.aws.stack_following import StackState
from mlops_orchestrator.settings import hints
from scripts.cli import connection
from scripts.cli.asking import check_can_ask
from scripts.cli.launching import launching
from scripts.cli.options import Access, Stack
from scripts.cli.output import Output
from scripts.launch import launch
from scripts.launch.boundary import NAME_PARAMETER
from scripts.launch.deployment import ChangeSet
from scripts.packaging import artifacts

# Output of the root stack -> the parameter that names the resource, the consequence of a missing policy, and the
# command that shows the policy.
_POLICIES_TO_ADD: Final = {
    "AssetsBucketPolicyToAdd": (
        "ExistingS3Bucket",
        "the accounts of dev, staging and prod cannot read models and data in the bucket",
        "aws s3api get-bucket-policy --bucket {}",
    ),
    "EcrRepositoryPolicyToAdd": (
        "ExistingECRRepo",
        "the accounts of dev, staging and prod cannot read images in the repository",
        "aws ecr get-repository-policy --repository-name {}",
    ),
    "KmsKeyPolicyToAdd": (
        "ExistingKmsKeyArn",
        "not everything of the solution can use the key",
        "aws kms get-key-policy --policy-name default --key-id {}",
    ),
}


def publish(given: str, prefix: str, access: Access) -> None:
    """Upload this version, into the solution's own bucket unless one is named, and show how to launch it."""
    output, aws = Output(access.form), connection.aws(access)
    named = given or connection.settings(access).bucket.value
    release = launch.assemble(aws)
    bucket = named or launch.made_bucket(aws, "", output)
    place = launch.publish(aws, release, bucket, prefix.strip("/"), output)
    urls, links = {}, {}
    for template in artifacts.write_baked_templates(release, place):
        if template.name == artifacts.BOUNDARY_TEMPLATE:
            output.say(f"{template}\npermissions boundary: {place.url(template.name)}")
            continue
        option = template.stem.removeprefix("mlops-orchestrator-")
        urls[option] = place.url(template.name)
        output.say(f"{template}\ntemplate {option}: {urls[option]}")
        # In a partition whose console is unknown, there is no link: the template's address has to do.
        if aws.console:
            links[option] = artifacts.quick_create_url(place, option, launch.DEFAULT_STACK_NAME, aws.console)
            output.say(f"launch {option}: {links[option]}")
    published = {"version": release.version, "bucket": bucket, "prefix": place.prefix}
    output.document({**published, "templates": urls, "launch": links})
    words = f"deploy --email YOU@EXAMPLE.COM{f' --bucket {bucket}' if given else ''}{access.flags}"
    output.say(f"next: open a launch link, or run `{hints.command(words)}`")


def deploy(stack: Stack, bucket: str, yes: bool, with_boundary: bool, access: Access) -> None:
    """Publish, and deploy this version of the root stack, after its permissions boundary if requested."""
    output = Output(access.form, access.lines)
    check_can_ask(yes, output)
    wanted = replace(launching.read(stack, bucket, connection.settings(access)), with_boundary=with_boundary)
    aws = connection.aws(access)

    def agree(change_set: ChangeSet) -> bool:
        rows = [(one.action, one.logical_id, one.resource_type, one.replacement) for one in change_set.changes]
        verb = "Create" if change_set.creates else "Update"
        title = f"{verb} {change_set.stack_name} in {aws.place}: {len(rows)} changes"
        output.table(("action", "resource", "type", "replacement"), rows, title)
        return yes or typer.confirm("Do this?")

    outcome = launch.deploy(aws, wanted, output, agree)
    if outcome.state is None:
        output.say("Nothing was changed. The change set stays until the next deploy.")
        return
    if not outcome.changed:
        output.say(f"{wanted.stack_name} is up to date: nothing to change.")
    _show_deployed(outcome.state, outcome.changed, output, access.flags)


def _show_deployed(state: StackState, changed: bool, output: Output, flags: str) -> None:
    output.table(("output", "value"), sorted(state.outputs.items()), f"{state.name}: {state.status}")
    output.line("result", {"stack": state.name, "status": state.status, "changed": changed, "outputs": state.outputs})
    for line in _by_hand(state):
        output.say(line)
    if not state.parameters.get(NAME_PARAMETER, ""):
        output.say(
            "We recommend a permissions boundary, which contains what pipelines do: run it again --with-boundary."
        )
    output.say(f"next: {hints.command('new byom_realtime_builtin --out request.json')}")
    output.say(f"then, filled in: {hints.command(f'provision request.json --watch{flags}')}")


def _by_hand(state: StackState) -> Iterator[str]:
    """Yield what is left to the operator: policies of a bucket, repository or key that existed before."""
    for output, (parameter, what, command) in _POLICIES_TO_ADD.items():
        if output in state.outputs:
            name = state.parameters.get(parameter, "")
            yield ""
            yield f"To do by hand, or {what} {name}:"
            yield f"add this to the Statement list of its policy; `{command.format(name)}` shows the policy it has."
            yield json.dumps(json.loads(state.outputs[output]), indent=2)
