# SPDX-License-Identifier: Apache-2.0
"""Types of what responses say of a deployment that waits for a decision. See `answers`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from orchestrator.answers.work import MonitorRun, OverallState
from orchestrator.values.per_stage import Stage


class ChangedValue(TypedDict):
    """A value that differs."""

    key: Annotated[str, Field(description="parameter of the blueprint, or tag")]
    before: Annotated[str | None, Field(description="now; null where it is not set. A secret is stars")]
    after: Annotated[str | None, Field(description="after the approval; null where it is not set. A secret is stars")]


class DeployedModel(TypedDict):
    """The model that would be deployed."""

    model_package_arn: Annotated[str, Field(description="the version in the registry; empty without one")]
    artifact: Annotated[str, Field(description="S3 URI of the artifact; empty with a version of the registry")]
    artifact_version: Annotated[str, Field(description="version of that object; empty if it is not known")]
    artifact_changed_at: Annotated[datetime | None, Field(description="when that object was written")]
    image: Annotated[str, Field(description="container image; empty if the version names it")]


class StageRun(MonitorRun):
    """The newest run of a monitor in an account of a stage."""

    stage: str
    account: str


class MonitorFigures(OverallState):
    """A monitor of the same model, and what it has found in the stages that are deployed already."""

    pipeline_id: str
    short_name: str
    runs: list[StageRun]


class SmokeTestFigures(TypedDict):
    """The newest smoke test of a deployed model in an account."""

    stage: Annotated[str, Field(description="empty in a single account")]
    account: str
    at: Annotated[datetime, Field(description="when it ended")]
    calls: Annotated[int, Field(description="number of calls of the inference API")]
    errors: Annotated[int, Field(description="calls that were not answered as wanted")]
    problem: Annotated[str, Field(description="the first of them: what came, and what was expected; empty without one")]
    p50_ms: Annotated[int, Field(description="latency in milliseconds that half of the calls did not exceed")]
    p95_ms: Annotated[int, Field(description="that 95 of 100 calls did not exceed")]
    max_ms: Annotated[int, Field(description="of the slowest call")]


class AwaitedDeployment(TypedDict):
    """A deployment that waits for a decision, against what its stage has now."""

    stage: Annotated[Stage, Field(description="stage that would be deployed")]
    since: datetime | None
    execution: str | None
    package_version: Annotated[str, Field(description="version in S3 of the package that would be deployed")]
    is_first: Annotated[bool, Field(description="whether the stage has nothing of this pipeline yet")]
    template_changes: Annotated[bool, Field(description="whether the blueprint's template is another one")]
    changed_parameters: Annotated[
        list[ChangedValue], Field(description="parameters that change; for a first one all set")
    ]
    changed_tags: Annotated[list[ChangedValue], Field(description="tags that change; for a first one all")]
    model: Annotated[DeployedModel | None, Field(description="null for what deploys no model")]
    monitors: list[MonitorFigures]
    smoke_tests: Annotated[
        list[SmokeTestFigures], Field(description="smoke tests in the stages that are deployed already")
    ]
    smoke_tests_missing: Annotated[
        list[str], Field(description="those of these stages whose smoke test has told no figures yet")
    ]
    problem: Annotated[str, Field(description="why all this cannot be told; empty otherwise")]
