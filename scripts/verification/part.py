# SPDX-License-Identifier: Apache-2.0
"""A part of a verification: a step of the main job, or an experiment, with what it costs and what it settles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from scripts.verification.scene import Scene

Extra = Literal["multi-account", "builds", "autopilot"]
EXTRAS: Final[tuple[Extra, ...]] = ("multi-account", "builds", "autopilot")
"""Parts that run only on request: each needs more than an account, or costs more than cents."""


@dataclass(frozen=True)
class Finding:
    """Observation of a claim by a part."""

    claim: str
    seen: str
    holds: bool | None = None
    """`None` where the product takes AWS either way, so that what was seen is only noted."""


@dataclass(frozen=True)
class Cost:
    """Item of the bill, at the list price of us-east-1 in USD. Prices differ by Region and change."""

    what: str
    quantity: float
    price: float

    @property
    def usd(self) -> float:
        """The cost."""
        return self.quantity * self.price


# https://aws.amazon.com/sagemaker/ai/pricing/, https://aws.amazon.com/codebuild/pricing/, https://aws.amazon.com/kms/pricing/
def small_hours(hours: float) -> Cost:
    """Hours of the smallest instance of processing jobs."""
    return Cost("ml.t3.medium, hours", hours, 0.05)


def large_hours(hours: float) -> Cost:
    """Hours of the instance that trains, scores, serves and monitors."""
    return Cost("ml.m5.large, hours", hours, 0.115)


def built(minutes: float) -> Cost:
    """Minutes of builds."""
    return Cost("build.general1.small, minutes", minutes, 0.005)


def executions(number: int) -> Cost:
    """Executions of a CodePipeline with one deployment of five minutes and its source."""
    return Cost("executions of pipelines", number, 0.012)


def calls(usd: float) -> Cost:
    """Calls, logs, messages, an encryption key for some hours: cents, bounded from above."""
    return Cost("calls, logs, messages, a key for hours", 1, usd)


@dataclass(frozen=True)
class Part:
    """Step or experiment; `run` yields its findings and raises if the part fails."""

    name: str
    what: str
    minutes: float
    """Approximate duration on AWS."""
    costs: tuple[Cost, ...]
    run: Callable[[Scene], Iterable[Finding] | None]
    needs: tuple[str, ...] = ()
    """Parts that have to succeed before this one can run."""
    extra: Extra | None = None

    @property
    def usd(self) -> float:
        """Approximate cost."""
        return sum(cost.usd for cost in self.costs)

    def findings(self, scene: Scene) -> Iterator[Finding]:
        """Run the part and yield its findings."""
        yield from self.run(scene) or ()
