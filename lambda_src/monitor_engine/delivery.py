# SPDX-License-Identifier: Apache-2.0
"""Way of a job's files: what it needs is brought to this machine, and what it found goes where people look for it."""

from __future__ import annotations

from typing import Final

from monitor_engine import message, metrics, results, storage
from monitor_engine.contract import Job
from monitor_engine.problems import EngineError
from monitor_engine.report import nothing
from monitor_engine.results import CLARIFY, Document, Result

_RUN: Final = "run.json"
"""Written last: who sees it sees all files of a run."""


def bring(job: Job) -> Result | None:
    """Copy what the analysis reads as a whole; return the result of a run whose baseline is not there yet.

    Such a run sends no metrics: it has looked at nothing. Raises EngineError.
    """
    places = {path: place for place, path in job.remote.sources}
    absent = {path for path, place in places.items() if not storage.bring(place, path)}
    if job.configuration in absent:
        raise EngineError(f"there is no analysis configuration at {places[job.configuration]}")
    if job.constraints is None or job.constraints.is_file():
        return None
    title = f"Monitor of {job.monitor.endpoint or job.source.name}"
    why = f"there is no baseline yet: {places.get(job.constraints, job.constraints)} has not been written"
    return nothing.without_baseline(title, why, "" if job.configuration is None else CLARIFY)


def deliver(job: Job, result: Result) -> str:
    """Write a job's files, send its metrics, and return its message. Raise EngineError."""
    for name, content in result.files.items():
        _write(job, name, content)
    names = sorted(path.relative_to(job.output).as_posix() for path in job.output.rglob("*") if path.is_file())
    names = sorted((name for name in names if name != _RUN), key=result.last.__eq__)
    for name in names:
        _send(job, name)
    text = message.of(result, _published(job, result))
    if job.constraints is not None:
        _write(job, _RUN, _run(job, result, text) | {"files": names})
        _send(job, _RUN)
    return text


def _published(job: Job, result: Result) -> list[str]:
    """Send the metrics; what was refused is told, and does not make a run fail that has looked at all its data."""
    if not (job.monitor.publishes_metrics and result.metrics):
        return []
    # boto3 takes a second to import, which no baseline needs.
    from monitor_engine import aws  # noqa: PLC0415

    try:
        aws.send_metrics(metrics.payloads(result.metrics, job.monitor.endpoint, job.monitor.schedule))
    except EngineError as error:
        return [f"{error}; alarms do not know of this run"]
    return []


def _run(job: Job, result: Result, text: str) -> Document:
    start, end = job.window.texts if job.window else ("", "")
    return {
        "start_time": start,
        "end_time": end,
        "status": message.status_of(result),
        "message": text,
        "violations": len(result.violations),
        "records": result.records,
    }


def _write(job: Job, name: str, content: Document | str) -> None:
    path = job.output / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(results.text_of(content), encoding="utf-8")


def _send(job: Job, name: str) -> None:
    if job.remote.target is not None:
        storage.send(job.output / name, job.remote.target.below(name), job.remote.kms_key)
