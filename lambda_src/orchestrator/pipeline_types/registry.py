# SPDX-License-Identifier: Apache-2.0
"""Finds the pipeline type of a request and has it validated. Nothing else knows which types there are.

The built-in types are known by name. Any other name is looked up where operators put types of their own, if the
registry was given such a source; which kind a type is makes no difference from then on.
"""

from __future__ import annotations

import difflib
import functools
import importlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.base import PipelineRequest
from orchestrator.pipeline_types.protocol import PipelineType, TypeSource
from orchestrator.problems import shortened


@dataclass(frozen=True)
class Accepted:
    """A valid request, and what its author should know although it is valid."""

    request: PipelineRequest
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Declared:
    """Where a pipeline type is declared. It is imported when asked for: together they cost a quarter of an answer."""

    name: str
    module: str
    class_name: str

    @functools.cached_property
    def type(self) -> type[PipelineRequest]:
        """The type itself."""
        found: type[PipelineRequest] = getattr(importlib.import_module(self.module), self.class_name)
        return found


class Registry:
    """The pipeline types by name."""

    def __init__(self, types: Iterable[Declared], others: Iterable[str] = (), source: TypeSource | None = None) -> None:
        """`others` are values of `pipeline_type` that are answered elsewhere: who mistypes one is told (lesson 40).

        The source is asked for a name that is not among `types`, and never for another one.
        """
        self._declared = tuple(types)
        self._types = {declared.name: declared for declared in self._declared}
        self._others = tuple(others)
        self._listed = (*self._types, *self._others)
        self._source = source
        self._added: dict[str, PipelineType] = {}

    def with_source(self, source: TypeSource) -> Self:
        """The same types, and those of a source."""
        return type(self)(self._declared, self._others, source)

    def __iter__(self) -> Iterator[type[PipelineRequest]]:
        return (declared.type for declared in self._types.values())

    @functools.cached_property
    def _all_keys(self) -> frozenset[str]:
        return frozenset[str]().union(*(type_.known_keys() for type_ in self))

    def names(self) -> tuple[str, ...]:
        """Every built-in value that `pipeline_type` may have."""
        return tuple(self._types)

    def all_names(self) -> tuple[str, ...]:
        """The built-in names, and those of the source in order."""
        added = self._source.names() if self._source else ()
        return (*self._types, *(name for name in added if name not in self._types))

    def name_in(self, body: Any) -> str:
        """The type that a decoded request names, or empty when no such type is known, or was found before."""
        named = body.get("pipeline_type") if isinstance(body, Mapping) else None
        name = named.strip().lower() if isinstance(named, str) else ""
        return name if name in self._types or name in self._added else ""

    def get(self, name: str) -> type[PipelineRequest]:
        """The built-in type of that name; raises `RefusedRequestError` naming the nearest one."""
        found = self._types.get(name.strip().lower())
        if found is None:
            raise RefusedRequestError([Problem("pipeline_type", self._no_type(name))])
        return found.type

    def find(self, name: str) -> PipelineType:
        """The type of that name, a withdrawn one too; raises `RefusedRequestError` naming the nearest one."""
        plain = name.strip().lower()
        if plain in self._types or self._source is None:
            return self.get(name)
        found = None if plain in self._others else self._source.find(plain)
        if found is None:
            raise RefusedRequestError([Problem("pipeline_type", self._no_type(name))])
        self._added[plain] = found
        return found

    def _no_type(self, name: str) -> str:
        if name.strip().lower() in self._listed:
            return f"{shortened(name)} makes no pipeline: only a deployed orchestrator takes such a request"
        added = "; GET /pipeline-types has those that were added" if self._source else ""
        return f"{_unknown(name, self._listed)}; the types are {', '.join(self._listed)}{added}"

    def parse(self, body: Any, launch: Launch) -> Accepted:
        """Validate a decoded request body; raises `RefusedRequestError` with every problem found."""
        if not isinstance(body, Mapping):
            raise RefusedRequestError([Problem("", f"the request must be a JSON object; got {shortened(body)}")])
        type_ = self._type_of(body)
        known = type_.known_keys()
        own = {key: value for key, value in body.items() if key in known}
        others = set(body) - known
        foreign = sorted(others & self._all_keys) if others else []
        unknown = [
            Problem(key, f"{_unknown(key, known)}; remove or rename it") for key in sorted(others.difference(foreign))
        ]
        try:
            request = type_.parse({**own, "pipeline_type": type_.type_name()}, launch)
        except RefusedRequestError as refused:
            raise RefusedRequestError([*unknown, *refused.problems]) from None
        if unknown:
            raise RefusedRequestError(unknown)
        ignored = (f"{key} has no meaning for {type_.type_name()} and is ignored" for key in foreign)
        return Accepted(request, (*ignored, *request.warnings(launch)))

    def _type_of(self, body: Mapping[str, Any]) -> PipelineType:
        name = body.get("pipeline_type")
        if not isinstance(name, str):
            problem = "is required" if name is None else f"must be a string; got {shortened(name)}"
            raise RefusedRequestError([Problem("pipeline_type", f"{problem}; the types are {', '.join(self._listed)}")])
        found = self.find(name)
        if found.is_withdrawn:
            words = "was withdrawn: its pipelines can be listed and deleted, and new requests are not taken"
            raise RefusedRequestError([Problem("pipeline_type", f"{found.type_name()} {words}")])
        return found


def _unknown(name: str, known: Iterable[str]) -> str:
    shown = shortened(name)
    near = difflib.get_close_matches(name[:100], list(known), n=1)
    return f"{shown} is not known, the nearest is {near[0]}" if near else f"{shown} is not known"
