# SPDX-License-Identifier: Apache-2.0
"""The event that CloudFormation puts on EventBridge when an operation on a StackSet changes its status.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacks-event-bridge.html
It is put on the bus of the account that the StackSet belongs to. AWS does not document this for a delegated
administrator's StackSets: here their events reach the management account only.
"""

from __future__ import annotations

from scripts.local_aws.cloudformation.events import SOURCE
from scripts.local_aws.cloudformation.stack_sets.records import Operation, StackSet
from scripts.local_aws.eventbridge import events


def operation_changed(stack_set: StackSet, operation: Operation) -> None:
    """Report the status of an operation: RUNNING, FAILED or SUCCEEDED."""
    detail = {
        "stack-set-arn": stack_set.arn,
        "stack-set-operation-id": operation.operation_id,
        "status-details": {"status": operation.status},
    }
    kind = "CloudFormation StackSet Operation Status Change"
    events.emit(SOURCE, kind, detail, [stack_set.arn], stack_set.account, stack_set.region)
