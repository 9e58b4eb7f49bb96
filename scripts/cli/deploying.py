# SPDX-License-Identifier: Apache-2.0
"""`mlops publish`, `mlops deploy`, `mlops destroy`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

import typer
import yaml

from orchestrator.pipelines.base import STACK_PREFIX
from scripts import artifacts, deployment, launch, stack_following
from scripts.aws_access import Aws
from scripts.cli import connection
from scripts.cli.asking import check_can_ask
from scripts.cli.errors import CommandError, WrongUseError
from scripts.cli.options import Access, Stack
from scripts.cli.output import Output
from scripts.deployment import ChangeSet
from scripts.launch import Launching
from scripts.stack_following import StackState

# Output of the multi-account root stack -> the parameter that names the resource, and how to look at its policy.
_POLICIES_TO_ADD: Final = {
    "AssetsBucketPolicyToAdd": (
        "ExistingS3Bucket",
        "models and data in the bucket",
        "aws s3api get-bucket-policy --bucket {}",
    ),
    "EcrRepositoryPolicyToAdd": (
        "ExistingECRRepo",
        "images in the repository",
        "aws ecr get-repository-policy --repository-name {}",
    ),
}
_KEEPING_POLICIES: Final = frozenset({"Retain", "RetainExceptOnCreate", "Snapshot"})


def publish(bucket: str, prefix: str, access: Access) -> None:
    """Upload this checkout's version and say how to launch it."""
    output, aws = Output(access.as_json), connection.aws(access)
    release = launch.assemble(aws)
    place = launch.publish(aws, release, bucket, prefix.strip("/"), output)
    urls = {}
    for template in artifacts.write_baked_templates(release, place):
        option = template.stem.removeprefix("mlops-orchestrator-")
        urls[option] = artifacts.quick_create_url(place, option, launch.DEFAULT_STACK_NAME, aws.console)
        output.say(f"{template}\n{place.url(template.name)}\nlaunch {option}: {urls[option]}")
    output.document({"version": release.version, "bucket": bucket, "prefix": place.prefix, "launch": urls})
    output.say("next: open a launch link, or run `mlops deploy --email YOU@EXAMPLE.COM`")


def deploy(stack: Stack, bucket: str, yes: bool, access: Access) -> None:
    """Publish and bring the root stack to this checkout's version."""
    output = Output(access.as_json)
    check_can_ask(yes, output)
    launching = Launching(stack.option, stack.stack_name, _parameters(stack), bucket)

    def agree(change_set: ChangeSet) -> bool:
        rows = [(one.action, one.logical_id, one.resource_type, one.replacement) for one in change_set.changes]
        title = f"{'Create' if change_set.creates else 'Update'} {stack.stack_name}: {len(rows)} changes"
        output.table(("action", "resource", "type", "replacement"), rows, title)
        return yes or typer.confirm("Do this?")

    outcome = launch.deploy(connection.aws(access), launching, output, agree)
    if outcome.state is None:
        output.say("Nothing was changed. The change set stays until the next deploy.")
        return
    if not outcome.changed:
        output.say(f"{stack.stack_name} is up to date: nothing to change.")
    _show_deployed(outcome.state, outcome.changed, output)


def destroy(stack_name: str, yes: bool, access: Access) -> None:
    """Delete the root stack after showing what goes and what stays."""
    output, aws = Output(access.as_json), connection.aws(access)
    check_can_ask(yes, output)
    cloudformation = aws.client("cloudformation")
    state = stack_following.find(cloudformation, stack_name)
    if state is None:
        output.say(f"There is no stack {stack_name} in {aws.region}: nothing to delete.")
        output.document({"stack": stack_name, "status": "DELETE_COMPLETE", "kept": []})
        return
    pipelines = stack_following.names(cloudformation, f"{STACK_PREFIX}-")
    if pipelines:
        raise CommandError(
            f"{len(pipelines)} stacks of pipelines still exist, and cannot be deleted once {stack_name} is gone:"
            f" {', '.join(pipelines)}. Delete them first, with `mlops delete`"
        )
    going, staying = _resources(aws, state)
    output.table(("goes", "type"), going, f"Delete {stack_name}: {len(going)} resources")
    output.table(("stays", "type", "name"), staying, f"{len(staying)} resources hold data and stay")
    if not yes and not typer.confirm("Delete it?"):
        output.say("Nothing was changed.")
        return
    deployment.delete(cloudformation, state, output)
    kept = [{"resource": logical, "type": kind, "name": name} for logical, kind, name in staying]
    output.document({"stack": stack_name, "status": "DELETE_COMPLETE", "kept": kept})
    output.say(f"{stack_name} is deleted. What stays can be given to the next launch, or be deleted by hand.")


def _parameters(stack: Stack) -> dict[str, str]:
    given = {launch.EMAIL_PARAMETER: stack.email} if stack.email else {}
    for pair in stack.param or ():
        name, equals, value = pair.partition("=")
        if not (name and equals):
            raise WrongUseError(f"--param needs NAME=VALUE; got {pair}")
        given[name] = value
    return given


def _show_deployed(state: StackState, changed: bool, output: Output) -> None:
    output.table(("output", "value"), sorted(state.outputs.items()), f"{state.name}: {state.status}")
    output.document({"stack": state.name, "status": state.status, "changed": changed, "outputs": state.outputs})
    for line in _by_hand(state):
        output.say(line)
    output.say("next: mlops new byom_realtime_builtin > request.json, fill it in, then mlops provision request.json")


def _by_hand(state: StackState) -> Iterator[str]:
    """What the root stack may not do: policies of a bucket or repository that was there before."""
    for output, (parameter, what, command) in _POLICIES_TO_ADD.items():
        if output in state.outputs:
            name = state.parameters.get(parameter, "")
            yield ""
            yield f"To do by hand, or the accounts of dev, staging and prod cannot read {what} {name}:"
            yield f"add this to the Statement list of its policy; `{command.format(name)}` shows the policy it has."
            yield json.dumps(json.loads(state.outputs[output]), indent=2)


def _resources(aws: Aws, state: StackState) -> tuple[list[tuple[str, str]], list[tuple[str, str, str]]]:
    """What a deletion removes, and what the template keeps: logical id, type, and the name of what is kept."""
    cloudformation = aws.client("cloudformation")
    kept = _kept(cloudformation.get_template(StackName=state.arn, TemplateStage="Original")["TemplateBody"])
    going, staying = [], []
    for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=state.arn):
        for resource in page["StackResourceSummaries"]:
            logical, kind = resource["LogicalResourceId"], resource["ResourceType"]
            if logical in kept:
                staying.append((logical, kind, resource.get("PhysicalResourceId", "")))
            else:
                going.append((logical, kind))
    return going, staying


def _kept(template: Any) -> set[str]:
    """Logical ids whose DeletionPolicy keeps them; boto3 gives a YAML template as text, a JSON one decoded."""
    if not isinstance(template, str):
        policies = {name: resource.get("DeletionPolicy") for name, resource in template["Resources"].items()}
    else:
        document: Any = yaml.compose(template, Loader=yaml.SafeLoader)
        sections = {name.value: section for name, section in document.value}
        policies = {
            name.value: next((value.value for key, value in resource.value if key.value == "DeletionPolicy"), None)
            for name, resource in sections["Resources"].value
        }
    return {name for name, policy in policies.items() if policy in _KEEPING_POLICIES}
