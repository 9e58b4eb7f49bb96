# SPDX-License-Identifier: Apache-2.0
"""Lists of SageMaker's jobs: filters, order and pages, the same for all kinds.

The members of a summary come from the SDK's description of the API.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListTrainingJobs.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from moto.sagemaker.exceptions import ValidationError

from scripts.local_aws import identity, request_constraints

_DEFAULT_PAGE = 10


@dataclass(frozen=True)
class Order:
    """Order of a list: by `Name`, `Status` or a member of the records, `Ascending` or `Descending`."""

    by: str
    direction: str


def page(
    operation: str, noun: str, order: Order, records: Iterable[Mapping[str, Any]], request: Mapping[str, Any]
) -> dict[str, Any]:
    """Return one page of a List operation: of `records` (times as datetimes), the members that its summaries have.

    `order` is the default. Times in the request are seconds since 1970. Raises ValidationError for a request that the
    operation refuses.
    """
    problem = request_constraints.violations("sagemaker", operation, request)
    if problem:
        raise ValidationError(problem)
    wanted = [one for one in records if _is_wanted(one, noun, request)]
    by = str(request.get("SortBy") or order.by)
    member = {"Name": f"{noun}Name", "Status": f"{noun}Status"}.get(by, by)
    wanted.sort(key=lambda one: one[member], reverse=request.get("SortOrder", order.direction) == "Descending")
    start, size = _start(request, len(wanted)), request.get("MaxResults") or _DEFAULT_PAGE
    key, members = _summary(operation)
    summaries = [{name: one[name] for name in members if name in one} for one in wanted[start : start + size]]
    return {key: summaries} | ({"NextToken": str(start + size)} if start + size < len(wanted) else {})


def _is_wanted(one: Mapping[str, Any], noun: str, request: Mapping[str, Any]) -> bool:
    if request.get("NameContains", "") not in one[f"{noun}Name"]:
        return False
    if request.get("StatusEquals") not in (None, one[f"{noun}Status"]):
        return False
    return all(_is_between(one[time], request, time) for time in ("CreationTime", "LastModifiedTime"))


def _is_between(time: datetime, request: Mapping[str, Any], name: str) -> bool:
    after, before = request.get(f"{name}After"), request.get(f"{name}Before")
    return (after is None or time > datetime.fromtimestamp(after, UTC)) and (
        before is None or time < datetime.fromtimestamp(before, UTC)
    )


def _start(request: Mapping[str, Any], length: int) -> int:
    token = str(request.get("NextToken") or 0)
    if not token.isdecimal() or int(token) > length:
        raise ValidationError("The pagination token is not one that an earlier call has given.")
    return int(token)


def _summary(operation: str) -> tuple[str, Iterable[str]]:
    """Return the member of the answer that holds the list, and the members of its items."""
    shape = identity.service_model("sagemaker").operation_model(operation).output_shape
    key, listed = next((name, member) for name, member in shape.members.items() if member.type_name == "list")
    return key, listed.member.members
