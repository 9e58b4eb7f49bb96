# SPDX-License-Identifier: Apache-2.0
"""Types of what responses say of a monitor's runs. See `answers`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict


class MonitorRunDetails(TypedDict):
    """A run of a monitor."""

    id: Annotated[str, Field(description="name of its processing job")]
    status: str
    """InProgress, Completed, CompletedWithViolations, Failed or Stopped"""
    start_time: Annotated[datetime | None, Field(description="begin of the window that it looks at")]
    end_time: Annotated[datetime | None, Field(description="end of the window, not included")]
    message: str
    """what the run says of itself"""
    violations: Annotated[
        list[dict[str, Any]],
        Field(description="entries of constraint_violations.json, a hundred at most; none of runs in other accounts"),
    ]
    output: Annotated[str, Field(description="folder of its files in S3; empty if it is not known")]
    report: Annotated[str, Field(description="its report.html in S3; empty if it has none")]
    stage: NotRequired[Annotated[str, Field(description="stage of a run in another account")]]
    account: NotRequired[Annotated[str, Field(description="account of a run in another account")]]


class StartedRun(TypedDict):
    """The run that has begun."""

    id: Annotated[str, Field(description="name of its processing job; the list of runs has it")]
