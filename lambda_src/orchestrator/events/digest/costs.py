# SPDX-License-Identifier: Apache-2.0
"""Costs of the last two days by pipeline: by the tags that everything of an orchestrator and its pipelines has.

The newest day is an estimate, because Cost Explorer learns of costs at least once every 24 hours, so the day before
stands beside it (https://docs.aws.amazon.com/cost-management/latest/userguide/ce-enable.html). AWS shows costs by a tag
from the time on at which it was activated for cost allocation.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from aws_lambda_powertools import Logger

from orchestrator.aws import cost_explorer
from orchestrator.aws.cost_explorer import Answer
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.values import tags

_DAYS: Final = 2
_OWN: Final = "the orchestrator itself"
_NO_TAG: Final = (
    f"no cost has the tags {tags.APPLICATION} and {tags.PIPELINE}. Either nothing was spent, or they are not activated "
    "as cost allocation tags, which the organization's management account does; costs have them from then on."
)
_NO_DATA: Final = (
    "Cost Explorer has no data. It is enabled by opening it once in the console of the management account; data come "
    "about a day later."
)
_DENIED: Final = (
    "Cost Explorer refused it. The function's role allows it: look at the policies of the organization, at the "
    "permissions boundary, and whether the management account lets its members see costs."
)
_UNREACHABLE: Final = (
    "Cost Explorer did not answer. Not every partition has one, and from a VPC it needs a way to its one endpoint, "
    "which may be in another Region."
)
logger = Logger(service="orchestrator", child=True)

_REFUSALS: Final = {"AccessDeniedException": _DENIED, "DataUnavailableException": _NO_DATA}


@dataclass(frozen=True)
class Row:
    """Costs under one name, a sum for each day, the oldest first."""

    name: str
    amounts: tuple[Decimal, ...]


@dataclass(frozen=True)
class Costs:
    """Costs, most first; without rows there is a sentence why."""

    days: tuple[str, ...] = ()
    """The oldest first."""
    estimated: frozenset[str] = frozenset()
    rows: Sequence[Row] = ()
    unit: str = ""
    problem: str = ""
    is_whole: bool = True

    @property
    def total(self) -> Row:
        """The sum of all rows."""
        return total("all together", self.rows, len(self.days))


def total(name: str, rows: Iterable[Row], days: int) -> Row:
    """Return the sums of rows."""
    sums = [Decimal(0)] * days
    for row in rows:
        sums = [before + amount for before, amount in zip(sums, row.amounts, strict=True)]
    return Row(name, tuple(sums))


def before(today: date, application: str, names: Mapping[str, str], *, with_detail: bool) -> Costs:
    """Return the costs of the days before a day; whatever AWS answers, there is an answer.

    `names` are those of the pipelines that are there, by the value of their tag. `with_detail` allows words of AWS.
    """
    try:
        answer = cost_explorer.by_tags(today - timedelta(days=_DAYS), today, (tags.APPLICATION, tags.PIPELINE))
    except ServiceRefusedError as error:
        logger.warning("cost not told", extra={"error": error.detail})
        return Costs(problem=_why(error, with_detail=with_detail))
    days = tuple((today - timedelta(days=back)).isoformat() for back in range(_DAYS, 0, -1))
    found = _sums(answer, application, days)
    if not found:
        return Costs(problem=_NO_TAG)
    rows = [Row(_name(value, names), amounts) for value, amounts in found.items()]
    rows.sort(key=lambda row: (-max(row.amounts), row.name))
    return Costs(days, answer.estimated, rows, answer.costs[0].unit, is_whole=answer.is_whole)


def _sums(answer: Answer, application: str, days: Sequence[str]) -> dict[str, tuple[Decimal, ...]]:
    """Return value of the pipeline's tag -> a sum for each day, of what is this orchestrator's.

    Where only the pipeline's tag is activated, the application is not told: then it counts as this one.
    """
    sums: defaultdict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for cost in answer.costs:
        of, pipeline = cost.values
        if of == application or (pipeline and not of):
            sums[pipeline, cost.day] += cost.amount
    return {value: tuple(sums.get((value, day), Decimal(0)) for day in days) for value, _ in sums}


def _name(value: str, names: Mapping[str, str]) -> str:
    if not value:
        return _OWN
    return names.get(value, f"{value} (not there any more)")


def _why(error: ServiceRefusedError, *, with_detail: bool) -> str:
    words = f" AWS said: {error.detail}" if with_detail else ""
    known = _REFUSALS.get(error.code) or (_UNREACHABLE if isinstance(error, ServiceBusyError) else "")
    return f"{known or 'Cost Explorer did not tell it.'}{words}"
