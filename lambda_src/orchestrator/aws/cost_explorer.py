# SPDX-License-Identifier: Apache-2.0
"""Cost Explorer: what was spent each day, by tags.

One endpoint serves a partition, which the SDK knows: us-east-1 for the commercial Regions, cn-northwest-1 for China
(https://docs.amazonaws.cn/en_us/cost-management/latest/userguide/ce-api.html). Each page of an answer is a request that
costs 0.01 USD (https://aws.amazon.com/aws-cost-management/aws-cost-explorer/pricing/).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Final

from orchestrator.aws.calls import calling, client

_METRIC: Final = "UnblendedCost"
_MOST_PAGES: Final = 5


@dataclass(frozen=True)
class Cost:
    """Cost of a day under a value of each tag; an empty value is cost without that tag."""

    day: str
    """`2026-11-29`."""
    values: tuple[str, ...]
    amount: Decimal
    unit: str
    """`USD`, say."""


@dataclass(frozen=True)
class Answer:
    """Costs by day and tag, and the days on which AWS still counts."""

    costs: Sequence[Cost]
    estimated: frozenset[str]
    is_whole: bool
    """False if there are more pages than were asked for."""


def by_tags(first: date, end: date, keys: Sequence[str]) -> Answer:
    """Return the costs of the days from the first to the one before `end`, by two tags at most.

    Raises `ServiceRefusedError`. https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
    """
    request: dict[str, Any] = {
        "TimePeriod": {"Start": first.isoformat(), "End": end.isoformat()},
        "Granularity": "DAILY",
        "Metrics": [_METRIC],
        "GroupBy": [{"Type": "TAG", "Key": key} for key in keys],
    }
    costs: list[Cost] = []
    estimated: set[str] = set()
    for _ in range(_MOST_PAGES):
        with calling("tell what was spent"):
            answer = client("ce").get_cost_and_usage(**request)
        for result in answer["ResultsByTime"]:
            day = str(result["TimePeriod"]["Start"])
            if result.get("Estimated"):
                estimated.add(day)
            costs.extend(_cost(day, group) for group in result.get("Groups", ()))
        if not answer.get("NextPageToken"):
            return Answer(costs, frozenset(estimated), is_whole=True)
        request["NextPageToken"] = answer["NextPageToken"]
    return Answer(costs, frozenset(estimated), is_whole=False)


def _cost(day: str, group: dict[str, Any]) -> Cost:
    """Read a group, whose keys are `key$value` for each tag."""
    spent = group["Metrics"][_METRIC]
    values = tuple(str(key).partition("$")[2] for key in group["Keys"])
    return Cost(day, values, Decimal(spent["Amount"]), str(spent["Unit"]))
