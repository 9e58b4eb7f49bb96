# SPDX-License-Identifier: Apache-2.0
"""Model card as text: its sections with their values, and its metrics as lines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from scripts.cli.display.times import minute

_INDENT: Final = "  "
_BAR: Final = "█"
_WIDEST_BAR: Final = 30
_BARS: Final = "bar_chart"


def told(message: Any) -> Iterator[str]:
    """Yield the lines of the `message` of any operation: a sentence, a card, or a list of cards."""
    if not isinstance(message, Mapping):
        yield str(message)
    elif "ModelCardName" in message:
        yield from lines({**message, "Content": json.loads(message.get("Content") or "{}")})
    else:
        listed = message.get("ModelCardSummaries", [])
        yield from (f"{card['ModelCardName']}: {card['ModelCardStatus']}" for card in listed)
        if not listed:
            yield "There are no such model cards."


def lines(card: Mapping[str, Any]) -> Iterator[str]:
    """Yield the lines of a described card, whose `Content` is decoded."""
    yield f"{card['ModelCardName']}, version {card['ModelCardVersion']}: {card['ModelCardStatus']}"
    for words, key in (("created", "CreationTime"), ("changed", "LastModifiedTime")):
        if moment := card.get(key):
            yield f"{words} {minute(moment)}"
    for name, section in card["Content"].items():
        yield ""
        yield name.replace("_", " ")
        yield from _value(section, _INDENT)


def _value(value: Any, indent: str) -> Iterator[str]:
    """Yield a value, and what is in it, each deeper by one indent."""
    if isinstance(value, Mapping):
        yield from _metric(value, indent) if _is_metric(value) else _members(value, indent)
    elif isinstance(value, list):
        for entry in value:
            yield from _entry(entry, indent)
    else:
        yield f"{indent}{value}"


def _members(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for name, member in value.items():
        words = name.replace("_", " ")
        if isinstance(member, list | Mapping):
            yield f"{indent}{words}"
            yield from _value(member, indent + _INDENT)
        else:
            yield f"{indent}{words}: {member}"


def _entry(entry: Any, indent: str) -> Iterator[str]:
    """Yield an entry of a list; one with a name is under it."""
    if not isinstance(entry, Mapping) or _is_metric(entry) or "name" not in entry:
        yield from _value(entry, indent)
    elif entry.keys() <= {"name", "value", "notes"}:
        yield f"{indent}{entry['name']}: {entry.get('value', '')}{_notes(entry)}"
    else:
        yield f"{indent}{entry['name']}"
        yield from _members({name: member for name, member in entry.items() if name != "name"}, indent + _INDENT)


def _is_metric(value: Mapping[str, Any]) -> bool:
    return {"name", "type", "value"} <= value.keys()


def _metric(metric: Mapping[str, Any], indent: str) -> Iterator[str]:
    if metric["type"] == _BARS:
        yield f"{indent}{metric['name']}{_notes(metric)}"
        yield from _bars(metric["value"], metric.get("x_axis_name", ()), indent + _INDENT)
    elif isinstance(metric["value"], list):
        yield f"{indent}{metric['name']}{_notes(metric)}"
        yield from (f"{indent}{_INDENT}{_row(row)}" for row in metric["value"])
    else:
        yield f"{indent}{metric['name']}: {metric['value']}{_notes(metric)}"


def _bars(values: Sequence[float], names: Any, indent: str) -> Iterator[str]:
    """Yield a line for each value, with a bar as long as it is large against the largest."""
    labels = names if isinstance(names, list) else []
    widest = max((len(str(label)) for label in labels), default=0)
    largest = max((abs(value) for value in values), default=0) or 1
    for place, value in enumerate(values):
        label = str(labels[place]) if place < len(labels) else ""
        bar = _BAR * round(abs(value) / largest * _WIDEST_BAR)
        yield f"{indent}{label:<{widest}}  {bar} {value:g}".rstrip()


def _row(row: Any) -> str:
    return "  ".join(f"{cell:g}" if isinstance(cell, int | float) else str(cell) for cell in _cells(row))


def _cells(row: Any) -> list[Any]:
    return row if isinstance(row, list) else [row]


def _notes(entry: Mapping[str, Any]) -> str:
    return f"  ({entry['notes']})" if entry.get("notes") else ""
