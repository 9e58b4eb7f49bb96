# SPDX-License-Identifier: Apache-2.0
"""`mlops retry`: run the failed stage of a pipeline again, or all of it where that cannot be done.

https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_RetryStageExecution.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from mlops_orchestrator.aws import aws_access
from mlops_orchestrator.aws.pipeline_status import PipelineStatus
from mlops_orchestrator.client.states import Status
from mlops_orchestrator.settings import hints
from scripts.cli.errors import CommandError
from scripts.cli.everyday import remains
from scripts.cli.options import Asked
from scripts.cli.output import Output
from scripts.cli.pipelines import answers, following
from scripts.cli.pipelines.answers import AskedPipeline

# A newer execution or a changed pipeline has come after the failure.
_NOT_AGAIN: Final = frozenset({"NotLatestPipelineExecutionException", "StageNotRetryableException"})
_FAILED: Final = frozenset({"Failed", "Stopped"})
_SOURCE: Final = 0


@dataclass(frozen=True)
class Retried:
    """What was done: the stage that runs again, empty for all of the pipeline, in which execution."""

    stage: str
    execution: str


def run(asked: Asked, given: str) -> None:
    """Retry, and say what was done."""
    output = Output(asked.access.form)
    pipeline = answers.find(asked, given, output)
    found = pipeline.state()
    status = found.execution
    removed = remains.remove(pipeline, found.details) if status.has_failed and status.pipeline else ""
    if removed:
        output.say(f"The stack {removed}, which could not be made, was deleted first.")
    retried = retry(pipeline.aws.client("codepipeline"), found, pipeline)
    told = {"pipeline_id": pipeline.id, "stage": retried.stage or None}
    told |= {"execution": retried.execution, "removed": removed}
    if asked.watch:
        output.line("event", told)
    else:
        output.document(told)
    if retried.stage:
        output.say(f"The stage {retried.stage} runs again, in the execution {retried.execution}.")
    else:
        output.say(f"A new execution runs all stages: {retried.execution}.")
    if asked.watch:
        # A retried execution is the one that failed before: only a new one must not be taken for it.
        following.follow(pipeline, None if retried.stage else status.execution)
    else:
        output.say(f"next: {pipeline.command('status', '--watch')}")


def retry(codepipeline: Any, found: Status, pipeline: AskedPipeline) -> Retried:
    """Run the failed stage again. Raise CommandError if nothing has failed, or the caller may not."""
    stage, status = _failed_stage(found, pipeline), found.execution
    try:
        # What the source stage has read is what changed meanwhile: read it anew.
        if stage == status.stages[_SOURCE][0]:
            return _anew(codepipeline, status)
        return _again(codepipeline, status, stage)
    except ClientError as error:
        if aws_access.is_denied(error):
            raise CommandError(_denied(status, stage, error)) from None
        raise


def _failed_stage(found: Status, pipeline: AskedPipeline) -> str:
    status = found.execution
    if not status.pipeline:
        raise CommandError(
            f"there is no pipeline to run again: {status.message or status.stack_status} Repeat"
            f" `{hints.command('provision FILE')}` with the same request"
        )
    for name, state in status.stages:
        if state in _FAILED:
            return name
    if not found.has_ended:
        raise CommandError(f"nothing to retry: it has not ended. Look: {pipeline.command('status', '--watch')}")
    if found.has_failed:
        raise CommandError(
            f"every stage of {status.pipeline} succeeded, and the work that they started did not: {found.reason} The"
            " name of a job is used once: provision a changed request without job_name, or with another"
        )
    raise CommandError(f"nothing to retry: every stage of {status.pipeline} succeeded")


def _again(codepipeline: Any, status: PipelineStatus, stage: str) -> Retried:
    try:
        codepipeline.retry_stage_execution(
            pipelineName=status.pipeline,
            stageName=stage,
            pipelineExecutionId=status.execution,
            retryMode="FAILED_ACTIONS",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in _NOT_AGAIN:
            return _anew(codepipeline, status)
        raise
    return Retried(stage, status.execution)


def _anew(codepipeline: Any, status: PipelineStatus) -> Retried:
    return Retried("", codepipeline.start_pipeline_execution(name=status.pipeline)["pipelineExecutionId"])


def _denied(status: PipelineStatus, stage: str, error: ClientError) -> str:
    action = error.operation_name
    resource = f"{status.pipeline}/{stage}" if action == "RetryStageExecution" else status.pipeline
    message = error.response["Error"].get("Message", "")
    return f"you may not retry this: codepipeline:{action} on {resource} has to be allowed to you. {message}"
