# SPDX-License-Identifier: Apache-2.0
"""Deletion of a stack: start it, and find the reason for a failure.

Events of an operation carry the token of its request, which distinguishes a failure from an earlier one:
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html
"""

from __future__ import annotations

import itertools

from orchestrator.aws.calls import calling, client
from orchestrator.aws.cloudformation import stack_events


def start(stack_arn: str, token: str) -> None:
    """Start the deletion under the stack's own role; nothing happens if the stack is gone.

    The caller needs no permission to pass a role that the stack already has:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
    """
    with calling(f"delete the stack {stack_arn}"):
        client("cloudformation").delete_stack(StackName=stack_arn, ClientRequestToken=token)


def failure(stack_arn: str, token: str) -> str | None:
    """Return the first resource that the deletion with this token did not remove, and why; `None` if there is none."""
    with calling(f"list the events of the stack {stack_arn}"):
        events = stack_events.newest_first(stack_arn)
        return stack_events.cause(itertools.takewhile(lambda event: event.get("ClientRequestToken") == token, events))
