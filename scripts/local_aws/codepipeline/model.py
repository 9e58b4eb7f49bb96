# SPDX-License-Identifier: Apache-2.0
"""Run-time state of CodePipeline: pipelines, their stages, executions and actions.

Plain records; `engine` changes them under its lock, `views` turns them into API answers.
Statuses are the API's: `InProgress`, `Succeeded`, `Failed`, `Superseded`, `Stopping`, `Stopped`, `Abandoned`.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

Declaration = Mapping[str, Any]


def now() -> datetime:
    """Return the time of a state change."""
    return datetime.now(UTC)


def new_id() -> str:
    """Return a new id in the form of all of CodePipeline's ids and tokens."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Artifact:
    """Named file in the artifact store."""

    name: str
    bucket: str
    key: str


@dataclass(frozen=True)
class Revision:
    """Revision found by a source action; `change_id` distinguishes two changes of one revision."""

    action: str
    artifact: str
    id: str
    change_id: str
    summary: str
    url: str
    created: datetime


@dataclass(frozen=True)
class Failure:
    """Failure of an action, as in `errorDetails`."""

    code: str
    message: str


@dataclass(frozen=True)
class Approval:
    """Decision of a person on a manual approval."""

    approved: bool
    summary: str
    by: str


@dataclass(frozen=True)
class Trigger:
    """Cause of an execution's start."""

    type: str
    detail: str


@dataclass
class ActionRun:
    """Attempt at an action in an execution."""

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
    configuration: dict[str, str] = field(default_factory=dict)
    """The declared one with the values of variables."""
    variables: dict[str, str] = field(default_factory=dict)
    """What it hands on."""
    inputs: list[Artifact] = field(default_factory=list)
    outputs: list[Artifact] = field(default_factory=list)
    started: datetime = field(default_factory=now)
    changed: datetime = field(default_factory=now)

    @property
    def name(self) -> str:
        """Name of the action in the pipeline's declaration."""
        return str(self.declaration["name"])


@dataclass
class Execution:
    """Execution of a pipeline, with the declaration at its start."""

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
    variables: dict[str, dict[str, str]] = field(default_factory=dict)
    """What its actions have handed on, by namespace."""
    actions: list[ActionRun] = field(default_factory=list)

    @property
    def stages(self) -> list[Declaration]:
        """Declared stages, in order."""
        return list(self.declaration["stages"])

    @property
    def is_stopping(self) -> bool:
        """Whether a stop was requested: no further action starts."""
        return self.abandoned or self.status == "Stopping"

    @property
    def revisions(self) -> list[Revision]:
        """Revisions found by the source actions of this execution."""
        return [run.revision for run in self.actions if run.revision is not None]


@dataclass
class Stage:
    """Stage of a pipeline: the execution in it, the one that waits for it, and the state of the latest one."""

    name: str
    occupant: Execution | None = None
    waiting: Execution | None = None
    latest: Execution | None = None
    status: str = ""
    actions: dict[str, ActionRun] = field(default_factory=dict)

    @property
    def is_open(self) -> bool:
        """Whether another execution may enter."""
        return self.occupant is None


@dataclass
class Pipeline:
    """Executions of a pipeline, oldest first, and its stages; moto stores its declaration."""

    account: str
    region: str
    name: str
    deleted: bool = False
    executions: list[Execution] = field(default_factory=list)
    stages: dict[str, Stage] = field(default_factory=dict)
    started_by_token: dict[str, str] = field(default_factory=dict)

    @property
    def arn(self) -> str:
        """ARN of the pipeline."""
        return f"arn:aws:codepipeline:{self.region}:{self.account}:{self.name}"

    def stage(self, name: str) -> Stage:
        """Return the stage's state, empty before its first execution."""
        return self.stages.setdefault(name, Stage(name))

    def execution(self, execution_id: str) -> Execution | None:
        """Return the execution with this id."""
        return next((each for each in self.executions if each.id == execution_id), None)
