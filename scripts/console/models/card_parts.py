# SPDX-License-Identifier: Apache-2.0
"""A card's content as parts of a page: facts, tables and charts under headings, in the order of SageMaker's schema.

What the schema does not know is shown as well: others write cards, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from scripts.console.models import charts
from scripts.console.models.charts import Chart

_ORDER: Final = (
    "model_overview",
    "intended_uses",
    "business_details",
    "training_details",
    "evaluation_details",
    "additional_information",
)
_SHORT: Final = {"arn": "ARN", "id": "ID"}
_NAMED: Final = "name"
_METRICS: Final = "metric_data"


@dataclass
class Part:
    """A heading and what stands below it."""

    title: str
    facts: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    """Names, each with its values."""
    columns: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)


def of(content: Mapping[str, Any]) -> list[Part]:
    """Return the parts of a content: its sections, without those that are empty."""
    names = [*(name for name in _ORDER if name in content), *(name for name in content if name not in _ORDER)]
    return [_part(_words(name), content[name]) for name in names if content[name] not in ({}, [], None, "")]


def _part(title: str, value: Any) -> Part:
    part = Part(title)
    if isinstance(value, Mapping):
        _fill(part, value)
    elif _is_table(value):
        part.columns, part.rows = _table(value)
    elif isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
        part.parts = [_entry(one, f"{title} {place}") for place, one in enumerate(value, 1)]
    else:
        part.facts = [("", _values(value))]
    return part


def _entry(entry: Mapping[str, Any], otherwise: str) -> Part:
    rest = {name: member for name, member in entry.items() if name != _NAMED}
    return _part(str(entry.get(_NAMED) or otherwise), rest)


def _fill(part: Part, members: Mapping[str, Any]) -> None:
    for name, member in members.items():
        if name == _METRICS and isinstance(member, list):
            _measure(part, [one for one in member if isinstance(one, Mapping)])
        elif isinstance(member, Mapping) and len(member) == 1 and not _has_parts(next(iter(member.values()))):
            # `inference_environment` has nothing but its images.
            part.facts.append((_words(name), _values(next(iter(member.values())))))
        elif _has_parts(member):
            part.parts.append(_part(_words(name), member))
        else:
            part.facts.append((_words(name), _values(member)))


def _measure(part: Part, metrics: Sequence[Mapping[str, Any]]) -> None:
    """Put single values into a table, and draw the others."""
    single = [one for one in metrics if not charts.is_drawn(one)]
    part.columns, part.rows = _table(single) if single else ((), [])
    part.charts = [charts.of(one) for one in metrics if charts.is_drawn(one)]


def _has_parts(value: Any) -> bool:
    return isinstance(value, Mapping) or (isinstance(value, list) and any(isinstance(one, Mapping) for one in value))


def _is_table(value: Any) -> bool:
    """Whether it is a list of names with a value, as metrics and hyperparameters are."""
    return isinstance(value, list) and bool(value) and all(_is_row(one) for one in value)


def _is_row(value: Any) -> bool:
    return isinstance(value, Mapping) and {_NAMED, "value"} <= value.keys() and not charts.is_drawn(value)


def _table(entries: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    has_notes = any(one.get("notes") for one in entries)
    rows = [(str(one[_NAMED]), charts.number(one["value"]), *_notes(one, has_notes)) for one in entries]
    return ("Name", "Value", *(("Notes",) if has_notes else ())), rows


def _notes(entry: Mapping[str, Any], has_notes: bool) -> Iterator[str]:
    if has_notes:
        yield str(entry.get("notes") or "")


def _values(value: Any) -> tuple[str, ...]:
    return tuple(charts.number(one) for one in value) if isinstance(value, list) else (charts.number(value),)


def _words(name: str) -> str:
    words = " ".join(_SHORT.get(word, word) for word in name.split("_"))
    return words[:1].upper() + words[1:]
