# SPDX-License-Identifier: Apache-2.0
"""Which stacks and StackSets of an account belong to the pipelines of one orchestrator, told by their tags.

The earlier solution gave its stacks the same names: they have none of these tags, and nothing here touches them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.pipeline_types.base import STACK_PREFIX
from orchestrator.pipeline_types.blueprints import PIPELINE_STACK_SUFFIX
from orchestrator.plan.stack_tags import RELEASE_TAG
from orchestrator.provisioned import pipeline_stacks
from orchestrator.values import tags
from scripts.aws import stack_following
from scripts.aws.stack_following import StackState

_DELEGATED_PARAMETER: Final = "DelegatedAdminAccount"


@dataclass(frozen=True)
class Owned:
    """What is there; all are names."""

    pipelines: tuple[str, ...]
    """Stacks that hold pipelines."""
    leftovers: tuple[str, ...]
    """Stacks that pipelines deployed whose own stack is gone."""
    stack_sets: tuple[str, ...]
    """StackSets of pipelines whose own stack is gone."""
    foreign: tuple[str, ...]
    """Stacks with such names that this orchestrator did not make."""

    @property
    def needing_the_orchestrator(self) -> tuple[str, ...]:
        """Whatever could not be deleted without its roles and functions."""
        return (*self.pipelines, *self.leftovers, *self.stack_sets)


def pipeline_stack_of(name: str) -> str:
    """The name of a pipeline's stack, from that of a stack or StackSet that it deployed."""
    return f"{pipeline_stacks.common_name(name)}-{PIPELINE_STACK_SUFFIX}"


def find(cloudformation: Any, root: StackState) -> Owned:
    """Look at all stacks, and at StackSets where the root stack deploys through stages."""
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
    """A stack of before there was a tag for it is taken for this orchestrator's."""
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
