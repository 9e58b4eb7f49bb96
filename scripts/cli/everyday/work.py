# SPDX-License-Identifier: Apache-2.0
"""Work of a pipeline: the stack with what it deployed, in this account or in that of a stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from mlops_orchestrator.aws import stack_following
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.client.answers import accepted
from orchestrator.pipeline_types.base import STACK_PREFIX
from orchestrator.provisioned import pipeline_stacks, short_names
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.values import tags
from orchestrator.values.per_stage import STAGES
from scripts.cli import connection
from scripts.cli.errors import CommandError, WrongUseError
from scripts.cli.options import Access, Asked
from scripts.cli.output import Output
from scripts.cli.pipelines import answers
from scripts.launch.local_deployment import LocalDeployment

_Stack = Mapping[str, Any]
_IN_STAGES: Final = f"StackSet-{STACK_PREFIX}-"


@dataclass(frozen=True)
class Work:
    """Stack with what a pipeline deployed."""

    aws: Aws
    """Account and Region where it is."""
    name: str
    """How the pipeline was named."""
    stack: str
    """ARN of the stack."""
    outputs: Mapping[str, str]
    job: Mapping[str, Any] | None = None
    """The job that it started, as the API tells it; `None` in a stage."""

    def resources(self) -> Iterator[tuple[str, str]]:
        """Yield type and physical id of each resource of the stack."""
        pages = self.aws.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=self.stack)
        for page in pages:
            for one in page["StackResourceSummaries"]:
                yield one["ResourceType"], one.get("PhysicalResourceId", "")


def find(asked: Asked, given: str, stage: str, output: Output) -> Work:
    """Return the work of a pipeline. Raise WrongUseError, or CommandError if nothing is deployed yet.

    For a stage, nobody is asked but the account of the stage, which may not call the orchestrator.
    """
    if stage:
        return _in_stage(asked.access, given, stage)
    pipeline = answers.find(asked, given, output)
    details = accepted(pipeline.api.details(pipeline.id))
    if details["stages"]:
        raise WrongUseError(
            f"{given} is deployed in the accounts of its stages: name one by --stage {'|'.join(STAGES)}, with a"
            " --profile for its account"
        )
    stack = details["stack"]
    if stack is None:
        raise CommandError(f"{given} has deployed nothing yet: {pipeline.command('status')} tells how far it is")
    return Work(pipeline.aws, given, stack["stack_id"], details["outputs"], details["job"])


def _in_stage(access: Access, given: str, stage: str) -> Work:
    if stage not in STAGES:
        raise WrongUseError(f"there is no stage {stage}: it is {', '.join(STAGES)}")
    aws = _account_of(access, stage)
    found = _named(given, [stack for stack in _stacks(aws) if _tags(stack).get(tags.STAGE) == stage])
    if not found:
        raise WrongUseError(
            f"{given} has no stack of the stage {stage} in the account {aws.account}, {aws.region}: choose that of the"
            " stage by --profile and --region, or wait until the stage is deployed"
        )
    if len(found) > 1:
        names = short_names.listed([_pipeline(stack) for stack in found])
        raise WrongUseError(f"{given} has several pipelines in the stage {stage}: name one of {names}")
    (stack,) = found
    outputs = {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", ())}
    return Work(aws, given, stack["StackId"], outputs)


def _account_of(access: Access, stage: str) -> Aws:
    """Return the caller's account; on the local AWS, whose caller is everybody, that of the stage."""
    aws = connection.aws(access)
    account = connection.local_account(access, stage)
    return LocalDeployment(aws, "", "", {}).in_account(account) if account else aws


def _stacks(aws: Aws) -> Iterator[_Stack]:
    for page in aws.client("cloudformation").get_paginator("describe_stacks").paginate():
        yield from (stack for stack in page["Stacks"] if stack["StackName"].startswith(_IN_STAGES))


def _named(given: str, stacks: list[_Stack]) -> list[_Stack]:
    """Return the stacks that a model, a model and a type, or the name of a pipeline's stack means."""
    if given.startswith((f"{STACK_PREFIX}-", "arn:")):
        name = pipeline_stacks.common_name(stack_following.name_in(given))
        return [stack for stack in stacks if _tags(stack).get(tags.PIPELINE) == name]
    model, _, type_name = given.partition("/")
    of_model = [stack for stack in stacks if _tags(stack).get(tags.MODEL, "").lower() == model.lower()]
    if not type_name:
        return of_model
    chosen = short_names.of_type([_pipeline(stack) for stack in of_model], type_name)
    return [stack for stack in of_model if _pipeline(stack) in chosen]


def _pipeline(stack: _Stack) -> Pipeline:
    told = _tags(stack)
    return pipeline_stacks.deployed_as(told.get(tags.PIPELINE, ""), told.get(tags.MODEL, ""))


def _tags(stack: _Stack) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in stack.get("Tags", ())}
