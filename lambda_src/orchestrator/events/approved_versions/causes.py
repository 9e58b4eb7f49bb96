# SPDX-License-Identifier: Apache-2.0
"""Why something is done by itself: an approval or a rejection, as far as SageMaker's event tells of it."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from orchestrator.values.visible_text import escaped

_DIGITS = 32
_MOST = 1100
"""Characters of words; a description of an approval has 1,024 at most."""


class Cause(BaseModel):
    """A cause: the same event delivered again is the same cause."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    id: str
    at: datetime
    words: str
    """In a sentence without its end."""
    version: str = ""
    """ARN of the version that it is about, if it is about one."""
    status: str = ""
    """What that version is now."""

    @classmethod
    def of_event(cls, event: Mapping[str, Any]) -> Self:
        """Read SageMaker's event of a version; it names a person only where SageMaker knows one."""
        detail = event["detail"]
        changed = str(detail.get("LastModifiedTime") or detail.get("CreationTime") or event["id"])
        arn, status = detail["ModelPackageArn"], detail.get("ModelApprovalStatus", "")
        by, why = _person(detail), detail.get("ApprovalDescription", "")
        words = f"version {arn.rpartition('/')[2]} of {detail['ModelPackageGroupName']} is {status}"
        words += f", by {by}" if by else ""
        words += f": {why}" if why else ""
        return cls(
            id=_digest(arn, status, changed),
            at=datetime.fromisoformat(event["time"]),
            words=escaped(words)[:_MOST],
            version=arn,
            status=status,
        )

    def of_change(self, version: str, before: str) -> Self:
        """Return the cause of a change to a version, of which another event may have given occasion."""
        is_approved = self.status == "Approved"
        if not self.version or self.version.lower() == (version if is_approved else before).lower():
            return self
        newest = f"version {version.rpartition('/')[2]} is the newest that is approved"
        return self.model_copy(update={"words": f"{newest}, as was seen when {self.words}"})

    @classmethod
    def of_moment(cls, words: str, *parts: str) -> Self:
        """Return the cause of what is done now; `parts` identify it."""
        return cls(id=_digest(words, *parts), at=datetime.now(UTC), words=words)


def _person(detail: Mapping[str, Any]) -> str:
    user = detail.get("LastModifiedBy") or {}
    return str(user.get("UserProfileName") or (user.get("IamIdentity") or {}).get("Arn") or "")


def _digest(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_DIGITS]
