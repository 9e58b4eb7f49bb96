# SPDX-License-Identifier: Apache-2.0
"""What is kept of a run in the account of a stage, for whoever lists the runs of its pipeline."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from orchestrator.provisioned.runs import records
from orchestrator.provisioned.runs.records import RunRecord
from orchestrator.sagemaker import monitor_runs, processing_outputs, run_environments

_SILENT: Final = "The event of its end does not say what it found."


def keep(event: Mapping[str, Any], pipeline: str, stage: str, bucket: str) -> None:
    """Record the run that an event is about; `pipeline` is the common name of its pipeline.

    Raises `ServiceRefusedError`, after which a retry may succeed.
    """
    detail = event["detail"]
    is_open = monitor_runs.is_run(detail["ProcessingJobName"])
    facts = run_environments.of(detail.get("Environment") or {})
    words, status = monitor_runs.said(detail), str(detail["ProcessingJobStatus"])
    output = facts.output if is_open else processing_outputs.first_output(detail)
    record = RunRecord(
        id=detail["ProcessingJobName"],
        status=monitor_runs.outcome(status, words),
        start=facts.start,
        end=facts.end,
        message=words or (_SILENT if status == "Completed" else ""),
        output=f"{output.rstrip('/')}/" if output else "",
        has_report=is_open,
        stage=stage,
        account=event["account"],
    )
    created = detail.get("CreationTime")
    # Several events of one job write one object: the time of its creation is the same in all of them.
    records.store(bucket, pipeline, record, created if isinstance(created, int) else _milliseconds(event["time"]))


def _milliseconds(text: str) -> int:
    found = run_environments.time(text) or datetime.now(UTC)
    return int(found.timestamp() * 1000)
