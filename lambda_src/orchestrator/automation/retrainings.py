# SPDX-License-Identifier: Apache-2.0
"""Retrainings: jobs that a run of a monitor has started, told by their names, and what is kept of each one's cause.

The name follows from the run, so that one run starts one job however often its event comes.
"""

import hashlib
import re
from datetime import datetime
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict

from orchestrator.aws.s3 import documents
from orchestrator.plan import layout

MIDDLE: Final = "-retrain-"
"""Part of the names of these jobs."""
_DIGITS: Final = 12
_ENDING: Final = re.compile(rf".+{MIDDLE}[0-9a-f]{{{_DIGITS}}}")


class Violated(BaseModel):
    """What a run found to be other than in the baseline."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    feature: str
    check: str


class Cause(BaseModel):
    """Why a job was started, and what it is trained on."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    at: datetime
    monitor: str
    """Common name of the monitor's pipeline."""
    run: str
    """Name of the job of its run."""
    violations: tuple[Violated, ...] = ()
    data: Literal["request", "merged"] = "request"
    rows: int | None = None
    """Rows of the merged data; `None` for the request's own."""
    training_data: str = ""
    validation_data: str = ""
    """Keys in the assets bucket of the merged data; empty for the request's own."""
    baseline_data: str = ""
    """Key in the assets bucket of a CSV file with a header, as monitors take it; empty if there is none."""


def job_name(model: str, longest: int, run: str) -> str:
    """Return the name of the job that a run starts for a model, with at most so many characters."""
    ending = f"{MIDDLE}{hashlib.sha256(run.encode()).hexdigest()[:_DIGITS]}"
    return f"{model[: longest - len(ending)].rstrip('-')}{ending}"


def is_retraining(name: str) -> bool:
    """True if a job of that name has a cause to look for."""
    return _ENDING.fullmatch(name) is not None


def keep(bucket: str, common_name: str, job: str, cause: Cause) -> None:
    """Keep the cause of a job of a training pipeline; the same job has one cause."""
    documents.store(bucket, _key(common_name, job), cause)


def find(bucket: str, common_name: str, job: str) -> Cause | None:
    """Return the cause of a job of a training pipeline, or `None`."""
    return documents.find(Cause, bucket, _key(common_name, job))


def since(bucket: str, common_name: str, moment: datetime) -> dict[str, Cause]:
    """Return the causes that were kept for a training pipeline from a moment on, by the names of their jobs."""
    return documents.since(Cause, bucket, layout.retrainings(common_name), moment)


def _key(common_name: str, job: str) -> str:
    return f"{layout.retrainings(common_name)}{job}.json"
