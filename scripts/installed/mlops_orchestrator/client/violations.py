# SPDX-License-Identifier: Apache-2.0
"""Violations that a monitor's run has found: what was found and what is allowed, out of the words of the file.

The file has sentences, Model Monitor's own or those of the open engine, which are made like them.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-violations.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from mlops_orchestrator.client import html

_NUMBER: Final = r"-?[0-9][0-9.]*(?:e[+-]?[0-9]+)?|-?inf|NaN"
# How far, and what is allowed. A sentence of another form is told whole.
_FORMS: Final = tuple(
    (re.compile(sentence), found, allowed)
    for sentence, found, allowed in (
        (rf"distance: ({_NUMBER}) exceeds threshold: ({_NUMBER})", r"distance \1", r"\2 at most"),
        (rf"p-value: ({_NUMBER}) is below threshold: ({_NUMBER})", r"p-value \1", r"\2 at least"),
        (r"completeness: ([0-9.]+%).*?Only ([0-9.]+%)", r"\2 complete", r"\1 at least"),
        (r"data type: (\w+), Expected match: ([0-9.]+%).*?Only ([0-9.]+%)", r"\3 are \1", r"\2 at least"),
        (r"Expected match: ([0-9.]+%).*?Only ([0-9.]+%)", r"\2 known values", r"\1 at least"),
        (r"current dataset: ([0-9]+),.*?: ([0-9]+)", r"\1 columns", r"\2"),
        (rf"with (({_NUMBER})\b.*?) was LessThanThreshold '({_NUMBER})'", r"\1", r"\3 at least"),
        (rf"with (({_NUMBER})\b.*?) was GreaterThanThreshold '({_NUMBER})'", r"\1", r"\3 at most"),
        (
            rf"^(\w+ of .*?) is ({_NUMBER}), farther from ({_NUMBER}) than the baseline's ({_NUMBER})",
            r"\1: \2",
            r"no farther from \3 than \4",
        ),
        (rf"score ({_NUMBER}) .*?requirement of ({_NUMBER})", r"nDCG \1", r"\2 at least"),
    )
)


@dataclass(frozen=True)
class Violation:
    """A finding of a run."""

    feature: str
    """Feature, metric, facet or label that it is about."""
    check: str
    """Its type, such as `baseline_drift_check`."""
    description: str
    """What was found, in a sentence."""

    @classmethod
    def of(cls, entry: Mapping[str, Any]) -> Self:
        """Read an entry of constraint_violations.json."""
        named = (str(entry.get(name) or "") for name in ("feature_name", "constraint_check_type", "description"))
        feature, check, description = named
        # Clarify's own entries name facet or label in place of a feature.
        return cls(feature or str(entry.get("facet") or entry.get("label") or ""), check, description)

    @property
    def found(self) -> str:
        """How far it is, such as `distance 0.43`; the whole description if that cannot be told."""
        return self._parts[0]

    @property
    def allowed(self) -> str:
        """What would have been right, such as `0.1 at most`; empty if the description says it in other words."""
        return self._parts[1]

    @property
    def _parts(self) -> tuple[str, str]:
        for sentence, found, allowed in _FORMS:
            if match := sentence.search(self.description):
                return match.expand(found), match.expand(allowed)
        return self.description, ""


COLUMNS: Final = ("feature", "check", "found", "allowed")


class Violations(list[Violation]):
    """Findings, in the order of the file."""

    @classmethod
    def of_entries(cls, entries: Iterable[Mapping[str, Any]]) -> Self:
        """Read the entries of constraint_violations.json."""
        return cls(Violation.of(entry) for entry in entries)

    @property
    def rows(self) -> list[tuple[str, ...]]:
        """A row of a table for each, under `COLUMNS`."""
        return [(one.feature, one.check, one.found, one.allowed) for one in self]

    def _repr_html_(self) -> str:
        return html.table(COLUMNS, self.rows)
