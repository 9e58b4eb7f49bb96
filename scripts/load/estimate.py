# SPDX-License-Identifier: Apache-2.0
"""What a run says about the number of instances, in sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from scripts.load.figures import Figures, Spread
from scripts.load.pacing import Plan

_MOST_FAILED: Final = 0.01
_MOST_LATE_MS: Final = 250.0
"""Above that, calls began so late that the rate was not the one that was asked for."""


@dataclass(frozen=True)
class Seen:
    """What was seen: the plan, its figures, how late calls began, and the instances, None if nobody tells."""

    plan: Plan
    figures: Figures
    lateness: Spread
    instances: int | None


def words(seen: Seen) -> str:
    """Return the estimate."""
    latency = seen.figures.latency
    if latency is None:
        return "No call was answered: there is nothing to estimate from."
    if seen.lateness.percentiles[95] > _MOST_LATE_MS:
        return (
            f"5 % of the calls began {seen.lateness.percentiles[95]:.0f} ms too late or later, because too many were "
            "waiting for answers: the model, or this machine, does not keep this rate. Take a lower --rate."
        )
    failed = seen.figures.failed / seen.figures.calls
    if failed > _MOST_FAILED:
        return f"{failed:.0%} of the calls failed: there are too few instances for this rate, or something is wrong."
    return _from_answers(seen, latency)


def _from_answers(seen: Seen, latency: Spread) -> str:
    rate, p95 = seen.plan.rate, latency.percentiles[95]
    if not seen.instances:
        return f"The endpoint answered {rate:g} calls/s at p95 {p95:.0f} ms; how many instances it has is not known."
    who = "One instance" if seen.instances == 1 else f"{seen.instances} instances"
    return (
        f"{who} answered {rate:g} calls/s at p95 {p95:.0f} ms: for twice as many calls at this latency take "
        f"{2 * seen.instances}, and one more in case one fails. A higher --rate shows how much one can take at most."
    )
