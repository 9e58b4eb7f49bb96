# SPDX-License-Identifier: Apache-2.0
"""SageMaker's processing jobs: Python code of their own and analyses of monitors run, everything else is recorded.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar, Literal, cast

from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.sagemaker.exceptions import ValidationError
from moto.sagemaker.models import sagemaker_backends

from scripts.local_aws.sagemaker.jobs.job_data import check_input
from scripts.local_aws.sagemaker.jobs.job_lists import Order
from scripts.local_aws.sagemaker.jobs.job_records import THREADS, Job, JobFailedError, JobKind, Jobs
from scripts.local_aws.sagemaker.jobs.processing import processing_containers
from scripts.local_aws.sagemaker.jobs.processing.processing_work import Work

_LONGEST_MESSAGE = 1024
_DATA = "/opt/ml/processing"

PROCESSING_JOB = JobKind(
    noun="ProcessingJob",
    store="processing_jobs",
    arn="processing-job",
    event="SageMaker Processing Job State Change",
    started="ProcessingStartTime",
    ended="ProcessingEndTime",
    listed=Order("CreationTime", "Descending"),
)


@dataclass(frozen=True)
class Outcome:
    """Given result of a job that is only recorded: what its container would have left behind."""

    status: Literal["Completed", "Failed"] = "Completed"
    exit_message: str = ""
    failure_reason: str = ""


class ProcessingJob(Job):
    """Processing job; `schedule_arn` names the monitoring schedule that started it, if any."""

    kind: ClassVar[JobKind] = PROCESSING_JOB
    schedule_arn = ""
    exit_message = ""

    def state(self) -> dict[str, Any]:
        """Return the state with the members that its container and its schedule add."""
        return super().state() | {
            "ExitMessage": self.exit_message or None,
            "MonitoringScheduleArn": self.schedule_arn or None,
        }

    def leave(self, message: str) -> None:
        """Store the container's exit message."""
        with THREADS.changed:
            self.exit_message = message[:_LONGEST_MESSAGE]


def wait_until_over(job: ProcessingJob, timeout: float) -> bool:
    """Wait until the job has ended, at most `timeout` seconds; return whether it has."""
    with THREADS.changed:
        return THREADS.changed.wait_for(lambda: job.is_over, timeout)


def find(account: str, region: str, name: str) -> ProcessingJob:
    """Return the job of this name. Raise SageMaker's ValidationError."""
    backend = cast(Jobs, sagemaker_backends[account][region])
    return cast(ProcessingJob, backend.find_job(PROCESSING_JOB, name))


class ProcessingJobs(Jobs):
    """Part of the backend that keeps processing jobs."""

    def start_processing_job(
        self, request: Mapping[str, Any], schedule_arn: str = "", outcome: Outcome | None = None
    ) -> ProcessingJob:
        """Check a request as CreateProcessingJob does, and start the job; with an `outcome`, it ends like that.

        Raises SageMaker's ValidationError and ResourceInUseException.
        """
        self.check_job_request(PROCESSING_JOB, request)
        _check_paths(request)
        job = ProcessingJob(request, self._arn(PROCESSING_JOB.arn, request["ProcessingJobName"]))
        job.schedule_arn = schedule_arn
        self.start_job(job, lambda: self._process(job, outcome))
        return job

    def _process(self, job: ProcessingJob, outcome: Outcome | None) -> None:
        if outcome is None and processing_containers.runs(job.request):
            with TemporaryDirectory(prefix="local-aws-processing-") as name:
                self._run(job, Work(job, self.region_name, Path(name)))
            return
        self._find_inputs(job)
        job.stop_if_told()
        played = outcome or Outcome(exit_message=_nothing_computed(job.request))
        job.leave(played.exit_message)
        if played.status == "Failed":
            raise JobFailedError(played.failure_reason)

    def _run(self, job: ProcessingJob, work: Work) -> None:
        work.fetch()
        container = processing_containers.of(work)
        unserved = self.unserved(container.asks)
        if unserved:
            why = f"the endpoint {container.asks} does not answer. {unserved}"
            job.leave(_nothing_computed(job.request, why))
            return
        status, message = work.run(container)
        job.leave(message)
        if status:
            raise JobFailedError(f"AlgorithmError: {message}, exit code: {status}")
        work.store(container)

    def unserved(self, endpoint: str) -> str:
        """Return why an endpoint does not answer here, in a sentence; empty for one that does, and for none."""
        served = getattr(self.endpoints.get(endpoint), "served", None)
        return str(served.unserved) if served is not None else ""

    def _find_inputs(self, job: ProcessingJob) -> None:
        """List each prefix as the role of the job, even if the content is not read. Raise ValidationError."""
        sources = (one["S3Input"] for one in job.request.get("ProcessingInputs", []) if "S3Input" in one)
        for source in sources:
            if source["S3DataType"] == "S3Prefix":
                # A run reads results of a baseline and a merge, which are only recorded here.
                run = bool(job.schedule_arn)
                check_input(source["S3Uri"], job.request["RoleArn"], self.region_name, may_be_empty=run)


def _check_paths(request: Mapping[str, Any]) -> None:
    """Refuse data outside of SageMaker's folder: .../APIReference/API_ProcessingS3Input.html. Raise ValidationError."""
    outputs = (request.get("ProcessingOutputConfig") or {}).get("Outputs", [])
    given = [one.get("S3Input") for one in request.get("ProcessingInputs", [])]
    for part in filter(None, [*given, *(one.get("S3Output") for one in outputs)]):
        if not part.get("LocalPath", f"{_DATA}/").startswith(f"{_DATA}/"):
            raise ValidationError(f"The LocalPath {part['LocalPath']} must begin with {_DATA}/.")


def _nothing_computed(request: Mapping[str, Any], why: str = "") -> str:
    """Return the exit message of a job that only is recorded; `why` ends with its full stop."""
    outputs = request.get("ProcessingOutputConfig", {}).get("Outputs", [])
    unwritten = ", ".join(output["S3Output"]["S3Uri"] for output in outputs if "S3Output" in output)
    why = why or (
        "it runs the code of an entry point, python3 -c, and the analyses of monitors, not "
        f"{request['AppSpecification']['ImageUri']} with this environment."
    )
    told = f"The local AWS recorded this job and computed nothing: {why}"
    return f"{told} Nothing was written to {unwritten}." if unwritten else told


class ProcessingJobsResponse(BaseResponse):
    """Operations on processing jobs."""

    sagemaker_backend: Any

    def create_processing_job(self) -> ActionResult:
        """Serve CreateProcessingJob."""
        job = self.sagemaker_backend.start_processing_job(json.loads(self.body))
        return ActionResult({"ProcessingJobArn": job.arn})

    def describe_processing_job(self) -> ActionResult:
        """Serve DescribeProcessingJob, also by the end of an ARN, where the name is in lower case.

        AWS's SDK describes a job so: `ProcessingJob.from_processing_arn`, https://github.com/aws/sagemaker-python-sdk/blob/v2.232.0/src/sagemaker/processing.py.
        """
        asked = self._get_param("ProcessingJobName")
        known = self.sagemaker_backend.jobs_of(PROCESSING_JOB)
        name = next((name for name in known if name.lower() == asked), asked)
        return ActionResult(self.sagemaker_backend.describe_job(PROCESSING_JOB, name))

    def list_processing_jobs(self) -> ActionResult:
        """Serve ListProcessingJobs."""
        return ActionResult(self.sagemaker_backend.list_jobs(PROCESSING_JOB, json.loads(self.body)))

    def stop_processing_job(self) -> ActionResult:
        """Serve StopProcessingJob."""
        self.sagemaker_backend.stop_job(PROCESSING_JOB, self._get_param("ProcessingJobName"))
        return EmptyResult()
