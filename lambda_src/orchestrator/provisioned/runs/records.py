# SPDX-License-Identifier: Apache-2.0
"""Runs in the accounts of stages, as their events tell of them: an object for each in the pipelines bucket.

The orchestrator cannot look into these accounts. A key begins with the pipeline's common name and goes on with the time
of the job's creation, counted down, so that S3 lists the newest first. Several events of one job write one object.
"""

import re
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict

from orchestrator.aws.s3 import documents, objects
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.plan import layout
from orchestrator.provisioned.runs.run import MonitorRun, Page

_COUNTED_FROM: Final = 10**13
"""Milliseconds of a day long from now, which every key counts down to."""
_ENDING: Final = re.compile(r"[0-9]{13}-[0-9]{12}-[a-zA-Z0-9-]{1,63}\.json")


class RunRecord(BaseModel):
    """What is kept of a run."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: str
    status: str
    start: datetime | None = None
    end: datetime | None = None
    message: str = ""
    output: str = ""
    has_report: bool = True
    stage: str = ""
    account: str = ""

    def run(self) -> MonitorRun:
        """Return the run."""
        return MonitorRun(**dict(self))


def store(bucket: str, common_name: str, record: RunRecord, created_ms: int) -> None:
    """Keep a run of a pipeline; `created_ms` is when its job was made, in milliseconds of the epoch."""
    ending = f"{_COUNTED_FROM - created_ms:013d}-{record.account}-{record.id}.json"
    documents.store(bucket, f"{layout.runs(common_name)}{ending}", record)


def page(bucket: str, common_name: str, limit: int, token: str) -> Page:
    """Return a page of a pipeline's runs; `token` ends the key of the last run before it.

    Raises `RefusedRequestError` for another token.
    """
    if token and not _ENDING.fullmatch(token):
        raise RefusedRequestError([Problem("next", "is not what this list gave: begin again without it")])
    folder = layout.runs(common_name)
    keys = objects.keys(bucket, folder, limit + 1, after=f"{folder}{token}" if token else "")
    shown = keys[:limit]
    following = shown[-1].removeprefix(folder) if len(keys) > limit else ""
    return Page([record.run() for record in _records(bucket, shown)], following)


def since(bucket: str, common_name: str, earliest: datetime, most: int) -> list[RunRecord]:
    """Return a pipeline's runs whose jobs were made after a time, the newest first, and so many at most."""
    folder, created_ms = layout.runs(common_name), int(earliest.timestamp() * 1000)
    # Keys count down.
    last = f"{folder}{_COUNTED_FROM - created_ms:013d}"
    return _records(bucket, [key for key in objects.keys(bucket, folder, most) if key < last])


def _records(bucket: str, keys: list[str]) -> list[RunRecord]:
    """Return the records that have not expired meanwhile."""
    return [record for record in documents.each(RunRecord, bucket, keys) if record is not None]
