# SPDX-License-Identifier: Apache-2.0
"""CloudFormation's event for a change of a stack's status, on the EventBridge bus of the stack's account.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacks-event-bridge.html
"""

from __future__ import annotations

from collections.abc import Mapping

from scripts.local_aws.eventbridge import events

SOURCE = "aws.cloudformation"


def stack_changed(stack_id: str, status: Mapping[str, str], token: str | None, account: str, region: str) -> None:
    """Emit a stack's `status` and `status-reason`; `token` is that of the request which began the operation."""
    detail = {"stack-id": stack_id, "status-details": status, **({"client-request-token": token} if token else {})}
    events.emit(SOURCE, "CloudFormation Stack Status Change", detail, [stack_id], account, region)
