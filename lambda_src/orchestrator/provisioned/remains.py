# SPDX-License-Identifier: Apache-2.0
"""Removal of a stack that a pipeline failed to make, because the pipeline's action only makes or updates stacks.

The action never deletes a stack, because it would delete that of a live endpoint, too, whose update could not be rolled
back (lesson 125).
"""

from __future__ import annotations

from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.errors import ConflictError
from orchestrator.provisioned import pipeline_stacks


def remove(stack: Stack) -> None:
    """Delete what the pipeline in a stack deployed in this account, if its creation or deletion failed.

    Raises `ConflictError` while it is being deleted, `ServiceRefusedError` when it cannot be.
    """
    name = pipeline_stacks.of(stack).deployed_stack
    deployed = stacks.find(name) if name else None
    if deployed is None or deployed.is_gone:
        return
    if deployed.status == "DELETE_IN_PROGRESS":
        raise ConflictError(f"The stack {name} is being deleted. Repeat the request in a minute.")
    if deployed.holds_nothing:
        stacks.remove(deployed)
