# SPDX-License-Identifier: Apache-2.0
"""CodePipeline's events on EventBridge at every change of state.

https://docs.aws.amazon.com/codepipeline/latest/userguide/detect-state-changes-cloudwatch-events.html
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from scripts.local_aws.codepipeline.model import ActionRun, Artifact, Execution, Pipeline
from scripts.local_aws.eventbridge import events

_ACTION_STATES = {"InProgress": "STARTED"}


def pipeline_changed(pipeline: Pipeline, execution: Execution, state: str) -> None:
    """Emit a pipeline execution: STARTED, RESUMED, SUCCEEDED, FAILED, SUPERSEDED, STOPPING or STOPPED."""
    trigger = {"trigger-type": execution.trigger.type, "trigger-detail": execution.trigger.detail}
    detail = {"execution-trigger": trigger, "state": state}
    _emit(pipeline, execution, "Pipeline", detail)


def stage_changed(pipeline: Pipeline, execution: Execution, stage: str, state: str) -> None:
    """Emit a stage execution: STARTED, RESUMED, SUCCEEDED, FAILED or STOPPED."""
    _emit(pipeline, execution, "Stage", {"stage": stage, "state": state})


def action_changed(pipeline: Pipeline, execution: Execution, run: ActionRun) -> None:
    """Emit an action execution: STARTED, SUCCEEDED, FAILED or ABANDONED."""
    detail: dict[str, Any] = {
        "stage": run.stage,
        "action": run.name,
        "action-execution-id": run.id,
        "state": _ACTION_STATES.get(run.status, run.status.upper()),
        "region": run.declaration.get("region", pipeline.region),
        "type": dict(run.declaration["actionTypeId"]),
        "input-artifacts": _located(run.inputs),
        "output-artifacts": _located(run.outputs),
    }
    _emit(pipeline, execution, "Action", detail | _result(run))


def _result(run: ActionRun) -> dict[str, Any]:
    result = {
        "external-execution-id": run.external_id,
        "external-execution-url": run.external_url,
        "external-execution-summary": run.failure.message if run.failure else run.summary,
        "error-code": run.failure.code if run.failure else "",
    }
    shown = {key: value for key, value in result.items() if value}
    return {"execution-result": shown} if shown and run.status != "InProgress" else {}


def _located(artifacts: Iterable[Artifact]) -> list[dict[str, Any]]:
    return [{"name": each.name, "s3location": {"bucket": each.bucket, "key": each.key}} for each in artifacts]


def _emit(pipeline: Pipeline, execution: Execution, subject: str, detail: Mapping[str, Any]) -> None:
    common = {
        "pipeline": pipeline.name,
        "execution-id": execution.id,
        "start-time": execution.started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "version": execution.declaration["version"],
        "pipeline-execution-attempt": execution.attempt,
    }
    kind = f"CodePipeline {subject} Execution State Change"
    events.emit("aws.codepipeline", kind, {**common, **detail}, [pipeline.arn], pipeline.account, pipeline.region)
