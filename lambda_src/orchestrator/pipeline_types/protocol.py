# SPDX-License-Identifier: Apache-2.0
"""What the registry knows of the type of a request: an operation, a built-in pipeline type, or one that was added."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import PipelineRequest

if TYPE_CHECKING:
    from orchestrator import answers


class Request(Protocol):
    """A valid request."""

    def warnings(self, launch: Launch) -> Iterator[str]:
        """What its author should know although it is valid, in sentences."""


Request_co = TypeVar("Request_co", bound=Request, covariant=True)


class RequestType(Protocol[Request_co]):
    """A type of requests."""

    def type_name(self) -> str:
        """The value of `pipeline_type` that selects it."""

    def known_keys(self) -> frozenset[str]:
        """Every key that a request may have, in each spelling."""

    def parse(self, body: Mapping[str, Any], launch: Launch) -> Request_co:
        """Validate a body that names the type; raises `RefusedRequestError` with every problem, unknown keys too."""


class PipelineType(RequestType[PipelineRequest], Protocol):
    """A pipeline type: a built-in one is a class of requests, an added one a value."""

    @property
    def source(self) -> answers.Origin:
        """Where it comes from."""

    @property
    def version(self) -> str:
        """Which version of an added type it is; empty for a built-in one, which the release has."""

    @property
    def is_withdrawn(self) -> bool:
        """Whether it takes no requests any more, although pipelines of it may be there."""

    @property
    def runs_in_stages(self) -> bool:
        """Whether a multi-account orchestrator deploys it to dev, staging and prod."""

    def summary(self) -> str:
        """One line that says what the pipeline does."""

    def request_schema(self) -> dict[str, Any]:
        """What may be sent, as a JSON schema."""

    def example(self) -> Mapping[str, Any] | None:
        """A request, if there is one."""


class TypeSource(Protocol):
    """Where types come from that are not built in."""

    def find(self, name: str) -> PipelineType | None:
        """The type of that name, or `None`; raises `ConflictError` for one that is there and cannot be used."""

    def names(self) -> Sequence[str]:
        """The names of all, in order, the withdrawn ones too."""
