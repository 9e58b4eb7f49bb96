# SPDX-License-Identifier: Apache-2.0
"""Runs of the open engine, recognised in SageMaker's events by the names of their jobs.

In the orchestrator's account the job is described. An event from the account of a stage is all there is: AWS's example
of it has no environment, no exit message and no tags, but inputs. The engine is one of these, and lies below the folder
of its pipeline, whose name it tells.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from orchestrator.aws.sagemaker import jobs
from orchestrator.events import run_records
from orchestrator.events.event_tags import tags_of
from orchestrator.events.monitor_messages import Ended
from orchestrator.events.retraining import runs
from orchestrator.launch.settings import Settings
from orchestrator.plan import layout
from orchestrator.provisioned import pipeline_stacks
from orchestrator.sagemaker import job_kinds, monitor_runs, run_environments
from orchestrator.sagemaker.run_environments import RunFacts

_ENGINE: Final = re.compile(rf"s3://[^/]+/{layout.ROOT}(?P<pipeline>[a-zA-Z0-9-]+)/engine/.+")
_ANY_KIND: Final = "drift"
_REPORT: Final = "report.html"


def ended(event: Mapping[str, Any], settings: Settings, stage: str) -> Ended | None:
    """Return a run that people should hear of, or `None`; a run in the account of a stage is recorded in any case.

    Raises `ServiceRefusedError`, after which a retry may succeed.
    """
    detail = event["detail"]
    if detail["ProcessingJobStatus"] not in job_kinds.ENDED:
        return None
    pipeline = _pipeline_of(detail)
    if event["account"] == settings.account:
        job = jobs.describe(job_kinds.PROCESSING, detail["ProcessingJobName"]).description
    else:
        job = detail
        if pipeline:
            run_records.keep(event, pipeline, stage, settings.launch.pipelines_bucket)
    found = _of(event, job, pipeline)
    if found is None:
        return None
    return replace(found, run=runs.of(event, job, stage, settings.launch.pipelines_bucket))


def _pipeline_of(detail: Mapping[str, Any]) -> str:
    """Return the common name of a run's pipeline, by the place of the engine that its job gets; empty without."""
    uris = (str((one.get("S3Input") or {}).get("S3Uri", "")) for one in detail.get("ProcessingInputs") or ())
    found = next(filter(None, map(_ENGINE.fullmatch, uris)), None)
    return found["pipeline"] if found else ""


def _of(event: Mapping[str, Any], job: Mapping[str, Any], pipeline: str) -> Ended | None:
    """Return a run that is worth a message; `job` is its description, or what the event says of it."""
    facts, words, status = _facts(job), monitor_runs.said(job), str(event["detail"]["ProcessingJobStatus"])
    is_quiet = status == "Completed" and words and not words.startswith(monitor_runs.VIOLATIONS)
    schedule = facts.schedule or pipeline
    if is_quiet or not schedule:
        return None
    type_name, label = pipeline_stacks.type_and_label(pipeline)
    tags = tags_of(event["detail"])
    return Ended(
        account=event["account"],
        region=event["region"],
        day=event["time"][:10],
        job=event["detail"]["ProcessingJobName"],
        status=status,
        words=words,
        endpoint=facts.endpoint or label or pipeline,
        schedule=schedule,
        kind=monitor_runs.kind_in(schedule) or _ANY_KIND,
        report=f"{facts.output}{_REPORT}" if facts.output and status == "Completed" else facts.output,
        is_baseline=False,
        stack=tags.get("stack_name", ""),
        pipeline_type=tags.get("pipeline_type", type_name),
        model_name=tags.get("model_name", label),
    )


def _facts(job: Mapping[str, Any]) -> RunFacts:
    return run_environments.of(job.get("Environment") or {})
