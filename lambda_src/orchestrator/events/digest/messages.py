# SPDX-License-Identifier: Apache-2.0
"""Words of the digest. Each section is bounded, so that a message of any number of pipelines can be sent and read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from orchestrator.aws.notifications import Message
from orchestrator.events.digest import costs
from orchestrator.events.digest.costs import Costs, Row
from orchestrator.events.digest.digest import Digest
from orchestrator.events.digest.monitors import MonitorDay
from orchestrator.values import tags

if TYPE_CHECKING:
    from orchestrator import answers

KIND: Final = "digest"
QUIET: Final = "quiet"
ATTENTION: Final = "needs attention"
_MOST: Final = 25
"""Entries of a section. The command lines below each have all."""
_LONGEST: Final = 400
"""Characters of a reason: a model's code may have written it."""


@dataclass(frozen=True)
class Wording:
    """What the words depend on beside the content."""

    flags: str
    """Options of commands that name this orchestrator, with a leading space."""
    with_detail: bool
    """Whether the operator allows AWS's error messages."""
    has_stages: bool

    def message(self, digest: Digest) -> Message:
        """Return the message to publish."""
        day = f"MLOps digest {digest.moment:%Y-%m-%d}"
        if digest.is_quiet:
            return Message(f"{day}: all quiet", self._quiet(digest), state=QUIET, kind=KIND)
        told = ", ".join(_counts(digest)) or "not all could be looked at"
        sections = [self._first(digest, told), *self._sections(digest)]
        return Message(f"{day}: {told}", "\n\n".join(sections), state=ATTENTION, kind=KIND)

    def _quiet(self, digest: Digest) -> str:
        if not digest.pipelines:
            of = "There is no pipeline"
        else:
            of = (
                f"Of {_count(len(digest.pipelines), 'pipeline')} none failed or is unhealthy, no monitor found anything"
            )
        return (
            f"All quiet on {digest.moment:%Y-%m-%d}. {of}, and no approval waits. {self._cost_in_short(digest.costs)}"
        )

    def _cost_in_short(self, known: Costs) -> str:
        if known.problem:
            return f"Cost is not known: {known.problem}"
        amount, day = known.total.amounts[-1], known.days[-1]
        return f"Cost on {day}: {_money(amount, known.unit)}{_estimate(day, known)}."

    def _first(self, digest: Digest, told: str) -> str:
        return (
            f"The day until {_time(digest.moment)}: {told}; {_count(len(digest.pipelines), 'pipeline')} in all. "
            f"How they are now: mlops list{self.flags}"
        )

    def _sections(self, digest: Digest) -> Iterator[str]:
        if ill := digest.ill:
            yield _section("Failed or unhealthy", [self._ill(pipeline) for pipeline in ill])
        if waiting := digest.waiting:
            yield _section("Approvals that wait", [self._approval(*found, digest.moment) for found in waiting])
        if digest.monitors:
            yield _section("Monitors", [self._monitor(day) for day in digest.monitors])
        if digest.unseen:
            yield f"The runs of monitors could not be looked at: {digest.unseen}"
        yield self._cost(digest.costs)

    def _ill(self, pipeline: answers.PipelineSummary) -> str:
        reason = pipeline["state_reason"] if self.with_detail else "the console and mlops status have the reason."
        return _entry(
            f"{pipeline['short_name']} is {pipeline['state']}: {reason}",
            f"mlops status {pipeline['short_name']}{self.flags}",
        )

    def _approval(self, pipeline: answers.PipelineSummary, asked: answers.WaitingApproval, moment: datetime) -> str:
        # An approval has the name of the stage that it opens.
        target, since = asked["action"].removeprefix("Deploy").lower(), asked["since"]
        waits = f", since {_time(since)} ({_age(moment - since)})" if since else ""
        name = f"{pipeline['short_name']} {target}"
        return _entry(
            f"{pipeline['short_name']} waits for {target}{waits}",
            f"mlops approve {name}{self.flags}",
            f"mlops reject {name} --reason TEXT{self.flags}",
        )

    def _monitor(self, day: MonitorDay) -> str:
        where = f" in {day.stage}" if day.stage else ""
        found = [f"{day.violations} of {_count(len(day.runs), 'run')} found violations"] if day.violations else []
        found += [f"{day.failures} of {_count(len(day.runs), 'run')} failed or stopped"] if day.failures else []
        found += [day.missing] if day.missing else []
        words = f". {day.words}" if day.words and self.with_detail else ""
        return _entry(
            f"{day.pipeline.short_name}{where}: {', '.join(found)}{words}",
            f"mlops monitor list {day.pipeline.short_name}{self.flags}",
        )

    def _cost(self, known: Costs) -> str:
        if known.problem:
            return f"Cost is not known: {known.problem}"
        shown, rest = known.rows[:_MOST], known.rows[_MOST:]
        rows = [*shown, *([costs.total(f"{len(rest)} more", rest, len(known.days))] if rest else []), known.total]
        lines = [f"  {_amounts(row, known)}" for row in rows]
        head = f"Cost by the tag {tags.PIPELINE}, unblended{self._of_stages()}:"
        return "\n".join([head, *lines, *([] if known.is_whole else ["  Cost Explorer has more than was read."])])

    def _of_stages(self) -> str:
        if not self.has_stages:
            return ""
        return ", of this account, or of the whole organization if this is its management account"


def _counts(digest: Digest) -> Iterator[str]:
    failed, unhealthy = digest.in_state("Failed"), digest.in_state("Unhealthy")
    waiting, monitors = len(digest.waiting), len(digest.monitors)
    if failed:
        yield f"{failed} failed"
    if unhealthy:
        yield f"{unhealthy} unhealthy"
    if waiting:
        yield _count(waiting, "approval")
    if monitors:
        yield _count(monitors, "monitor")


def _section(title: str, entries: Sequence[str]) -> str:
    more = len(entries) - _MOST
    shown = [*entries[:_MOST], *([f"  and {more} more"] if more > 0 else [])]
    return "\n".join([f"{title} ({len(entries)}):", *shown])


def _entry(line: str, *commands: str) -> str:
    words = " ".join(line.split())
    cut = words if len(words) <= _LONGEST else f"{words[:_LONGEST]}..."
    return "\n".join([f"  {cut}", *(f"      {command}" for command in commands)])


def _amounts(row: Row, known: Costs) -> str:
    days: Iterable[tuple[Decimal, str]] = zip(row.amounts, known.days, strict=True)
    told = (f"{_money(amount, known.unit)} on {day}{_estimate(day, known)}" for amount, day in days)
    return f"{row.name}: {', '.join(told)}"


def _estimate(day: str, known: Costs) -> str:
    return " (an estimate)" if day in known.estimated or day == known.days[-1] else ""


def _money(amount: Decimal, unit: str) -> str:
    return f"{amount:,.2f} {unit}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _time(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _age(age: timedelta) -> str:
    hours = max(0, int(age.total_seconds() // 3600))
    return _count(hours // 24, "day") if hours >= 48 else _count(hours, "hour")
