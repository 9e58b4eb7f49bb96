# SPDX-License-Identifier: Apache-2.0
"""API operation with its caller's Region and account, and the actions and resources that it needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Operation:
    """Call of an operation. `service` is botocore's name; `account` and `region` are those it is sent to."""

    service: str
    name: str
    parameters: Mapping[str, Any]
    region: str
    account: str
    partition: str
    method: str = "POST"
    path: str = "/"

    def text(self, parameter: str) -> str:
        """Return a parameter as text; empty if it is not given. `a.b` is `b` inside of `a`."""
        value: Any = self.parameters
        for name in parameter.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return "" if value is None else str(value)

    def arn(self, service: str, rest: str, region: str | None = None, account: str | None = None) -> str:
        """Return an ARN of this partition, by default of this Region and account."""
        region = self.region if region is None else region
        account = self.account if account is None else account
        return f"arn:{self.partition}:{service}:{region}:{account}:{rest}"


@dataclass(frozen=True)
class Need:
    """Action on a resource. `context` has condition keys of this action, in lower case."""

    action: str
    resource: str
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)


def tag_context(tags: Mapping[str, str]) -> dict[str, Sequence[str]]:
    """Return the condition keys of tags in a request."""
    if not tags:
        return {}
    return {"aws:tagkeys": list(tags), **{f"aws:requesttag/{name.lower()}": [value] for name, value in tags.items()}}
