# SPDX-License-Identifier: Apache-2.0
"""CodePipeline's API answers, made from the engine's records. Times are seconds since 1970, as in JSON services."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from scripts.local_aws.codepipeline.model import ActionRun, Artifact, Declaration, Execution, Pipeline, Revision, Stage

_STOPPED = frozenset({"Stopping", "Stopped"})
_S3_CONSOLE = "https://console.aws.amazon.com/s3/home?region={region}#"


def pipeline_state(pipeline: Pipeline, declaration: Declaration) -> dict[str, Any]:
    """Return the answer of GetPipelineState, without the two times of the pipeline itself."""
    return {
        "pipelineName": pipeline.name,
        "pipelineVersion": declaration["version"],
        "stageStates": [_stage_state(pipeline, declared) for declared in declaration["stages"]],
    }


def execution_summary(execution: Execution) -> dict[str, Any]:
    """Return an entry of ListPipelineExecutions."""
    is_stopped = execution.status in _STOPPED
    return _common(execution) | {
        **({"stopTrigger": {"reason": execution.status_summary}} if is_stopped else {}),
        "startTime": _seconds(execution.started),
        "lastUpdateTime": _seconds(execution.changed),
        "sourceRevisions": [_source_revision(each) for each in execution.revisions],
    }


def execution_detail(pipeline: Pipeline, execution: Execution) -> dict[str, Any]:
    """Return the answer of GetPipelineExecution."""
    return _common(execution) | {
        "pipelineName": pipeline.name,
        "pipelineVersion": execution.declaration["version"],
        "artifactRevisions": [_artifact_revision(each) for each in execution.revisions],
        "variables": [],
    }


def action_detail(execution: Execution, run: ActionRun) -> dict[str, Any]:
    """Return an entry of ListActionExecutions."""
    declared = run.declaration
    configuration = dict(declared.get("configuration") or {})
    given = {
        "actionTypeId": dict(declared["actionTypeId"]),
        "configuration": configuration,
        "resolvedConfiguration": run.configuration or configuration,
        "roleArn": declared.get("roleArn"),
        "region": declared.get("region"),
        "namespace": declared.get("namespace"),
        "inputArtifacts": _artifacts(run.inputs),
    }
    result = {
        "externalExecutionId": run.external_id,
        "externalExecutionSummary": run.summary,
        "externalExecutionUrl": run.external_url,
        "errorDetails": _error(run),
    }
    detail = {
        "pipelineExecutionId": execution.id,
        "actionExecutionId": run.id,
        "pipelineVersion": execution.declaration["version"],
        "stageName": run.stage,
        "actionName": run.name,
        "startTime": _seconds(run.started),
        "lastUpdateTime": _seconds(run.changed),
        "updatedBy": run.updated_by,
        "status": run.status,
        "input": _present(given),
        "output": _present(
            {
                "outputArtifacts": _artifacts(run.outputs),
                "executionResult": _present(result),
                "outputVariables": run.variables,
            }
        ),
    }
    return _present(detail)


def _common(execution: Execution) -> dict[str, Any]:
    return {
        "pipelineExecutionId": execution.id,
        "status": execution.status,
        "statusSummary": execution.status_summary,
        "trigger": {"triggerType": execution.trigger.type, "triggerDetail": execution.trigger.detail},
        "executionMode": "SUPERSEDED",
        "executionType": "STANDARD",
    }


def _stage_state(pipeline: Pipeline, declared: Declaration) -> dict[str, Any]:
    stage = pipeline.stage(declared["name"])
    state = {
        "stageName": stage.name,
        "inboundTransitionState": {"enabled": True},
        "actionStates": [_action_state(pipeline, stage, action) for action in declared["actions"]],
    }
    if stage.waiting is not None:
        waiting = {"pipelineExecutionId": stage.waiting.id, "status": stage.waiting.status}
        state |= {"inboundExecution": waiting, "inboundExecutions": [waiting]}
    if stage.latest is not None:
        stopping = stage.occupant is not None and stage.latest.is_stopping
        status = "Stopping" if stopping else stage.status
        state["latestExecution"] = {"pipelineExecutionId": stage.latest.id, "status": status}
    return state


def _action_state(pipeline: Pipeline, stage: Stage, declared: Declaration) -> dict[str, Any]:
    state: dict[str, Any] = {"actionName": declared["name"]}
    if declared["actionTypeId"]["category"] == "Source":
        state["entityUrl"] = _S3_CONSOLE.format(region=pipeline.region)
    run = stage.actions.get(declared["name"])
    if run is None:
        return state
    if run.revision is not None:
        state["currentRevision"] = {
            "revisionId": run.revision.id,
            "revisionChangeId": run.revision.change_id,
            "created": _seconds(run.revision.created),
        }
    return state | {"latestExecution": _action_execution(run)}


def _action_execution(run: ActionRun) -> dict[str, Any]:
    execution = {
        "actionExecutionId": run.id,
        "status": run.status,
        "summary": run.summary,
        "lastStatusChange": _seconds(run.changed),
        "token": run.token,
        "lastUpdatedBy": run.updated_by,
        "externalExecutionId": run.external_id,
        "externalExecutionUrl": run.external_url,
        "errorDetails": _error(run),
    }
    return _present(execution)


def _error(run: ActionRun) -> dict[str, str]:
    return {"code": run.failure.code, "message": run.failure.message} if run.failure else {}


def _source_revision(revision: Revision) -> dict[str, Any]:
    return {
        "actionName": revision.action,
        "revisionId": revision.id,
        "revisionSummary": revision.summary,
        "revisionUrl": revision.url,
    }


def _artifact_revision(revision: Revision) -> dict[str, Any]:
    return {
        "name": revision.artifact,
        "revisionId": revision.id,
        "revisionChangeIdentifier": revision.change_id,
        "revisionSummary": revision.summary,
        "revisionUrl": revision.url,
        "created": _seconds(revision.created),
    }


def _artifacts(artifacts: Iterable[Artifact]) -> list[dict[str, Any]]:
    return [{"name": each.name, "s3location": {"bucket": each.bucket, "key": each.key}} for each in artifacts]


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value not in (None, "", {})}


def _seconds(moment: datetime) -> float:
    return moment.timestamp()
