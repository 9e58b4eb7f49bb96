# SPDX-License-Identifier: Apache-2.0
"""The events of a stack, and the first failure among them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from orchestrator.aws.calls import calling, client

# Resources that were cancelled because another one failed do not show the cause.
_CONSEQUENCES: Final = ("cancelled", "The following resource(s) failed")


def newest_first(stack: str) -> Iterator[Mapping[str, Any]]:
    """Yield the events of a stack, by its name or ARN, page by page."""
    pages = client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack)
    for page in pages:
        yield from page["StackEvents"]


def of(stack: str) -> list[Mapping[str, Any]]:
    """All events of a stack by its ARN, newest first; also of one that is gone."""
    with calling(f"list the events of the stack {stack}"):
        return list(newest_first(stack))


def first_failure(stack: str, since: datetime) -> str | None:
    """Return the first resource of a stack that failed after a moment, with the reason; `None` if none did."""
    with calling(f"list the events of the stack {stack}"):
        return cause(itertools.takewhile(lambda event: event["Timestamp"] >= since, newest_first(stack)))


def cause(events: Iterable[Mapping[str, Any]]) -> str | None:
    """Return the first failure among events that come newest first, with its reason; `None` if there is none."""
    failed = [event for event in events if event["ResourceStatus"].endswith("_FAILED")]
    causes = [event for event in failed if not _is_consequence(event)]
    for event in reversed(causes or failed):
        reason = event.get("ResourceStatusReason", "CloudFormation gives no reason")
        return f"{event['LogicalResourceId']} ({event['ResourceType']}): {reason}"
    return None


def _is_consequence(event: Mapping[str, Any]) -> bool:
    return any(words in event.get("ResourceStatusReason", "") for words in _CONSEQUENCES)
