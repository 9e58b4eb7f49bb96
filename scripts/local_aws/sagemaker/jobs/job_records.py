# SPDX-License-Identifier: Apache-2.0
"""Common parts of all kinds of SageMaker jobs: request and state, names, stopping, lists, tags, events.

A kind of job consists of a `JobKind` with SageMaker's names; a subclass of `Job` that has it as `kind`; and a mixin of
the backend, a subclass of `Jobs`, that checks requests and starts jobs. All jobs run on `THREADS`.
"""

from __future__ import annotations

import copy
import itertools
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, cast

from moto.sagemaker.exceptions import ResourceInUseException, ResourceNotFound, ValidationError

from scripts.local_aws import identity, request_constraints
from scripts.local_aws.eventbridge import events
from scripts.local_aws.sagemaker import networks
from scripts.local_aws.sagemaker.jobs import job_lists
from scripts.local_aws.sagemaker.jobs.job_lists import Order
from scripts.local_aws.sagemaker.jobs.job_threads import JobThreads
from scripts.local_aws.sagemaker.sagemaker_names import NamedResources

_log = logging.getLogger(__name__)
_LONGEST_REASON = 1024
_OLDEST_FIRST = Order("CreationTime", "Ascending")
_TAKEN = "Job name must be unique within an AWS account and region, and a job with this name already exists ({arn})"
_OVER = frozenset({"Completed", "Failed", "Stopped"})

THREADS = JobThreads()
# AWS's sources disagree on the tags in events, a map or a list of pairs: jobs take turns.
LISTS_TAGS = itertools.cycle((False, True))


class JobFailedError(Exception):
    """Failure of a job; the message is its FailureReason."""


class JobStoppedError(Exception):
    """Raised in a job that was stopped."""


@dataclass(frozen=True)
class JobKind:
    """SageMaker's names for one kind of job and its parts.

    `noun` begins the names of its parameters and ends those of its operations (`TransformJob`). `store` is moto's
    attribute for such jobs, `arn` the kind of resource in their ARNs, `event` the detail type of their events (""
    without events). `started` and `ended` are the members of a description with these times ("" if there is none).
    `defaults` are members of structures that a description adds if the request left them out; `not_reported` are those
    that events leave out. `listed` is the default order of lists. `unknown` (an `unknown_error`) and `taken` are
    SageMaker's messages for an unknown name and for a name in use, with placeholders `{name}` and `{arn}`.
    """

    noun: str
    store: str
    arn: str
    event: str
    started: str
    ended: str
    defaults: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    not_reported: tuple[str, ...] = ()
    listed: Order = _OLDEST_FIRST
    unknown: str = "Could not find requested job with name: {name}"
    unknown_error: type[ValidationError | ResourceNotFound] = ValidationError
    taken: str = _TAKEN

    @property
    def name_key(self) -> str:
        """Parameter that holds a job's name."""
        return f"{self.noun}Name"

    @property
    def arn_key(self) -> str:
        """Member of answers that holds a job's ARN."""
        return f"{self.noun}Arn"

    @property
    def status_key(self) -> str:
        """Member of a description that holds a job's status."""
        return f"{self.noun}Status"


def now() -> datetime:
    """Return the current time as jobs record it."""
    return datetime.now(UTC)


@dataclass
class Job:
    """Job with its request (the API's parameters) and its state. Changes are made under `THREADS.changed`."""

    kind: ClassVar[JobKind]
    request: Mapping[str, Any]
    arn: str
    status: str = "InProgress"
    failure_reason: str = ""
    creation_time: datetime = field(default_factory=now)
    last_modified_time: datetime = field(default_factory=now)
    start_time: datetime | None = None
    end_time: datetime | None = None

    def __post_init__(self) -> None:
        self.tags: list[dict[str, str]] = list(self.request.get("Tags") or [])
        self.lists_tags = next(LISTS_TAGS)

    @property
    def name(self) -> str:
        """Name of the job, as requested."""
        return str(self.request[self.kind.name_key])

    @property
    def is_over(self) -> bool:
        """Whether the job will not change any more."""
        return self.status in _OVER

    def told_to_stop(self) -> bool:
        """Whether the job was stopped, or the local AWS ends."""
        return self.status == "Stopping" or THREADS.is_ending

    def stop_if_told(self) -> None:
        """Raise JobStoppedError if the job was stopped, or the local AWS ends."""
        if self.told_to_stop():
            raise JobStoppedError

    def change(self, status: str, reason: str = "") -> None:
        """Set a new status, and notify EventBridge and all who wait for `THREADS.changed`."""
        with THREADS.changed:
            self.status, self.failure_reason = status, reason[:_LONGEST_REASON]
            self.last_modified_time = now()
            if self.is_over:
                self.end_time = self.last_modified_time
            self._report()
            THREADS.changed.notify_all()

    def carry_out(self, work: Callable[[], None]) -> None:
        """Do the job's work on the current thread; the status shows the result, whatever happens."""
        with THREADS.changed:
            self.start_time = now()
        try:
            work()
            self.change("Completed")
        except JobStoppedError:
            self.change("Stopped")
        except JobFailedError as error:
            self.change("Failed", str(error))
        except ValidationError as error:
            self.change("Failed", error.message)
        except Exception as error:
            _log.exception("%s failed", self.arn)
            self.change("Failed", f"InternalServerError: {type(error).__name__}: {error}")

    def record(self) -> dict[str, Any]:
        """Return all members of descriptions, lists and events: the request with its defaults, and the state."""
        whole = {key: copy.deepcopy(value) for key, value in self.request.items()}
        for name, defaults in self.kind.defaults.items():
            whole[name] = {**defaults, **whole.get(name, {})}
        return whole | {name: value for name, value in self.state().items() if name and value is not None}

    def describe(self) -> dict[str, Any]:
        """Return the answer of the Describe operation."""
        members = identity.service_model("sagemaker").operation_model(f"Describe{self.kind.noun}").output_shape.members
        return {name: value for name, value in self.record().items() if name in members}

    def state(self) -> dict[str, Any]:
        """Return the members of a record that are not in the request; absent ones are None. Kinds of jobs add to it."""
        return {
            self.kind.arn_key: self.arn,
            self.kind.status_key: self.status,
            "FailureReason": self.failure_reason or None,
            "CreationTime": self.creation_time,
            "LastModifiedTime": self.last_modified_time,
            self.kind.started: self.start_time,
            self.kind.ended: self.end_time,
        }

    def _report(self) -> None:
        if self.kind.event:
            _, _, _, region, account, _ = self.arn.split(":", 5)
            events.emit("aws.sagemaker", self.kind.event, self._event_detail(), [self.arn], account, region)

    def _event_detail(self) -> dict[str, Any]:
        """Return the detail, times in ms: .../sagemaker/latest/dg/automating-sagemaker-with-eventbridge.html."""
        detail = {key: value for key, value in self.describe().items() if key not in self.kind.not_reported}
        reported: dict[str, Any] = _with_milliseconds(detail)
        listed = [dict(tag) for tag in self.tags]
        return reported | {"Tags": listed if self.lists_tags else {tag["Key"]: tag["Value"] for tag in listed}}


def _with_milliseconds(value: Any) -> Any:
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    if isinstance(value, dict):
        return {name: _with_milliseconds(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_milliseconds(each) for each in value]
    return value


class Jobs(NamedResources):
    """Part of the backend that keeps jobs of all kinds, in moto's own attributes, where its tags find them."""

    def jobs_of(self, kind: JobKind) -> dict[str, Any]:
        """Return the jobs of one kind by name."""
        return cast("dict[str, Any]", getattr(self, kind.store))

    def check_job_request(self, kind: JobKind, request: Mapping[str, Any]) -> None:
        """Refuse a request that the API's description forbids, and a name in use. Raise SageMaker's errors."""
        problem = request_constraints.violations("sagemaker", f"Create{kind.noun}", request)
        if problem:
            raise ValidationError(problem)
        networks.check(request, self.region_name)
        self._check_job_name(kind, request[kind.name_key])

    def start_job(self, job: Job, work: Callable[[], None]) -> None:
        """Store a job whose request was checked, and run it on a thread of its own.

        Raises ResourceInUseException if another request has taken the name since the check.
        """
        with THREADS.changed:
            self._check_job_name(job.kind, job.name)
            self.jobs_of(job.kind)[job.name] = job
            job.change("InProgress")
        THREADS.spawn(f"{job.kind.arn.replace('-', ' ')} {job.name}", lambda: job.carry_out(work))

    def find_job(self, kind: JobKind, name: str) -> Any:
        """Return the job of this name. Raise SageMaker's error if there is none."""
        job = self.jobs_of(kind).get(name)
        if job is None:
            raise kind.unknown_error(kind.unknown.format(name=name))
        return job

    def describe_job(self, kind: JobKind, name: str) -> dict[str, Any]:
        """Return the answer of the Describe operation. Raise SageMaker's error for an unknown name."""
        job: Job = self.find_job(kind, name)
        with THREADS.changed:
            return job.describe()

    def stop_job(self, kind: JobKind, name: str) -> None:
        """Ask a running job to stop; it is Stopped once it has noticed. Raise SageMaker's errors."""
        with THREADS.changed:
            job: Job | None = self.jobs_of(kind).get(name)
            if job is None:
                raise ResourceNotFound(f"Could not find job to update with name: {name}")
            if job.status != "InProgress":
                called = kind.arn.replace("-", " ")
                raise ValidationError(f"The request was rejected because the {called} is in status {job.status}.")
            job.change("Stopping")

    def list_jobs(self, kind: JobKind, request: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer of the List operation. Raise ValidationError."""
        with THREADS.changed:
            records = [job.record() for job in self.jobs_of(kind).values()]
        return job_lists.page(f"List{kind.noun}s", kind.noun, kind.listed, records, request)

    def _check_job_name(self, kind: JobKind, name: str) -> None:
        if self._is_taken(name, self.jobs_of(kind)):
            raise ResourceInUseException(kind.taken.format(name=name, arn=self._arn(kind.arn, name)))
