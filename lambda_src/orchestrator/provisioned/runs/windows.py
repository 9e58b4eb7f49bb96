# SPDX-License-Identifier: Apache-2.0
"""The window of a run that somebody asks for. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from orchestrator import problems
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.sagemaker import run_environments
from orchestrator.values.common import Expect

LONGEST: Final = timedelta(days=31)
_EXAMPLE: Final = "2026-11-24T15:00:00Z"


def _time(value: Any) -> datetime | None:
    if value is None:
        return None
    found = run_environments.time(value) if isinstance(value, str) else None
    if found is None:
        raise ValueError(value)
    return found.replace(microsecond=0)


Time = Annotated[datetime | None, BeforeValidator(_time), Expect("a time of ISO 8601, UTC without a zone", _EXAMPLE)]


class RunRequest(BaseModel):
    """Body of `POST /pipelines/{id}/runs`, which may be left out."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    start_time: Annotated[
        Time, Field(description="begin of the window, to the second; one period before its end if left out")
    ] = None
    end_time: Annotated[Time, Field(description="end of the window, not included; now if left out")] = None


@dataclass(frozen=True)
class Window:
    """Whose records a run looks at: those whose inference time is from the start on and before the end."""

    start: datetime
    end: datetime


def of(body: Any, period: timedelta | None, now: datetime) -> Window:
    """Return the window of a body; raises `RefusedRequestError` with every problem."""
    asked = problems.validated(RunRequest, body)
    end = asked.end_time or now.replace(microsecond=0)
    start = asked.start_time or (end - period if period else None)
    if start is None:
        missing = "is required: the monitor's runs are not always equally far apart"
        raise RefusedRequestError([Problem("start_time", missing)])
    window = Window(start, end)
    if found := list(_problems(window, asked, now)):
        raise RefusedRequestError(found)
    return window


def _problems(window: Window, asked: RunRequest, now: datetime) -> Iterator[Problem]:
    first, last = f"{window.start:%Y-%m-%dT%H:%M:%SZ}", f"{window.end:%Y-%m-%dT%H:%M:%SZ}"
    moment = f"{now:%Y-%m-%dT%H:%M:%SZ}"
    if window.end > now:
        yield Problem("end_time", f"must not be in the future: it is {last}, and now is {moment}")
    if window.start >= window.end:
        until = f"end_time, {last}" if asked.end_time else f"the end of the window, which is now, {last}"
        yield Problem("start_time", f"must be before {until}; got {first}")
    elif window.end - window.start > LONGEST:
        yield Problem(
            "start_time", f"must be {LONGEST.days} days before the end at most: the window is {first} to {last}"
        )
