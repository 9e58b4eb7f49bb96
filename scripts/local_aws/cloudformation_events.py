# SPDX-License-Identifier: Apache-2.0
"""The events that CloudFormation puts on EventBridge when a stack or an operation on a stack set changes its status.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacks-event-bridge.html
They are put on the bus of the account that a stack or stack set belongs to. What AWS does with those of a delegated
administrator's stack sets its documentation does not say: here they reach the management account only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.local_aws import events

if TYPE_CHECKING:
    from scripts.local_aws.stack_sets import Operation, StackSet
    from scripts.local_aws.stacks import Stack

_SOURCE = "aws.cloudformation"


def stack_changed(stack: Stack, token: str | None) -> None:
    """Report a stack's status; `token` is that of the request which began the operation."""
    detail = {
        "stack-id": stack.stack_id,
        "status-details": {"status": stack.status, "status-reason": stack.status_reason or ""},
        **({"client-request-token": token} if token else {}),
    }
    kind = "CloudFormation Stack Status Change"
    events.emit(_SOURCE, kind, detail, [stack.stack_id], stack.account, stack.region)


def operation_changed(stack_set: StackSet, operation: Operation) -> None:
    """Report the status of an operation: RUNNING, FAILED or SUCCEEDED."""
    detail = {
        "stack-set-arn": stack_set.arn,
        "stack-set-operation-id": operation.operation_id,
        "status-details": {"status": operation.status},
    }
    kind = "CloudFormation StackSet Operation Status Change"
    events.emit(_SOURCE, kind, detail, [stack_set.arn], stack_set.account, stack_set.region)
