# SPDX-License-Identifier: Apache-2.0
"""`mlops logs`: what endpoint, jobs and functions of a pipeline have written, and what they go on to write."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Final

from orchestrator.sagemaker import job_kinds
from scripts.cli.errors import WrongUseError
from scripts.cli.everyday import log_groups, work
from scripts.cli.everyday.log_groups import Line
from scripts.cli.everyday.work import Work
from scripts.cli.options import Asked
from scripts.cli.output import Output

_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_SPAN: Final = re.compile(r"(?P<number>[0-9]{1,6})(?P<unit>[smhd])")
_PAUSE_SECONDS: Final = 2.0
# Lines reach CloudWatch Logs out of order, and some seconds late.
_LATE_MS: Final = 30_000


def run(asked: Asked, given: str, since: str, stage: str) -> None:
    """Show the lines since a time; follow them if `asked.watch`, until the job has ended or Ctrl-C."""
    output = Output(asked.access.form)
    start = start_of(since, time.time())
    deployed = work.find(asked, given, stage, output)
    shown = 0
    for line in _followed(asked, deployed, start, output) if asked.watch else _all(deployed, start):
        shown += 1
        output.line("event", line.description())
        output.say(f"{line.at:%Y-%m-%d %H:%M:%S}  {line.group.rsplit('/', maxsplit=1)[-1]}  {line.message}")
    output.line("result", {"lines": shown})
    if not shown:
        when = "in the last" if _SPAN.fullmatch(since) else "since"
        output.say(f"Nothing was logged {when} {since}. Logs: {_names(deployed)}")


def start_of(since: str, now: float, option: str = "--since") -> int:
    """Return a time in milliseconds from `10m`, `2h`, `1d` or an ISO 8601 time. Raise WrongUseError."""
    if span := _SPAN.fullmatch(since):
        return int((now - int(span["number"]) * _UNITS[span["unit"]]) * 1000)
    try:
        moment = datetime.fromisoformat(since)
    except ValueError:
        raise WrongUseError(
            f"{option} takes 30s, 10m, 2h, 1d or a time such as 2026-11-30T08:00, not {since}"
        ) from None
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _names(deployed: Work) -> str:
    names = dict.fromkeys(group.name for group in log_groups.of(deployed))
    return ", ".join(names) or "this pipeline has none"


def _all(deployed: Work, start: int) -> list[Line]:
    """Return the lines of all groups in the order of time."""
    found = [line for group in log_groups.of(deployed) for line in log_groups.lines(deployed.aws, group, start)]
    return sorted(found, key=lambda line: line.at)


def _followed(asked: Asked, deployed: Work, start: int, output: Output) -> Iterator[Line]:
    def has_ended() -> bool:
        if deployed.job is None:
            return False
        job = work.find(asked, deployed.name, "", output).job
        return job is not None and job["status"] in job_kinds.ENDED

    return follow(lambda since: _all(deployed, since), start, has_ended, threading.Event().wait)


def follow(
    read: Callable[[int], list[Line]], start: int, has_ended: Callable[[], bool], wait: Callable[[float], object]
) -> Iterator[Line]:
    """Yield each line once, until the work has ended and its last lines were read."""
    told = set[str]()
    while True:
        # Asked before the lines are read, so that the last ones are seen.
        is_over = has_ended()
        for line in read(start):
            if line.id not in told:
                told.add(line.id)
                start = max(start, int(line.at.timestamp() * 1000) - _LATE_MS)
                yield line
        if is_over:
            return
        wait(_PAUSE_SECONDS)
