# SPDX-License-Identifier: Apache-2.0
"""Preparations of data for retrainings: jobs that write what a monitor has merged, and which run had them started.

They are kept with the training pipeline that waits for them, by the names of their jobs.
"""

from datetime import datetime

from pydantic import BaseModel, ConfigDict

from orchestrator.automation.retrainings import Cause
from orchestrator.aws import parallel
from orchestrator.aws.s3 import objects
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
    objects.store_marker(bucket, _key(common_name, data_job), preparation.model_dump_json().encode())


def find(bucket: str, common_name: str, data_job: str) -> Preparation | None:
    """Return the preparation of a job for a training pipeline, or `None`."""
    content = objects.content_if_there(bucket, _key(common_name, data_job))
    return None if content is None else Preparation.model_validate_json(content)


def since(bucket: str, common_name: str, moment: datetime) -> dict[str, Preparation]:
    """Return what was kept for a training pipeline from a moment on, by the names of the jobs that write."""
    folder = layout.preparations(common_name)
    keys = objects.keys_since(bucket, folder, moment)
    found = parallel.each("s3", lambda key: objects.content_if_there(bucket, key), keys) if keys else []
    names = [key.removeprefix(folder).removesuffix(".json") for key in keys]
    return {
        name: Preparation.model_validate_json(content)
        for name, content in zip(names, found, strict=True)
        if content is not None
    }


def _key(common_name: str, data_job: str) -> str:
    return f"{layout.preparations(common_name)}{data_job}.json"
