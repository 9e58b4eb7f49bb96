# SPDX-License-Identifier: Apache-2.0
"""Removal of a stack that a pipeline failed to make: its action makes or updates stacks, and can do nothing with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from mlops_orchestrator.aws import stack_following
from mlops_orchestrator.aws.stack_following import Follower
from mlops_orchestrator.settings import hints
from scripts.cli.errors import CommandError
from scripts.cli.pipelines.answers import AskedPipeline


def remove(pipeline: AskedPipeline, details: Mapping[str, Any]) -> str:
    """Delete the stack if its creation failed, and wait until it is gone; return its name, or empty for none.

    Raises CommandError where the caller may not, or it cannot be deleted.
    """
    stack = details.get("stack")
    if stack is None:
        return ""
    cloudformation = pipeline.aws.client("cloudformation")
    found = stack_following.find(cloudformation, stack["stack_id"])
    if found is None or not found.never_came_to_be:
        return ""
    _delete(cloudformation, found.arn, found.name)
    return found.name


def _delete(cloudformation: Any, arn: str, name: str) -> None:
    follower = Follower(cloudformation, arn)
    follower.skip_history()
    try:
        cloudformation.delete_stack(StackName=arn)
        for _ in follower.events():
            pass
    except ClientError as error:
        message, again = error.response["Error"].get("Message", ""), hints.command("provision FILE")
        raise CommandError(
            f"the stack {name} could not be made, and nothing can be deployed before it is deleted. {message} Repeat"
            f" `{again}` with the same request: that deletes it with the orchestrator's permissions"
        ) from None
    if follower.state().status != "DELETE_COMPLETE":
        raise CommandError(f"the stack {name} cannot be deleted: {follower.explanation()}")
