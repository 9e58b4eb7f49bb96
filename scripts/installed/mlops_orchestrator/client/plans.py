# SPDX-License-Identifier: Apache-2.0
"""Plan of a request: what it would make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlops_orchestrator.client import html


@dataclass(frozen=True)
class Plan:
    """Answer to a dry run. `content` has names, templates and every parameter, as the API's reference says."""

    answer: Mapping[str, Any] = field(repr=False)

    @property
    def content(self) -> Mapping[str, Any]:
        """The plan itself."""
        return dict(self.answer.get("plan", {}))

    @property
    def pipeline_stack_name(self) -> str:
        """Name of the pipeline's stack; empty for a request that makes no pipeline."""
        return str(self.content.get("pipeline_stack_name", ""))

    @property
    def warnings(self) -> tuple[str, ...]:
        """What to know although the request is valid."""
        return tuple(self.answer.get("warnings", ()))

    def __str__(self) -> str:
        return str(self.answer["message"])

    def _repr_html_(self) -> str:
        rows = [(name, value) for name, value in self.content.items() if not isinstance(value, Mapping)]
        rows += [("warning", warning) for warning in self.warnings]
        return html.table((), rows, str(self))
