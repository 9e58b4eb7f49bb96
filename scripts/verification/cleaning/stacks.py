# SPDX-License-Identifier: Apache-2.0
"""Stacks and StackSets: pipelines before the orchestrator that can delete them, boundaries after all roles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from botocore.exceptions import ClientError

from mlops_orchestrator.aws import stack_following
from mlops_orchestrator.aws.stack_following import StackState
from orchestrator.pipeline_types.base import STACK_PREFIX
from orchestrator.plan.stack_tags import RELEASE_TAG
from orchestrator.values import tags
from scripts.launch import boundary, deployment
from scripts.verification import waiting
from scripts.verification.cleaning.kind import Kind
from scripts.verification.scene import PartFailedError, Scene

_OPERATION_MINUTES: Final = 30
_MONITOR: Final = "monitor"


def _of_pipelines(scene: Scene) -> list[StackState]:
    """Stacks of this verification's orchestrators: those with pipelines first, then monitors, then what they watch."""
    cloudformation = scene.aws.client("cloudformation")
    there = stack_following.every(cloudformation, f"{STACK_PREFIX}-")
    ours = [one for one in there if one.tags.get(tags.APPLICATION) in scene.roots]
    return sorted(ours, key=lambda one: (RELEASE_TAG not in one.tags, _MONITOR not in one.name, one.name))


def _pipelines(scene: Scene) -> Iterator[str]:
    return (one.name for one in _of_pipelines(scene))


def _own(scene: Scene) -> list[str]:
    """Everything else: probes, root stacks, and last the boundaries that the roles had."""
    there = stack_following.names(scene.aws.client("cloudformation"), scene.name)
    names = [name for name in there if name == scene.name or name.startswith(f"{scene.name}-")]
    last = {boundary.name_of(root): 2 for root in scene.roots} | dict.fromkeys(scene.roots, 1)
    return sorted(names, key=lambda name: (last.get(name, 0), name))


def _delete(scene: Scene, name: str) -> None:
    cloudformation = scene.aws.client("cloudformation")
    # Stacks of pipelines are deleted under roles of the root stack, and could not be without them.
    if name in scene.roots and (waiting_for := [*_sets(scene), *_pipelines(scene)]):
        raise PartFailedError(f"it has to stay until {', '.join(waiting_for)} are gone")
    state = deployment.at_rest(cloudformation, name, scene.audience)
    if state is not None:
        deployment.delete(cloudformation, state, scene.audience)


def _sets(scene: Scene) -> Iterator[str]:
    """StackSets of the orchestrators' pipelines, and after them those of the boundaries that their roles have."""
    found = dict(_active(scene))
    return (f"{found[name]}/{name}" for name in sorted(found, key=lambda name: not name.startswith(STACK_PREFIX)))


def _active(scene: Scene) -> Iterator[tuple[str, str]]:
    """Yield each active StackSet with the `CallAs` value that lists it."""
    cloudformation = scene.aws.client("cloudformation")
    for call_as in ("SELF", "DELEGATED_ADMIN"):
        try:
            pages = list(cloudformation.get_paginator("list_stack_sets").paginate(Status="ACTIVE", CallAs=call_as))
        except ClientError:
            if call_as == "SELF":
                raise
            # This account is no delegated administrator, and has no StackSets as such.
            return
        for name in (one["StackSetName"] for page in pages for one in page["Summaries"]):
            if name.startswith((f"{STACK_PREFIX}-{scene.name}-", f"{scene.name}-")):
                yield name, call_as


def _delete_set(scene: Scene, found: str) -> None:
    cloudformation = scene.aws.client("cloudformation")
    call_as, _, name = found.partition("/")
    called = {"StackSetName": name, "CallAs": call_as}
    pages = cloudformation.get_paginator("list_stack_instances").paginate(**called)
    instances = [one for page in pages for one in page["Summaries"]]
    if instances:
        units = sorted({one["OrganizationalUnitId"] for one in instances})
        targets = {"OrganizationalUnitIds": units}
        regions = sorted({one["Region"] for one in instances})
        answer = cloudformation.delete_stack_instances(
            **called, DeploymentTargets=targets, Regions=regions, RetainStacks=False
        )
        operation = {**called, "OperationId": answer["OperationId"]}

        def ended() -> bool:
            status = cloudformation.describe_stack_set_operation(**operation)["StackSetOperation"]["Status"]
            return status not in ("RUNNING", "QUEUED", "STOPPING")

        waiting.until(scene, f"the stacks of {name}", _OPERATION_MINUTES, ended)
    cloudformation.delete_stack_set(**called)


PIPELINES: Final = Kind("stacks of pipelines", _pipelines, _delete)
SETS: Final = Kind("StackSets", _sets, _delete_set)
OWN: Final = Kind("stacks", _own, _delete)
