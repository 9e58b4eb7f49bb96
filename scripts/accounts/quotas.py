# SPDX-License-Identifier: Apache-2.0
"""Room in the quotas of CloudFormation in the orchestrator's account.

Those of the stages' accounts are seen from within them alone.
https://docs.aws.amazon.com/servicequotas/2019-06-24/apireference/API_GetServiceQuota.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from botocore.exceptions import ClientError

from mlops_orchestrator.aws.aws_access import Aws
from scripts.accounts.findings import Finding, UnseenError, looking

_SERVICE: Final = "cloudformation"
_GONE: Final = "DELETE_COMPLETE"


@dataclass(frozen=True)
class Quota:
    """Quota of CloudFormation, and what one more pipeline takes of it."""

    name: str
    code: str
    needed: int
    used: Callable[[Aws, str], int]


def _stack_sets(aws: Aws, call_as: str) -> int:
    pages = aws.client(_SERVICE).get_paginator("list_stack_sets").paginate(Status="ACTIVE", CallAs=call_as)
    return sum(len(page["Summaries"]) for page in pages)


def _stacks(aws: Aws, call_as: str) -> int:
    pages = aws.client(_SERVICE).get_paginator("list_stacks").paginate()
    return sum(one["StackStatus"] != _GONE for page in pages for one in page["StackSummaries"])


# The root stack, its boundary and a pipeline's own stack; a StackSet for each stage.
_QUOTAS: Final = (
    Quota("StackSets", "L-EC62D81A", 3, _stack_sets),
    Quota("stacks", "L-0485CB21", 3, _stacks),
)


def check(aws: Aws, call_as: str) -> Iterator[Finding]:
    """Yield whether a launch and a first pipeline fit into each quota."""
    for quota in _QUOTAS:
        yield _finding(aws, quota, call_as)


def _finding(aws: Aws, quota: Quota, call_as: str) -> Finding:
    name = f"quota of {quota.name}"
    see = f"aws service-quotas get-service-quota --service-code {_SERVICE} --quota-code {quota.code}"
    try:
        with looking():
            most, used = _most(aws, quota.code), quota.used(aws, call_as)
    except UnseenError as reason:
        return Finding(name, "unknown", f"you may not look at it: {reason}", (see,))
    except ClientError as error:
        return Finding(name, "unknown", f"AWS did not tell it: {error}", (see,))
    words = f"{used:,} of {most:,} are used"
    if most - used >= quota.needed:
        return Finding(name, "ok", words)
    more = (
        f"aws service-quotas request-service-quota-increase --service-code {_SERVICE} --quota-code {quota.code}"
        f" --desired-value {2 * most}"
    )
    return Finding(name, "wrong", f"{words}, and the first pipeline needs {quota.needed}:", (more,))


def _most(aws: Aws, code: str) -> int:
    found = aws.client("service-quotas").get_service_quota(ServiceCode=_SERVICE, QuotaCode=code)
    return int(found["Quota"]["Value"])
