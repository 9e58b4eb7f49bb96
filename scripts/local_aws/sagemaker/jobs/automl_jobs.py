# SPDX-License-Identifier: Apache-2.0
"""SageMaker's Autopilot jobs, recorded: checked as on AWS, then completed at once without a search.

AWS sends no events for these jobs, only for those that they start.
https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateAutoMLJob.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.sagemaker.exceptions import ResourceNotFound

from scripts.local_aws.sagemaker.jobs.job_data import check_input
from scripts.local_aws.sagemaker.jobs.job_lists import Order
from scripts.local_aws.sagemaker.jobs.job_records import Job, JobKind, Jobs

AUTOML_JOB = JobKind(
    noun="AutoMLJob",
    store="auto_ml_jobs",
    arn="automl-job",
    event="",
    started="",
    ended="EndTime",
    listed=Order("Name", "Descending"),
    unknown_error=ResourceNotFound,
)
_NOT_SEARCHED = (
    "The local AWS records Autopilot jobs and does not search for models: there are no candidates and no best one."
)


@dataclass
class AutoMLJob(Job):
    """Autopilot job."""

    kind: ClassVar[JobKind] = AUTOML_JOB

    def state(self) -> dict[str, Any]:
        """Return the members of a description that are not in the request."""
        return super().state() | {
            "AutoMLJobSecondaryStatus": "Starting" if self.status == "InProgress" else self.status,
            "PartialFailureReasons": [{"PartialFailureMessage": _NOT_SEARCHED}] if self.is_over else None,
        }


class AutoMLJobs(Jobs):
    """Part of the backend that keeps Autopilot jobs."""

    def start_automl_job(self, request: Mapping[str, Any]) -> AutoMLJob:
        """Check a request as CreateAutoMLJob does, and record the job.

        Raises ValidationError and ResourceInUseException.
        """
        self.check_job_request(AUTOML_JOB, request)
        for channel in request["InputDataConfig"]:
            source = channel["DataSource"]["S3DataSource"]
            if source["S3DataType"] == "S3Prefix":
                check_input(source["S3Uri"], request["RoleArn"], self.region_name)
        job = AutoMLJob(request, self._arn(AUTOML_JOB.arn, request["AutoMLJobName"]))
        self.start_job(job, job.stop_if_told)
        return job


class AutoMLJobsResponse(BaseResponse):
    """Operations on Autopilot jobs."""

    sagemaker_backend: Any

    def create_auto_ml_job(self) -> ActionResult:
        """Serve CreateAutoMLJob."""
        job = self.sagemaker_backend.start_automl_job(json.loads(self.body))
        return ActionResult({"AutoMLJobArn": job.arn})

    def describe_auto_ml_job(self) -> ActionResult:
        """Serve DescribeAutoMLJob."""
        return ActionResult(self.sagemaker_backend.describe_job(AUTOML_JOB, self._get_param("AutoMLJobName")))

    def list_auto_ml_jobs(self) -> ActionResult:
        """Serve ListAutoMLJobs."""
        return ActionResult(self.sagemaker_backend.list_jobs(AUTOML_JOB, json.loads(self.body)))

    def stop_auto_ml_job(self) -> ActionResult:
        """Serve StopAutoMLJob."""
        self.sagemaker_backend.stop_job(AUTOML_JOB, self._get_param("AutoMLJobName"))
        return EmptyResult()
