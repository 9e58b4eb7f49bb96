# SPDX-License-Identifier: Apache-2.0
"""Finds the type of a request by its `pipeline_type` and has it validated. Nothing else knows which types there are.

A request is for a pipeline, or for an operation on model cards. The built-in pipeline types and the operations are
known by name, and imported when a request names them: together they cost a quarter of an answer. Any other name is
looked up where operators put types of their own, if the registry was given such a source; which kind a pipeline type is
makes no difference from then on.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Generic, Self, TypeVar

from orchestrator import leniency, on_demand
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.launch.settings import Launch
from orchestrator.leniency import Reading
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.protocol import PipelineType, Request, RequestType, TypeSource
from orchestrator.problems import shortened, unknown

if TYPE_CHECKING:
    from orchestrator.model_cards.operations import Operation

_Type = TypeVar("_Type", bound=RequestType[Request])
_Request = TypeVar("_Request", bound=Request)
_KEY: Final = "pipeline_type"


@dataclass(frozen=True)
class Accepted(Generic[_Request]):
    """A valid request, and what its author should know although it is valid."""

    request: _Request
    warnings: tuple[str, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    """The request as it was understood, before validation."""


@dataclass(frozen=True)
class Family(Generic[_Type]):
    """Types of requests that have keys in common: one that only others have is ignored, with a warning."""

    places: Mapping[str, str]
    """Name of a type -> `module:class`."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other spelling of a name -> name."""
    ignored: frozenset[str] = frozenset()
    """What is ignored although no type has it."""
    former: Mapping[str, str] = field(default_factory=dict)
    """Name that there was once -> what takes its place, to complete "is a type of version 1.x: "."""

    def __iter__(self) -> Iterator[_Type]:
        return (self.type(name) for name in self.places)

    def within(self, package: str) -> Iterator[_Type]:
        """The types of a package; the others are not imported."""
        return (self.type(name) for name, place in self.places.items() if f".{package}." in place)

    def type(self, name: str) -> _Type:
        """The type of that name."""
        found: _Type = on_demand.named(self.places[name])
        return found

    def name(self, written: str) -> str:
        """The name that somebody means, or empty where it is none of these."""
        plain = written.strip().lower()
        name = self.aliases.get(plain, plain)
        return name if name in self.places else ""

    @functools.cached_property
    def keys(self) -> frozenset[str]:
        """Keys that a request may have if they belong to any type of the family."""
        return self.ignored.union(*(type_.known_keys() for type_ in self))


class Registry:
    """The types of requests by name; iterated over, the built-in pipeline types."""

    def __init__(
        self,
        pipelines: Family[type[PipelineRequest]],
        operations: Family[type[Operation]],
        source: TypeSource | None = None,
    ) -> None:
        """The source is asked for a name that is of neither family, and never for another one."""
        self._pipelines = pipelines
        self.operations = operations
        self._source = source
        self._listed = (*pipelines.places, *operations.places)
        self._added: dict[str, PipelineType] = {}

    def with_source(self, source: TypeSource) -> Self:
        """The same types, and those of a source."""
        return type(self)(self._pipelines, self.operations, source)

    def __iter__(self) -> Iterator[type[PipelineRequest]]:
        return iter(self._pipelines)

    def within(self, package: str) -> Iterator[type[PipelineRequest]]:
        """The built-in pipeline types of a package of this one; the others are not imported."""
        return self._pipelines.within(package)

    def names(self) -> tuple[str, ...]:
        """Every built-in pipeline type."""
        return tuple(self._pipelines.places)

    def all_names(self) -> tuple[str, ...]:
        """The built-in pipeline types, and those of the source in order."""
        added = self._source.names() if self._source else ()
        return (*self.names(), *(name for name in added if name not in self._pipelines.places))

    def name_in(self, body: Any) -> str:
        """The pipeline type that a decoded request names; empty for one that is not known, or was not found before."""
        name = named(body)
        return name if name in self._pipelines.places or name in self._added else ""

    def operation_in(self, body: Any) -> str:
        """The operation on model cards that a decoded request names, or empty when it is no matter of them."""
        return self.operations.name(named(body))

    def get(self, name: str) -> type[PipelineRequest]:
        """The built-in pipeline type of that name; raises `RefusedRequestError` naming the nearest one."""
        found = self._pipelines.name(name)
        if not found:
            raise RefusedRequestError([Problem(_KEY, self._no_type(name))])
        return self._pipelines.type(found)

    def declared(self, name: str) -> type[PipelineRequest] | type[Operation]:
        """The built-in pipeline type or the operation of that name; raises `RefusedRequestError` as `get` does."""
        operation = self.operations.name(name)
        return self.operations.type(operation) if operation else self.get(name)

    def find(self, name: str) -> PipelineType:
        """The pipeline type of that name, a withdrawn one too; raises `RefusedRequestError` naming the nearest one."""
        plain = name.strip().lower()
        if self._source is None or self._pipelines.name(plain):
            return self.get(name)
        found = None if plain in self.operations.places else self._source.find(plain)
        if found is None:
            raise RefusedRequestError([Problem(_KEY, self._no_type(name))])
        self._added[plain] = found
        return found

    def _no_type(self, name: str) -> str:
        if name.strip().lower() in self._listed:
            return f"{shortened(name)} makes no pipeline: only a deployed orchestrator takes such a request"
        if successor := self._pipelines.former.get(name.strip().lower()):
            return f"{shortened(name)} is a type of version 1.x: {successor}; `mlops import` translates such requests"
        added = "; GET /pipeline-types has those that were added" if self._source else ""
        return f"{unknown(name, self._listed)}; the types are {', '.join(self._listed)}{added}"

    def parse(self, body: Any, launch: Launch) -> Accepted[PipelineRequest]:
        """Validate a decoded request for a pipeline; raises `RefusedRequestError` with every problem found."""
        if not isinstance(body, Mapping):
            raise RefusedRequestError([Problem("", f"the request must be a JSON object; got {shortened(body)}")])
        return _accepted(self._type_of(body), self._pipelines, body, launch)

    def parse_any(self, body: Any, launch: Launch) -> Accepted[PipelineRequest] | Accepted[Operation]:
        """Validate a decoded request for a pipeline or an operation; raises as `parse` does."""
        return self.parse_operation(body, launch) if self.operation_in(body) else self.parse(body, launch)

    def parse_operation(self, body: Mapping[str, Any], launch: Launch) -> Accepted[Operation]:
        """Validate a request that names an operation on model cards; raises as `parse` does."""
        return _accepted(self.operations.type(self.operation_in(body)), self.operations, body, launch)

    def _type_of(self, body: Mapping[str, Any]) -> PipelineType:
        name = body.get(_KEY)
        if not isinstance(name, str):
            problem = "is required" if name is None else f"must be a string; got {shortened(name)}"
            raise RefusedRequestError([Problem(_KEY, f"{problem}; the types are {', '.join(self._listed)}")])
        found = self.find(name)
        if found.is_withdrawn:
            words = "was withdrawn: its pipelines can be listed and deleted, and new requests are not taken"
            raise RefusedRequestError([Problem(_KEY, f"{found.type_name()} {words}")])
        return found


def named(body: Any) -> str:
    """Return the type that a decoded request names, in lower case; empty if it names none."""
    found = body.get(_KEY) if isinstance(body, Mapping) else None
    return found.strip().lower() if isinstance(found, str) else ""


def _accepted(
    type_: RequestType[_Request], family: Family[Any], body: Mapping[str, Any], launch: Launch
) -> Accepted[_Request]:
    """Have the type validate a request without the keys that only others of its family have."""
    others = body.keys() - type_.known_keys()
    foreign: Iterable[str] = sorted(others & family.keys) if others else ()
    own = {key: value for key, value in body.items() if key not in foreign} | {_KEY: type_.type_name()}
    fields = type_.fields_by_key()
    reading = leniency.read(own, fields, launch) if fields else Reading(own)
    request = type_.parse(reading.body, launch)
    ignored = (f"{key} has no meaning for {type_.type_name()} and is ignored" for key in foreign)
    return Accepted(request, (*ignored, *reading.notes, *request.warnings(launch)), reading.body)
