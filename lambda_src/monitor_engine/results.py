# SPDX-License-Identifier: Apache-2.0
"""Result of a job: the files, what was violated, and what is told of it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from monitor_engine.metrics import Metric

Document = dict[str, Any]
CLARIFY: Final = "1.0"
"""Version of the files that are as Clarify's."""


@dataclass(frozen=True)
class Violation:
    """One finding of a run."""

    feature: str
    check: str
    """Its constraint_check_type."""
    description: str
    more: tuple[tuple[str, str], ...] = ()
    """Further keys of its entry in the file."""
    brief: str = ""
    """How far it is, and the threshold, as `0.42 > 0.1`: for the exit message."""

    def document(self) -> dict[str, str]:
        """Return it as it stands in constraint_violations.json."""
        named = {"feature_name": self.feature, "constraint_check_type": self.check, "description": self.description}
        return named | dict(self.more)


@dataclass(frozen=True)
class Result:
    """What a job has computed."""

    files: Mapping[str, Document | str]
    """Content by name: JSON documents, pages and lines as text."""
    violations: Sequence[Violation] = ()
    remarks: Sequence[str] = ()
    """Sentences without a full stop, for people: what was left out, or was not there."""
    metrics: Sequence[Metric] = field(default_factory=list)
    records: int = 0
    """How many were looked at."""
    is_idle: bool = False
    """Whether nothing was compared; the first remark says why, or what was done instead."""
    last: str = ""
    """The file that is stored after all others, if one is: who sees it sees all."""


def text_of(content: Document | str) -> str:
    """Return the content of a file. What JSON has no number for is the text `NaN` or `Infinity`, as Model Monitor's."""
    return content if isinstance(content, str) else json.dumps(_plain(content), indent=2, allow_nan=False)


def violations_document(violations: Sequence[Violation], version: str = "") -> Document:
    """Return the content of constraint_violations.json; Clarify's has a version."""
    versioned = {"version": version} if version else {}
    return {**versioned, "violations": [violation.document() for violation in violations]}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
