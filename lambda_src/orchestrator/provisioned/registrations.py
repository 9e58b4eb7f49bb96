# SPDX-License-Identifier: Apache-2.0
"""Result of the registration of a job's model, recorded in the pipelines bucket for whoever asks later."""

from typing import Final, Literal, Self

from pydantic import BaseModel, ConfigDict

from orchestrator.aws.s3 import documents
from orchestrator.plan import layout
from orchestrator.sagemaker.job_kinds import JobKind

PENDING: Final = "Pending"
REGISTERED: Final = "Registered"
REJECTED: Final = "Rejected"
FAILED: Final = "Failed"
UNKNOWN: Final = "Unknown"


class Registration(BaseModel):
    """What became of a model that a request wants registered."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    status: Literal["Pending", "Registered", "Rejected", "Failed", "Unknown"]
    """Rejected: a version that its gate rejects. Unknown: nothing is recorded although it is time."""
    model_package_arn: str = ""
    metrics: dict[str, float] = {}
    reason: str = ""
    detail: str = ""
    """AWS's error message, for those whom the operator allows it."""

    def told(self, *, with_detail: bool) -> Self:
        """Return it as people may know it: with AWS's message in its reason, or without it."""
        reason = " ".join(filter(None, [self.reason, self.detail if with_detail else ""]))
        return self.model_copy(update={"reason": reason, "detail": ""})


def folder(kind: JobKind, job: str) -> str:
    """Prefix of the keys of what is kept about the registration of a job's model."""
    return f"{layout.REGISTERED}{kind.noun}/{job}/"


def store(bucket: str, kind: JobKind, job: str, registration: Registration) -> None:
    """Record the result; a later one takes its place."""
    documents.store(bucket, _key(kind, job), registration)


def find(bucket: str, kind: JobKind, job: str) -> Registration | None:
    """Return the recorded result; `None` as long as there is none."""
    return documents.find(Registration, bucket, _key(kind, job))


def _key(kind: JobKind, job: str) -> str:
    return f"{folder(kind, job)}registration.json"
