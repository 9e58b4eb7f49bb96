# SPDX-License-Identifier: Apache-2.0
"""SageMaker jobs: their descriptions, their ends and their tags.

The names of operations and members are derived from a job's kind: `DescribeTrainingJob`, `TrainingJobStatus`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator.aws.calls import calling, client
from orchestrator.sagemaker import job_kinds
from orchestrator.sagemaker.job_kinds import JobKind


@dataclass(frozen=True)
class Job:
    """A job with SageMaker's description of it."""

    kind: JobKind
    description: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.description[f"{self.kind.noun}Name"])

    @property
    def arn(self) -> str:
        """Its ARN."""
        return str(self.description[f"{self.kind.noun}Arn"])

    @property
    def status(self) -> str:
        """Its status, e.g. `Completed`."""
        return str(self.description[f"{self.kind.noun}Status"])

    @property
    def ended_at(self) -> datetime:
        """Time of its end, or of its latest change if SageMaker reports no end."""
        moment: datetime = self.description.get("EndTime") or self.description["LastModifiedTime"]
        return moment

    @property
    def created_at(self) -> datetime:
        """Time of its creation."""
        moment: datetime = self.description["CreationTime"]
        return moment

    @property
    def failure_reason(self) -> str:
        """SageMaker's reason for its failure; empty otherwise."""
        return str(self.description.get("FailureReason", ""))


def describe(kind: JobKind, name: str) -> Job:
    """Describe a job by its name."""
    with calling(f"describe the {kind.words} {name}"):
        return Job(kind, _call(f"Describe{kind.noun}", **{f"{kind.noun}Name": name}))


def changed_since(kind: JobKind, earliest: datetime) -> Iterator[Job]:
    """Return the jobs of a kind that have changed since a time, with the members that the listing has."""
    return _listed(kind, f"list the {kind.words}s", LastModifiedTimeAfter=earliest)


def created_since(kind: JobKind, text: str, earliest: datetime) -> list[Job]:
    """Return the jobs of a kind made since a time whose names contain a text, with the members that the listing has."""
    return list(_listed(kind, f"list the {kind.words}s {text}*", NameContains=text, CreationTimeAfter=earliest))


def newest_processing(prefix: str, most: int, token: str = "") -> tuple[list[str], str]:
    """Return names of processing jobs that begin so, the newest first, and where the next page begins, or nothing.

    SageMaker finds names that contain the text: a page may have fewer of them than `most`, or none.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ListProcessingJobs.html
    """
    page = {"NameContains": prefix, "SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": most}
    with calling(f"list the processing jobs {prefix}*"):
        answer = client("sagemaker").list_processing_jobs(**page, **({"NextToken": token} if token else {}))
    names = [str(summary["ProcessingJobName"]) for summary in answer["ProcessingJobSummaries"]]
    return [name for name in names if name.startswith(prefix)], str(answer.get("NextToken", ""))


def processing_since(prefix: str, earliest: datetime) -> Iterator[Mapping[str, Any]]:
    """Return the listing's entries of processing jobs that begin so and were made after a time, the newest first.

    An entry has the exit message and the reason of a failure.
    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ProcessingJobSummary.html
    """
    request = {
        "NameContains": prefix,
        "CreationTimeAfter": earliest,
        "SortBy": "CreationTime",
        "SortOrder": "Descending",
    }
    listed = _listed(job_kinds.PROCESSING, f"list the processing jobs {prefix}*", **request)
    return (job.description for job in listed if job.name.startswith(prefix))


def start_processing(request: Mapping[str, Any]) -> None:
    """Call CreateProcessingJob."""
    with calling(f"start the processing job {request['ProcessingJobName']}"):
        client("sagemaker").create_processing_job(**request)


def tags(job: Job) -> dict[str, str]:
    """The tags of a job."""
    with calling(f"list the tags of the {job.kind.words} {job.name}"):
        pages = client("sagemaker").get_paginator("list_tags").paginate(ResourceArn=job.arn)
        return {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}


def _listed(kind: JobKind, doing: str, **request: Any) -> Iterator[Job]:
    """Yield what the listing of a kind has, page by page."""
    token: dict[str, str] = {}
    while True:
        with calling(doing):
            answer = _call(f"List{kind.noun}s", **request, MaxResults=100, **token)
        yield from (Job(kind, summary) for summary in answer[f"{kind.noun}Summaries"])
        if not answer.get("NextToken"):
            return
        token = {"NextToken": answer["NextToken"]}


def _call(operation: str, **parameters: Any) -> dict[str, Any]:
    from botocore import xform_name  # noqa: PLC0415

    answer: dict[str, Any] = getattr(client("sagemaker"), xform_name(operation))(**parameters)
    return answer
