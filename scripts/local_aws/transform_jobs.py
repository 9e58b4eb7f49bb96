# SPDX-License-Identifier: Apache-2.0
"""SageMaker's transform jobs: checked when they are created, run on a thread, reported to EventBridge.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
"""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from botocore.exceptions import ClientError
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.sagemaker.exceptions import ResourceInUseException, ResourceNotFound, ValidationError
from moto.sagemaker.models import Model

from scripts.local_aws import events, model_hosting, request_constraints
from scripts.local_aws.job_threads import JobThreads
from scripts.local_aws.model_hosting import split_s3_uri
from scripts.local_aws.sagemaker_names import NamedResources
from scripts.local_aws.transform_scoring import Scoring, TransformFailedError, TransformStoppedError, input_keys

_log = logging.getLogger(__name__)
_MOST_PAYLOAD_MB = 100
_LONGEST_REASON = 1024
# What DescribeTransformJob tells of a job whose request left it out.
_DEFAULTS: Mapping[str, Mapping[str, str]] = {
    "TransformInput": {"CompressionType": "None", "SplitType": "None"},
    "TransformOutput": {"AssembleWith": "None", "KmsKeyId": ""},
    "DataProcessing": {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"},
}
_NOT_DESCRIBED = ("Tags",)
_NOT_REPORTED = ("DataProcessing", "DataCaptureConfig", "ExperimentConfig", "ModelClientConfig")

THREADS = JobThreads()


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class TransformJob:
    """A job as requested, and how it goes. The names of the attributes are those that moto's lists read."""

    request: Mapping[str, Any]
    arn: str
    transform_job_status: str = "InProgress"
    failure_reason: str = ""
    creation_time: datetime = field(default_factory=_now)
    last_modified_time: datetime = field(default_factory=_now)
    transform_start_time: datetime | None = None
    transform_end_time: datetime | None = None

    def __post_init__(self) -> None:
        self.transform_job_name = str(self.request["TransformJobName"])
        self.tags: list[dict[str, str]] = list(self.request.get("Tags") or [])

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self.transform_job_status in {"Completed", "Failed", "Stopped"}

    def change(self, status: str, reason: str = "") -> None:
        """Take a new status, and tell EventBridge."""
        with THREADS.changed:
            self.transform_job_status, self.failure_reason = status, reason[:_LONGEST_REASON]
            self.last_modified_time = _now()
            if self.is_over:
                self.transform_end_time = self.last_modified_time
            _, _, _, region, account, _ = self.arn.split(":", 5)
            kind = "SageMaker Transform Job State Change"
            events.emit("aws.sagemaker", kind, self._event_detail(), [self.arn], account, region)
            THREADS.changed.notify_all()

    def describe(self) -> dict[str, Any]:
        """What DescribeTransformJob answers."""
        described = {key: copy.deepcopy(value) for key, value in self.request.items() if key not in _NOT_DESCRIBED}
        for name, defaults in _DEFAULTS.items():
            described[name] = {**defaults, **described.get(name, {})}
        state = {
            "TransformJobArn": self.arn,
            "TransformJobStatus": self.transform_job_status,
            "FailureReason": self.failure_reason or None,
            "CreationTime": self.creation_time,
            "TransformStartTime": self.transform_start_time,
            "TransformEndTime": self.transform_end_time,
        }
        return described | {name: value for name, value in state.items() if value is not None}

    def _event_detail(self) -> dict[str, Any]:
        """Times are milliseconds since 1970: .../sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html."""
        detail = {key: value for key, value in self.describe().items() if key not in _NOT_REPORTED}
        times = {key: int(value.timestamp() * 1000) for key, value in detail.items() if isinstance(value, datetime)}
        return detail | times | {"Tags": {tag["Key"]: tag["Value"] for tag in self.tags}}


class TransformJobs(NamedResources):
    """The part of the backend that keeps transform jobs."""

    def start_transform_job(self, request: Mapping[str, Any]) -> TransformJob:
        """Check a request as CreateTransformJob does, and start the job.

        Raises ValidationError and ResourceInUseException in SageMaker's words.
        """
        self._check_transform_request(request)
        name = request["TransformJobName"]
        self._check_job_name(name)
        model = self._found("model", request["ModelName"], self._models, "model")
        self._check_transform_input(request, model)
        with THREADS.changed:
            # Again: looking at the input took calls, in which another request may have taken the name.
            self._check_job_name(name)
            job = self._transform_jobs[name] = TransformJob(request, self._arn("transform-job", name))
        job.change("InProgress")
        THREADS.spawn(f"transform job {name}", lambda: self._run(job, model))
        return job

    def describe_transform_job(self, transform_job_name: str) -> dict[str, Any]:
        """What DescribeTransformJob answers; ValidationError for a name that no job has."""
        job = self._transform_jobs.get(transform_job_name)
        if job is None:
            raise ValidationError(f"Could not find requested job with name: {transform_job_name}")
        with THREADS.changed:
            return job.describe()

    def stop_transform_job(self, name: str) -> None:
        """Ask a running job to stop; it is Stopped once it has seen that."""
        with THREADS.changed:
            job = self._transform_jobs.get(name)
            if job is None:
                raise ResourceNotFound(f"Could not find job to update with name: {name}")
            if job.transform_job_status != "InProgress":
                status = job.transform_job_status
                raise ValidationError(f"The request was rejected because the transform job is in status {status}.")
            job.change("Stopping")

    @property
    def _transform_jobs(self) -> dict[str, TransformJob]:
        # moto's own place for them: its lists and tags work on what stands there.
        return cast("dict[str, TransformJob]", self.transform_jobs)

    def _run(self, job: TransformJob, model: Model) -> None:
        job.transform_start_time = _now()
        try:
            container = model_hosting.container_of(model, self.region_name)
            Scoring(
                job.request,
                container,
                model.execution_role_arn,
                self.region_name,
                lambda: job.transform_job_status == "Stopping" or THREADS.is_ending,
            ).run()
            job.change("Completed")
        except TransformStoppedError:
            job.change("Stopped")
        except TransformFailedError as error:
            job.change("Failed", str(error))
        except ValidationError as error:
            job.change("Failed", error.message)
        except Exception as error:
            _log.exception("transform job %s failed", job.transform_job_name)
            job.change("Failed", f"InternalServerError: {type(error).__name__}: {error}")

    def _check_transform_request(self, request: Mapping[str, Any]) -> None:
        problem = request_constraints.violations("sagemaker", "CreateTransformJob", request)
        if problem:
            raise ValidationError(problem)
        megabytes, concurrent = request.get("MaxPayloadInMB") or 0, request.get("MaxConcurrentTransforms") or 1
        if megabytes * concurrent > _MOST_PAYLOAD_MB:
            raise ValidationError(
                f"MaxConcurrentTransforms * MaxPayloadInMB must not exceed {_MOST_PAYLOAD_MB} MB: "
                f"{concurrent} * {megabytes} were given."
            )

    def _check_job_name(self, name: str) -> None:
        if self._is_taken(name, self.transform_jobs):
            raise ResourceInUseException(
                "Job name must be unique within an AWS account and region, and a job with this name already exists "
                f"({self._arn('transform-job', name)})"
            )

    def _check_transform_input(self, request: Mapping[str, Any], model: Model) -> None:
        source = request["TransformInput"]["DataSource"]["S3DataSource"]
        uri, role = source["S3Uri"], model.execution_role_arn
        try:
            found = input_keys(uri, role, self.region_name)
        except ClientError:
            found = []
        if not found:
            raise ValidationError(
                f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
                f"exists in the selected region ({self.region_name}), that objects exist under that S3 prefix, and "
                f'that the role "{role}" has "s3:ListBucket" permissions on bucket "{split_s3_uri(uri)[0]}".'
            )


class TransformJobsResponse(BaseResponse):
    """The operations on transform jobs that are not moto's own."""

    sagemaker_backend: Any

    def create_transform_job(self) -> ActionResult:
        """CreateTransformJob."""
        job = self.sagemaker_backend.start_transform_job(json.loads(self.body))
        return ActionResult({"TransformJobArn": job.arn})

    def stop_transform_job(self) -> ActionResult:
        """StopTransformJob."""
        self.sagemaker_backend.stop_transform_job(self._get_param("TransformJobName"))
        return EmptyResult()
