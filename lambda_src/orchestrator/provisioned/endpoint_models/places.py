# SPDX-License-Identifier: Apache-2.0
"""Where the endpoint of a pipeline is: in this account, or in the accounts of a stage, in which a role lets look.

The blueprint makes that role only where models are compared (`ComparedBy`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.aws import other_accounts
from orchestrator.aws.calls import Clients, client
from orchestrator.aws.cloudformation import stack_set_removal, stack_sets, stacks
from orchestrator.aws.cloudformation.stack_sets import Instance, StackSetName
from orchestrator.errors import ServiceBusyError, ServiceRefusedError, UnfitStateError
from orchestrator.plan import comparing_roles
from orchestrator.provisioned import work
from orchestrator.provisioned.lookup import Found
from orchestrator.provisioned.pipeline_stacks import Pipeline
from orchestrator.sagemaker import deployed_outputs
from orchestrator.values.per_stage import Stage


@dataclass(frozen=True)
class Place:
    """An endpoint, and clients that act in its account."""

    endpoint: str
    account: str = ""
    """Empty for the orchestrator's own."""
    clients: Clients = client


def here(found: Found) -> Place:
    """Return the endpoint that a pipeline has deployed in this account; raises `UnfitStateError` if there is none."""
    pipeline = found.pipeline
    deployed = work.deployed_stack(pipeline, found.stack)
    name = "" if deployed is None or deployed.is_gone else deployed.outputs.get(deployed_outputs.ENDPOINT, "")
    if not name:
        raise UnfitStateError(
            f"{pipeline.short_name} has no endpoint: only a real-time pipeline that is deployed has one."
        )
    return Place(name)


def of_stage(pipeline: Pipeline, stage: Stage, stack_set: StackSetName) -> list[Place]:
    """Return the endpoints of a stage, one for each account; raises `UnfitStateError` where there are none."""
    definition = stack_sets.definition_of(stack_set)
    parameters = dict(definition.parameters) if definition else {}
    instances = (stack_set_removal.instances_of(stack_set) or ()) if is_compared(parameters) else ()
    found = [reached(parameters, pipeline, one) for one in instances if one.stack]
    if not found:
        raise UnfitStateError(
            f"{pipeline.short_name} has no models to share calls among in {stage}: deploy a request with variants "
            "there first."
        )
    return found


def is_compared(parameters: Mapping[str, str]) -> bool:
    """True if what is deployed with these parameters has a role by which its models can be looked at."""
    return bool(parameters.get(comparing_roles.PARAMETER))


def reached(parameters: Mapping[str, str], pipeline: Pipeline, instance: Instance) -> Place:
    """Return the endpoint of a stack in another account, by the role there.

    Raises `UnfitStateError` if the role or the endpoint is not there, `ServiceBusyError` after which a repeat may
    succeed.
    """
    partition = pipeline.id.split(":")[1]
    role = comparing_roles.arn(parameters, partition, instance.account)
    try:
        clients = other_accounts.by_role(role, instance.account)
        stack = stacks.find(instance.stack, clients)
    except ServiceBusyError:
        raise
    except ServiceRefusedError as refused:
        raise UnfitStateError(
            f"The account {instance.account} does not let the orchestrator look at its models: AWS did not "
            f"{refused.doing} ({refused.detail}). The role {role} is for that; a deployment of variants or of a "
            "shadow_variant to that stage makes it."
        ) from refused
    name = "" if stack is None or stack.is_gone else stack.outputs.get(deployed_outputs.ENDPOINT, "")
    if not name:
        raise UnfitStateError(f"The stack {instance.stack} in the account {instance.account} has no endpoint.")
    return Place(name, instance.account, clients)
