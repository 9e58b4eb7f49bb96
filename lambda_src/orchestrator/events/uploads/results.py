# SPDX-License-Identifier: Apache-2.0
"""What became of an uploaded configuration, entry by entry: the object beside it, which later attempts read again."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict

CONFIG_NAME: Final = "mlops-config.json"
"""Name of an uploaded configuration, in any folder."""
RESULT_SUFFIX: Final = ".result.json"
"""A result's key ends in it, after the key of the configuration."""

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
    """The type or operation that it names; empty when there is no such thing."""
    model_name: str = ""
    outcome: Outcome
    message: Any = ""
    """A sentence, or what an operation on a model card found."""
    pipeline_id: str = ""
    errors: tuple[ListedProblem, ...] = ()
    warnings: tuple[str, ...] = ()
    plan: Mapping[str, Any] | None = None
    """The plan of a dry run."""

    def answer(self) -> dict[str, Any]:
        """What the API would have answered."""
        members = {"message": self.message, "pipeline_id": self.pipeline_id, "plan": self.plan}
        shown = {name: value for name, value in members.items() if value}
        return {**shown, **({"warnings": list(self.warnings)} if self.warnings else {})}


class UploadResult(BaseModel):
    """What became of a configuration; without entries it could not be read, and `errors` or `message` says why."""

    model_config = ConfigDict(frozen=True, defer_build=True)

    configuration: str
    """Its address, `s3://bucket/key`."""
    version_id: str | None
    sequencer: str
    """By this S3 tells uploads of the same key apart."""
    time: AwareDatetime
    is_list: bool = False
    entries: tuple[EntryResult, ...] = ()
    errors: tuple[ListedProblem, ...] = ()
    message: str = ""

    @property
    def outcome(self) -> str:
        """In one or two words; a failure is what matters most, because it is tried again."""
        counts = self.counts()
        if not self.entries:
            return "refused" if self.errors else "failed"
        if counts["failed"]:
            return "failed"
        return "partly accepted" if len(counts) > 1 else next(iter(counts))

    def counts(self) -> Counter[str]:
        """How many entries had which outcome."""
        return Counter(entry.outcome for entry in self.entries)

    def as_json(self) -> bytes:
        """The content of the object beside the configuration."""
        return self.model_dump_json(indent=4, exclude_none=True).encode("utf-8", "backslashreplace")
