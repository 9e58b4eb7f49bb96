# SPDX-License-Identifier: Apache-2.0
"""Result of an uploaded configuration, entry by entry: stored beside it, and read again by later attempts."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

Outcome = Literal["accepted", "refused", "failed"]


class ListedProblem(BaseModel):
    """One thing that is wrong with a request, as in the API's answers."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    key: str
    problem: str

    def __str__(self) -> str:
        return f"{self.key}: {self.problem}" if self.key else self.problem


class EntryResult(BaseModel):
    """What became of one request of a configuration."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    index: int
    """Its place in the configuration, from 1."""
    pipeline_type: str
    """The type or operation that the entry names; empty without a valid name."""
    model_name: str = ""
    outcome: Outcome
    message: Any = ""
    """A sentence, or the response of an operation on a model card."""
    pipeline_id: str = ""
    errors: tuple[ListedProblem, ...] = ()
    warnings: tuple[str, ...] = ()
    plan: Mapping[str, Any] | None = None
    """The plan of a dry run."""

    def answer(self) -> dict[str, Any]:
        """Return the equivalent response of the API."""
        members = {"message": self.message, "pipeline_id": self.pipeline_id, "plan": self.plan}
        shown = {name: value for name, value in members.items() if value}
        return {**shown, **({"warnings": list(self.warnings)} if self.warnings else {})}


class UploadResult(BaseModel):
    """What became of a configuration; without entries it could not be read, and `errors` or `message` says why."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    configuration: str
    """Address of the configuration, `s3://bucket/key`."""
    version_id: str | None
    sequencer: str
    """S3's sequencer, which orders uploads of the same key."""
    time: AwareDatetime
    is_list: bool = False
    entries: tuple[EntryResult, ...] = ()
    errors: tuple[ListedProblem, ...] = ()
    message: str = ""

    @property
    def outcome(self) -> str:
        """Outcome in one or two words; any failed entry makes it `failed`, because it is retried."""
        counts = self.counts()
        if not self.entries:
            return "refused" if self.errors else "failed"
        if counts["failed"]:
            return "failed"
        return "partly accepted" if len(counts) > 1 else next(iter(counts))

    def counts(self) -> Counter[str]:
        """Count the entries by outcome."""
        return Counter(entry.outcome for entry in self.entries)

    def as_json(self) -> bytes:
        """Return the content of the object beside the configuration."""
        return self.model_dump_json(indent=4, exclude_none=True).encode("utf-8", "backslashreplace")
