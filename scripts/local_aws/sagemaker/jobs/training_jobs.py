# SPDX-License-Identifier: Apache-2.0
"""SageMaker's training jobs: checked on creation, run on a thread, reported to EventBridge.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from moto.core.responses import ActionResult, BaseResponse, EmptyResult

from scripts.local_aws.sagemaker.jobs import spot_limits
from scripts.local_aws.sagemaker.jobs.job_data import check_input
from scripts.local_aws.sagemaker.jobs.job_records import THREADS, Job, JobKind, Jobs, now
from scripts.local_aws.sagemaker.jobs.training_work import Training

TRAINING_JOB = JobKind(
    noun="TrainingJob",
    store="training_jobs",
    arn="training-job",
    event="SageMaker Training Job State Change",
    started="TrainingStartTime",
    ended="TrainingEndTime",
    unknown="Requested resource not found.",
)


@dataclass
class TrainingJob(Job):
    """Training job; `tuning_job_arn` is that of the tuning job that started it, if any."""

    kind: ClassVar[JobKind] = TRAINING_JOB
    tuning_job_arn: str = ""
    secondary_status: str = "Starting"
    transitions: list[dict[str, Any]] = field(default_factory=list)
    artifact: str = ""
    metrics: dict[str, float] = field(default_factory=dict)

    def change(self, status: str, reason: str = "") -> None:
        """Set a new status, which is also a stage, and notify EventBridge."""
        with THREADS.changed:
            self.enter("Starting" if status == "InProgress" else status)
            super().change(status, reason)

    def enter(self, stage: str) -> None:
        """Begin a stage of the work, by its name in SecondaryStatus."""
        with THREADS.changed:
            if self.transitions:
                self.transitions[-1].setdefault("EndTime", now())
            self.secondary_status = stage
            self.transitions.append({"Status": stage, "StartTime": now()})

    def train(self, region: str) -> None:
        """Do the work and store its results. Raise JobFailedError, JobStoppedError."""
        self.artifact, self.metrics = Training(self, region, self.enter).run()

    def state(self) -> dict[str, Any]:
        """Return the members of a description that are not in the request."""
        return super().state() | {
            "TuningJobArn": self.tuning_job_arn or None,
            "SecondaryStatus": self.secondary_status,
            "SecondaryStatusTransitions": [dict(one) for one in self.transitions],
            "ModelArtifacts": {"S3ModelArtifacts": self.artifact} if self.artifact else None,
            "FinalMetricDataList": self._final_metrics() or None,
            "TrainingTimeInSeconds": self._seconds(),
            "BillableTimeInSeconds": self._seconds(),
        }

    def _final_metrics(self) -> list[dict[str, Any]]:
        time = self.end_time or now()
        return [{"MetricName": name, "Value": value, "Timestamp": time} for name, value in self.metrics.items()]

    def _seconds(self) -> int | None:
        """Return the duration of the work in whole seconds, at least one; None before its end."""
        if self.start_time is None or self.end_time is None:
            return None
        return max(1, round((self.end_time - self.start_time).total_seconds()))


class TrainingJobs(Jobs):
    """Part of the backend that keeps training jobs."""

    def start_training_job(self, request: Mapping[str, Any], tuning_job_arn: str = "") -> TrainingJob:
        """Check a request as CreateTrainingJob does, and start the job.

        Raises SageMaker's ValidationError and ResourceInUseException.
        """
        self.check_job_request(TRAINING_JOB, request)
        check_training(request, self.region_name)
        arn = self._arn(TRAINING_JOB.arn, request["TrainingJobName"])
        job = TrainingJob(request, arn, tuning_job_arn=tuning_job_arn)
        self.start_job(job, lambda: job.train(self.region_name))
        return job


def check_training(request: Mapping[str, Any], region: str) -> None:
    """Refuse missing input and contradictory times. The request is a training job's, or the definition of a tuning job.

    Raises ValidationError.
    """
    for channel in request.get("InputDataConfig") or []:
        source = channel["DataSource"].get("S3DataSource", {})
        if source.get("S3DataType") == "S3Prefix":
            check_input(source["S3Uri"], request["RoleArn"], region)
    spot_limits.check(request)


class TrainingJobsResponse(BaseResponse):
    """Operations on training jobs."""

    sagemaker_backend: Any

    def create_training_job(self) -> ActionResult:
        """Serve CreateTrainingJob."""
        job = self.sagemaker_backend.start_training_job(json.loads(self.body))
        return ActionResult({"TrainingJobArn": job.arn})

    def describe_training_job(self) -> ActionResult:
        """Serve DescribeTrainingJob."""
        return ActionResult(self.sagemaker_backend.describe_job(TRAINING_JOB, self._get_param("TrainingJobName")))

    def list_training_jobs(self) -> ActionResult:
        """Serve ListTrainingJobs."""
        return ActionResult(self.sagemaker_backend.list_jobs(TRAINING_JOB, json.loads(self.body)))

    def stop_training_job(self) -> ActionResult:
        """Serve StopTrainingJob."""
        self.sagemaker_backend.stop_job(TRAINING_JOB, self._get_param("TrainingJobName"))
        return EmptyResult()
