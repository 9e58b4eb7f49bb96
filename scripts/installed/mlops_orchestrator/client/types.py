# SPDX-License-Identifier: Apache-2.0
"""Pipeline types of an orchestrator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from mlops_orchestrator.client import html


@dataclass(frozen=True)
class PipelineType:
    """A pipeline type that requests may name."""

    name: str
    summary: str
    source: str
    """`built-in` or `custom`."""
    withdrawn: bool = False
    problem: str = ""
    """Why it cannot be used; empty if it can."""


class PipelineTypes(list[PipelineType]):
    """Pipeline types, built-in ones first."""

    @classmethod
    def of(cls, listed: Iterable[Mapping[str, Any]]) -> Self:
        """Read what the API tells."""
        return cls(_read(one) for one in listed)

    def _repr_html_(self) -> str:
        return html.table(("type", "source", ""), ((one.name, one.source, one.problem or one.summary) for one in self))


def _read(told: Mapping[str, Any]) -> PipelineType:
    name = str(told["pipeline_type"])
    if "problem" in told:
        return PipelineType(name, "", "custom", problem=str(told["problem"]))
    return PipelineType(name, str(told["summary"]), str(told["source"]), bool(told["withdrawn"]))
