# SPDX-License-Identifier: Apache-2.0
"""SageMaker's transform jobs: checked on creation, run on a thread, reported to EventBridge.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import Model

from scripts.local_aws.sagemaker.jobs import transform_filters
from scripts.local_aws.sagemaker.jobs.job_data import check_input
from scripts.local_aws.sagemaker.jobs.job_lists import Order
from scripts.local_aws.sagemaker.jobs.job_records import Job, JobKind, Jobs
from scripts.local_aws.sagemaker.jobs.transform_scoring import Scoring
from scripts.local_aws.serving.containers import container_of

_MOST_PAYLOAD_MB = 100

TRANSFORM_JOB = JobKind(
    noun="TransformJob",
    store="transform_jobs",
    arn="transform-job",
    event="SageMaker Transform Job State Change",
    started="TransformStartTime",
    ended="TransformEndTime",
    defaults={
        "TransformInput": {"CompressionType": "None", "SplitType": "None"},
        "TransformOutput": {"AssembleWith": "None", "KmsKeyId": ""},
        "DataProcessing": {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"},
    },
    not_reported=("DataProcessing", "DataCaptureConfig", "ExperimentConfig", "ModelClientConfig"),
    listed=Order("CreationTime", "Descending"),
)


class TransformJob(Job):
    """Transform job."""

    kind: ClassVar[JobKind] = TRANSFORM_JOB


class TransformJobs(Jobs):
    """Part of the backend that keeps transform jobs."""

    def start_transform_job(self, request: Mapping[str, Any]) -> TransformJob:
        """Check a request as CreateTransformJob does, and start the job.

        Raises SageMaker's ValidationError and ResourceInUseException.
        """
        self.check_job_request(TRANSFORM_JOB, request)
        _check_payload(request)
        transform_filters.check(request)
        model = self._found("model", request["ModelName"], self._models, "model")
        source = request["TransformInput"]["DataSource"]["S3DataSource"]
        check_input(source["S3Uri"], model.execution_role_arn, self.region_name)
        job = TransformJob(request, self._arn(TRANSFORM_JOB.arn, request["TransformJobName"]))
        self.start_job(job, lambda: self._score(job, model))
        return job

    def _score(self, job: TransformJob, model: Model) -> None:
        container = container_of(model, self.region_name)
        Scoring(job.request, container, model.execution_role_arn, self.region_name, job.told_to_stop).run()


def _check_payload(request: Mapping[str, Any]) -> None:
    megabytes, concurrent = request.get("MaxPayloadInMB") or 0, request.get("MaxConcurrentTransforms") or 1
    if megabytes * concurrent > _MOST_PAYLOAD_MB:
        raise ValidationError(
            f"MaxConcurrentTransforms * MaxPayloadInMB must not exceed {_MOST_PAYLOAD_MB} MB: "
            f"{concurrent} * {megabytes} were given."
        )


class TransformJobsResponse(BaseResponse):
    """Operations on transform jobs."""

    sagemaker_backend: Any

    def create_transform_job(self) -> ActionResult:
        """Serve CreateTransformJob."""
        job = self.sagemaker_backend.start_transform_job(json.loads(self.body))
        return ActionResult({"TransformJobArn": job.arn})

    def describe_transform_job(self) -> ActionResult:
        """Serve DescribeTransformJob."""
        return ActionResult(self.sagemaker_backend.describe_job(TRANSFORM_JOB, self._get_param("TransformJobName")))

    def list_transform_jobs(self) -> ActionResult:
        """Serve ListTransformJobs."""
        return ActionResult(self.sagemaker_backend.list_jobs(TRANSFORM_JOB, json.loads(self.body)))

    def stop_transform_job(self) -> ActionResult:
        """Serve StopTransformJob."""
        self.sagemaker_backend.stop_job(TRANSFORM_JOB, self._get_param("TransformJobName"))
        return EmptyResult()
