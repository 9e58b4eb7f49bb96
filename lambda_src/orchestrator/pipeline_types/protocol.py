# SPDX-License-Identifier: Apache-2.0
"""Interfaces of request types for the registry: operations, built-in pipeline types and added ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from pydantic.fields import FieldInfo

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import PipelineRequest

if TYPE_CHECKING:
    from orchestrator import answers


class Request(Protocol):
    """A valid request."""

    def warnings(self, launch: Launch) -> Iterator[str]:
        """Yield warnings about a valid request for its author, in sentences."""


Request_co = TypeVar("Request_co", bound=Request, covariant=True)


class RequestType(Protocol[Request_co]):
    """A type of requests."""

    def type_name(self) -> str:
        """The value of `pipeline_type` that selects it."""

    def known_keys(self) -> frozenset[str]:
        """Every key that a request may have, in each spelling."""

    def fields_by_key(self) -> dict[str, FieldInfo]:
        """The declared fields by key, in each spelling, for lenient reading; empty for a type that is read as it is."""

    def parse(self, body: Mapping[str, Any], launch: Launch) -> Request_co:
        """Validate a body that names the type; raises `RefusedRequestError` with every problem, unknown keys too."""


class PipelineType(RequestType[PipelineRequest], Protocol):
    """A pipeline type: a built-in one is a class of requests, an added one a value."""

    @property
    def source(self) -> answers.Origin:
        """Origin of the type."""

    @property
    def version(self) -> str:
        """Version of an added type; empty for a built-in one, which comes with the release."""

    @property
    def is_withdrawn(self) -> bool:
        """Whether the type accepts no more requests, although pipelines of it may exist."""

    @property
    def runs_in_stages(self) -> bool:
        """Whether a multi-account orchestrator deploys it to dev, staging and prod."""

    def summary(self) -> str:
        """Return a summary of the pipeline in one line."""

    def request_schema(self) -> dict[str, Any]:
        """Return the JSON schema of the requests."""

    def example(self) -> Mapping[str, Any] | None:
        """A request, if there is one."""


class TypeSource(Protocol):
    """Source of the pipeline types that are not built in."""

    def find(self, name: str) -> PipelineType | None:
        """Return the type of that name, or `None`. Raise `ConflictError` for one that exists but cannot be used."""

    def names(self) -> Sequence[str]:
        """Return the names of all types, in order, including withdrawn ones."""
