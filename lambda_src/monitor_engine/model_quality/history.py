# SPDX-License-Identifier: Apache-2.0
"""Metrics of the runs before: each run has left its statistics in a folder that follows from the schedule."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from monitor_engine import storage
from monitor_engine.contract import Job
from monitor_engine.model_quality import constraints
from monitor_engine.problems import EngineError
from monitor_engine.storage import Folder, Location

_FILE: Final = "statistics.json"


@dataclass(frozen=True)
class Earlier:
    """A run before."""

    end: str
    """Of its window, as `2026-11-24T15:00:00Z`."""
    metrics: Mapping[str, float]


def read(job: Job) -> tuple[list[Earlier], list[str]]:
    """Return the runs before, the newest first, and why some are not there. It never fails a run."""
    try:
        with tempfile.TemporaryDirectory(prefix="monitor-") as folder:
            return list(_found(job, Path(folder, _FILE))), []
    except EngineError as error:
        return [], [f"metrics of the runs before are not shown: {error}"]


def _found(job: Job, path: Path) -> Iterator[Earlier]:
    for place in job.earlier:
        statistics = _statistics(place, path)
        measured = statistics.get(constraints.METRICS[job.attributes.problem])
        if isinstance(measured, dict):
            values = {name: metric["value"] for name, metric in measured.items() if constraints.is_scalar(metric)}
            yield Earlier(str(statistics.get("dataset", {}).get("end_time", "")), values)


def _statistics(place: Location, path: Path) -> dict[str, Any]:
    """Return a run's statistics; nothing of one that had nothing to measure, or failed."""
    if isinstance(place, Folder):
        if not storage.bring(place.below(_FILE), path):
            return {}
        place = path.parent
    try:
        found = json.loads((place / _FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
