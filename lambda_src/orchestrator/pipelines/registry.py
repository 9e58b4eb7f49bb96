# SPDX-License-Identifier: Apache-2.0
"""Finds the pipeline type of a request and has it validated. Nothing else knows which types there are."""

from __future__ import annotations

import difflib
import functools
import importlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.errors import Problem, RefusedRequest
from orchestrator.pipelines.base import PipelineRequest
from orchestrator.problems import shortened
from orchestrator.settings import Launch


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

    def __init__(self, types: Iterable[Declared], others: Iterable[str] = ()) -> None:
        """`others` are values of `pipeline_type` that are answered elsewhere: who mistypes one is told (defect 40)."""
        self._types = {declared.name: declared for declared in types}
        self._listed = (*self._types, *others)

    def __iter__(self) -> Iterator[type[PipelineRequest]]:
        return (declared.type for declared in self._types.values())

    @functools.cached_property
    def _all_keys(self) -> frozenset[str]:
        return frozenset[str]().union(*(type_.known_keys() for type_ in self))

    def names(self) -> tuple[str, ...]:
        """Every value that `pipeline_type` may have."""
        return tuple(self._types)

    def name_in(self, body: Any) -> str:
        """The type that a decoded request names, or empty when there is no such type."""
        named = body.get("pipeline_type") if isinstance(body, Mapping) else None
        name = named.strip().lower() if isinstance(named, str) else ""
        return name if name in self._types else ""

    def get(self, name: str) -> type[PipelineRequest]:
        """The type of that name; raises `RefusedRequest` naming the nearest one."""
        found = self._types.get(name.strip().lower())
        if found is None:
            raise RefusedRequest([Problem("pipeline_type", self._no_type(name))])
        return found.type

    def _no_type(self, name: str) -> str:
        if name.strip().lower() in self._listed:
            return f"{shortened(name)} makes no pipeline: only a deployed orchestrator takes such a request"
        return f"{_unknown(name, self._listed)}; the types are {', '.join(self._listed)}"

    def parse(self, body: Any, launch: Launch) -> Accepted:
        """Validate a decoded request body; raises `RefusedRequest` with every problem found."""
        if not isinstance(body, Mapping):
            raise RefusedRequest([Problem("", f"the request must be a JSON object; got {shortened(body)}")])
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
        except RefusedRequest as refused:
            raise RefusedRequest([*unknown, *refused.problems]) from None
        if unknown:
            raise RefusedRequest(unknown)
        ignored = (f"{key} has no meaning for {type_.type_name()} and is ignored" for key in foreign)
        return Accepted(request, (*ignored, *request.warnings(launch)))

    def _type_of(self, body: Mapping[str, Any]) -> type[PipelineRequest]:
        name = body.get("pipeline_type")
        if not isinstance(name, str):
            problem = "is required" if name is None else f"must be a string; got {shortened(name)}"
            raise RefusedRequest([Problem("pipeline_type", f"{problem}; the types are {', '.join(self._listed)}")])
        return self.get(name)


def _unknown(name: str, known: Iterable[str]) -> str:
    shown = shortened(name)
    near = difflib.get_close_matches(name[:100], list(known), n=1)
    return f"{shown} is not known, the nearest is {near[0]}" if near else f"{shown} is not known"
