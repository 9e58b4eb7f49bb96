# SPDX-License-Identifier: Apache-2.0
"""Preparations of data for retrainings: jobs that write what a monitor has merged, and which run had them started.

They are kept with the training pipeline that waits for them, by the names of their jobs.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from orchestrator.automation.retrainings import Cause
from orchestrator.aws.s3 import documents
from orchestrator.plan import layout


class Preparation(BaseModel):
    """A job that writes the data of a retraining."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    job: str
    """Name of the training that is to follow."""
    cause: Cause
    saw_until: datetime
    """When what the run has looked at ends."""
    report: str = ""
    """Report of the run."""


def keep(bucket: str, common_name: str, data_job: str, preparation: Preparation) -> None:
    """Keep a preparation of a training pipeline; the same job has one."""
    documents.store(bucket, _key(common_name, data_job), preparation)


def find(bucket: str, common_name: str, data_job: str) -> Preparation | None:
    """Return the preparation of a job for a training pipeline, or `None`."""
    return documents.find(Preparation, bucket, _key(common_name, data_job))


def since(bucket: str, common_name: str, moment: datetime) -> dict[str, Preparation]:
    """Return what was kept for a training pipeline from a moment on, by the names of the jobs that write."""
    return documents.since(Preparation, bucket, layout.preparations(common_name), moment)


def _key(common_name: str, data_job: str) -> str:
    return f"{layout.preparations(common_name)}{data_job}.json"
