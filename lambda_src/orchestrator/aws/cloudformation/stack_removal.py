# SPDX-License-Identifier: Apache-2.0
"""The deletion of a stack: to start it, and to learn why it failed.

Events of an operation carry the token that the request for it had, so a failure can be told from an earlier one:
https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html
"""

from __future__ import annotations

import itertools

from orchestrator.aws.calls import calling, client
from orchestrator.aws.cloudformation import stack_events


def start(stack_arn: str, token: str) -> None:
    """Start the deletion, under the role that the stack was made with; a stack that is gone stays so.

    CloudFormation asks nobody for the permission to pass a role that a stack has already:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-iam-servicerole.html
    """
    with calling(f"delete the stack {stack_arn}"):
        client("cloudformation").delete_stack(StackName=stack_arn, ClientRequestToken=token)


def failure(stack_arn: str, token: str) -> str | None:
    """The first resource that the deletion with this token could not remove, and why; `None` for another's failure."""
    with calling(f"list the events of the stack {stack_arn}"):
        events = stack_events.newest_first(stack_arn)
        return stack_events.cause(itertools.takewhile(lambda event: event.get("ClientRequestToken") == token, events))
