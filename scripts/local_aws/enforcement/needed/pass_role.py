# SPDX-License-Identifier: Apache-2.0
"""Roles that a request passes to a service: each needs iam:PassRole for that service.

https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from scripts.local_aws.enforcement.operations import Need, Operation

_ROLE_ARN: Final = re.compile(r"^arn:[a-z-]+:iam::\d{12}:role/.+$")
_ROLE_MEMBER: Final = re.compile(r"role(arn)?$", re.IGNORECASE)
# Services to which requests pass roles. Services not listed take none, or only name a role.
_TAKES: Final[Mapping[str, str]] = {
    "apigateway": "apigateway.amazonaws.com",
    "cloudformation": "cloudformation.amazonaws.com",
    "codebuild": "codebuild.amazonaws.com",
    "codepipeline": "codepipeline.amazonaws.com",
    "ecs": "ecs-tasks.amazonaws.com",
    "events": "events.amazonaws.com",
    "lambda": "lambda.amazonaws.com",
    "sagemaker": "sagemaker.amazonaws.com",
    "scheduler": "scheduler.amazonaws.com",
}
# Parameters that the service uses later, under the role that acts then.
_LATER: Final = frozenset(
    {"Configuration", "configuration", "Environment", "environment", "Tags", "tags", "HyperParameters"}
)


def needs(operation: Operation) -> Iterator[Need]:
    """Yield iam:PassRole for each role in the request."""
    service = _TAKES.get(operation.service)
    if service is None:
        return
    for arn in sorted(set(_roles(operation.parameters))):
        yield Need("iam:PassRole", arn, {"iam:passedtoservice": [service]})


def _roles(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            if key not in _LATER:
                yield from _roles(item, key)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _roles(item, name)
    elif isinstance(value, str) and _ROLE_MEMBER.search(name) and _ROLE_ARN.match(value):
        yield value
