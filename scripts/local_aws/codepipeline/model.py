# SPDX-License-Identifier: Apache-2.0
"""What CodePipeline remembers while it runs: pipelines, their stages, executions and actions.

Plain records; `pipeline_engine` changes them under its lock, `pipeline_views` turns them into API answers.
Status words are the API's: `InProgress`, `Succeeded`, `Failed`, `Superseded`, `Stopping`, `Stopped`, `Abandoned`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Declaration = Mapping[str, Any]


def now() -> datetime:
    """The time of a state change."""
    return datetime.now(UTC)


def new_id() -> str:
    """An id in the form of all of CodePipeline's ids and tokens."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Artifact:
    """A named bundle in the artifact store."""

    name: str
    bucket: str
    key: str


@dataclass(frozen=True)
class Revision:
    """What a source action found; `change_id` tells two changes of one revision apart."""

    action: str
    artifact: str
    id: str
    change_id: str
    summary: str
    url: str
    created: datetime


@dataclass(frozen=True)
class Failure:
    """Why an action failed, as `errorDetails` shows it."""

    code: str
    message: str


@dataclass(frozen=True)
class Approval:
    """A person's answer to a manual approval."""

    approved: bool
    summary: str
    by: str


@dataclass(frozen=True)
class Trigger:
    """What started an execution."""

    type: str
    detail: str


@dataclass
class ActionRun:
    """One attempt at one action in one execution."""

    stage: str
    declaration: Declaration
    id: str = field(default_factory=new_id)
    status: str = "InProgress"
    summary: str = ""
    external_id: str = ""
    external_url: str = ""
    token: str = ""
    updated_by: str = ""
    approval: Approval | None = None
    failure: Failure | None = None
    revision: Revision | None = None
    inputs: list[Artifact] = field(default_factory=list)
    outputs: list[Artifact] = field(default_factory=list)
    started: datetime = field(default_factory=now)
    changed: datetime = field(default_factory=now)

    @property
    def name(self) -> str:
        """The action's name in the pipeline declaration."""
        return str(self.declaration["name"])


@dataclass
class Execution:
    """One run of a pipeline, with the declaration as it was when the run started."""

    declaration: Declaration
    trigger: Trigger
    id: str = field(default_factory=new_id)
    status: str = "InProgress"
    status_summary: str = ""
    attempt: int = 1
    abandoned: bool = False
    started: datetime = field(default_factory=now)
    changed: datetime = field(default_factory=now)
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    actions: list[ActionRun] = field(default_factory=list)

    @property
    def stages(self) -> list[Declaration]:
        """The declared stages, in order."""
        return list(self.declaration["stages"])

    @property
    def is_stopping(self) -> bool:
        """Somebody asked to stop: no further action starts."""
        return self.abandoned or self.status == "Stopping"

    @property
    def revisions(self) -> list[Revision]:
        """What the source actions of this execution found."""
        return [run.revision for run in self.actions if run.revision is not None]


@dataclass
class Stage:
    """One stage of a pipeline: who is in it, who waits before it, and how its last executions went."""

    name: str
    occupant: Execution | None = None
    waiting: Execution | None = None
    latest: Execution | None = None
    status: str = ""
    actions: dict[str, ActionRun] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Another execution may enter."""
        return self.occupant is None


@dataclass
class Pipeline:
    """A pipeline's executions, oldest first, and its stages; its declaration is moto's to keep."""

    account: str
    region: str
    name: str
    deleted: bool = False
    executions: list[Execution] = field(default_factory=list)
    stages: dict[str, Stage] = field(default_factory=dict)
    started_by_token: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """The pipeline's ARN."""
        return f"arn:aws:codepipeline:{self.region}:{self.account}:{self.name}"

    def stage(self, name: str) -> Stage:
        """The stage's state, empty before its first execution."""
        return self.stages.setdefault(name, Stage(name))

    def execution(self, execution_id: str) -> Execution | None:
        """The execution with this id."""
        return next((each for each in self.executions if each.id == execution_id), None)
