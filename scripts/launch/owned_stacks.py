# SPDX-License-Identifier: Apache-2.0
"""Stacks and StackSets of an account that belong to the pipelines of one orchestrator, found by their tags.

The earlier solution's stacks have the same names, but none of these tags. Nothing here touches them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from mlops_orchestrator.aws import stack_following
from mlops_orchestrator.aws.stack_following import StackState
from orchestrator.pipeline_types.base import STACK_PREFIX
from orchestrator.pipeline_types.blueprints import PIPELINE_STACK_SUFFIX
from orchestrator.plan.stack_tags import RELEASE_TAG
from orchestrator.provisioned import pipeline_stacks
from orchestrator.values import tags

_DELEGATED_PARAMETER: Final = "DelegatedAdminAccount"


@dataclass(frozen=True)
class Owned:
    """Names of the stacks and StackSets found."""

    pipelines: tuple[str, ...]
    """Pipeline stacks."""
    leftovers: tuple[str, ...]
    """Deployment stacks whose pipeline stack is gone."""
    stack_sets: tuple[str, ...]
    """StackSets whose pipeline stack is gone."""
    foreign: tuple[str, ...]
    """Stacks with such names that this orchestrator did not make."""

    @property
    def needing_the_orchestrator(self) -> tuple[str, ...]:
        """Everything that could not be deleted without the orchestrator's roles and functions."""
        return (*self.pipelines, *self.leftovers, *self.stack_sets)


def pipeline_stack_of(name: str) -> str:
    """Return the name of the pipeline stack of a deployment stack or StackSet."""
    return f"{pipeline_stacks.common_name(name)}-{PIPELINE_STACK_SUFFIX}"


def find(cloudformation: Any, root: StackState) -> Owned:
    """Return the names among all stacks, and among StackSets if the root stack deploys through stages."""
    there = stack_following.every(cloudformation, f"{STACK_PREFIX}-")
    pipelines = [stack.name for stack in there if RELEASE_TAG in stack.tags and _is_of(stack.tags, root)]
    deployed = [stack.name for stack in there if stack.tags.get(tags.APPLICATION) == root.name]
    stack_sets = _stack_sets(cloudformation, root) if _DELEGATED_PARAMETER in root.parameters else []
    ours = {*pipelines, *deployed}
    return Owned(
        pipelines=tuple(pipelines),
        leftovers=tuple(_without_pipeline(deployed, pipelines)),
        stack_sets=tuple(_without_pipeline(stack_sets, pipelines)),
        foreign=tuple(stack.name for stack in there if stack.name not in ours),
    )


def _is_of(stack_tags: dict[str, str], root: StackState) -> bool:
    """Whether a stack belongs to the root stack. Stacks that are older than the tag count as its own."""
    return stack_tags.get(tags.APPLICATION, root.name) == root.name


def _without_pipeline(deployed: Iterable[str], pipelines: list[str]) -> list[str]:
    return [name for name in deployed if not {name, pipeline_stack_of(name)} & set(pipelines)]


def _stack_sets(cloudformation: Any, root: StackState) -> list[str]:
    delegated = root.parameters[_DELEGATED_PARAMETER] == "Yes"
    call_as = {"CallAs": "DELEGATED_ADMIN" if delegated else "SELF"}
    pages = cloudformation.get_paginator("list_stack_sets").paginate(Status="ACTIVE", **call_as)
    names = [summary["StackSetName"] for page in pages for summary in page["Summaries"]]
    return [
        name for name in names if name.startswith(f"{STACK_PREFIX}-") and _is_ours(cloudformation, name, root, call_as)
    ]


def _is_ours(cloudformation: Any, name: str, root: StackState, call_as: dict[str, str]) -> bool:
    described = cloudformation.describe_stack_set(StackSetName=name, **call_as)["StackSet"]
    return {"Key": tags.APPLICATION, "Value": root.name} in described.get("Tags", [])
