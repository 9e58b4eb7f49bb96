# SPDX-License-Identifier: Apache-2.0
"""All stacks of the account, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from orchestrator.aws.calls import calling, client
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.cloudformation.stacks import Stack
from orchestrator.errors import ServiceBusyError, ServiceRefusedError

_VALIDATION_ERROR: Final = "ValidationError"


@dataclass(frozen=True)
class Page:
    """Stacks in CloudFormation's order, and the token of the next page; empty on the last page."""

    stacks: tuple[Stack, ...]
    token: str


def page(token: str) -> Page | None:
    """Return the page of a token, the first for an empty one; `None` if CloudFormation refuses the token.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
    """
    try:
        with calling("list the stacks"):
            answer = client("cloudformation").describe_stacks(**({"NextToken": token} if token else {}))
    except ServiceRefusedError as error:
        if token and error.code == _VALIDATION_ERROR:
            return None
        raise
    return Page(tuple(stacks.described(found) for found in answer["Stacks"]), answer.get("NextToken", ""))


def every() -> Iterator[Stack]:
    """Yield all stacks. Raises `ServiceRefusedError`, after which a repeat may succeed."""
    token = ""
    while True:
        found = page(token)
        if found is None:
            raise ServiceBusyError("list the stacks", _VALIDATION_ERROR, "the token of the next page is not taken")
        yield from found.stacks
        token = found.token
        if not token:
            return
