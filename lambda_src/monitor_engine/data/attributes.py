# SPDX-License-Identifier: Apache-2.0
"""Where a value stands in what a model answers, or in a label: a position, or a path of JMESPath."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError

from monitor_engine.data import tables
from monitor_engine.data.payloads import UnreadableError
from monitor_engine.problems import EngineError


def check(name: str, attribute: str) -> None:
    """Raise EngineError for an attribute that is neither a position nor a path."""
    if attribute and not attribute.isdigit():
        try:
            jmespath.compile(attribute)
        except JMESPathError as error:
            raise EngineError(f"{name} is {attribute!r}: give a position from 0, or a path of JMESPath") from error


def values(text: str, is_json: bool, attribute: str) -> list[Any]:
    """Return the values of each row in a text, by an attribute; without one, each row's only value.

    Raises UnreadableError.
    """
    if not is_json:
        return [_cell(tables.split(line), attribute) for line in text.splitlines() if line]
    try:
        documents = [json.loads(text)]
    except ValueError:
        documents = _lines(text)
    found = [_found(document, attribute) for document in documents]
    return [one for value in found for one in (value if isinstance(value, list) else [value])]


def truths(stated: str, attribute: str) -> list[Any]:
    """Return the labels in the data of a record's ground truth, one for each row. Raise UnreadableError."""
    is_json = stated.lstrip().startswith(("{", "["))
    return values(stated, is_json, attribute if is_json else "")


def label(value: Any) -> str:
    """Return a label as text: `1`, `1.0` and `true` are one. Raise UnreadableError for what is no single value."""
    if isinstance(value, bool):
        return str(int(value))
    if value is None or isinstance(value, dict | list):
        raise UnreadableError(f"{_short(value)} is no label")
    text = str(value).strip()
    if text.lower() in {"true", "false"}:
        return str(int(text.lower() == "true"))
    if not text:
        raise UnreadableError("it has no label")
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if math.isfinite(number) and number == int(number) else text


def number(value: Any, name: str) -> float:
    """Return a value as a number. Raise UnreadableError."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise UnreadableError(f"its {name} {_short(value)} is no number")
    return found


def probability(value: Any) -> float:
    """Return a probability. Raise UnreadableError for a number that is none."""
    found = number(value, "probability")
    if not 0 <= found <= 1:
        raise UnreadableError(f"its probability {found:g} is not from 0 to 1")
    return found


def _lines(text: str) -> list[Any]:
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise UnreadableError(f"{_short(text)} is no JSON") from error


def _cell(cells: Sequence[str | None], attribute: str) -> str | None:
    place = int(attribute) if attribute.isdigit() else 0
    if attribute and not attribute.isdigit():
        raise UnreadableError(f"its answer is CSV, which has no {attribute!r}: give the position of the column")
    if place >= len(cells):
        raise UnreadableError(f"it has {len(cells)} values, and none at position {place}")
    return cells[place]


def _found(document: Any, attribute: str) -> Any:
    if attribute and not attribute.isdigit():
        value = jmespath.search(attribute, document)
        if value is None:
            raise UnreadableError(f"its answer has no {attribute!r}")
        return value
    if isinstance(document, Mapping) and len(document) == 1:
        document = next(iter(document.values()))
    if not isinstance(document, list):
        return document
    rows = document if document and isinstance(document[0], list) else [document] if attribute else document
    return [_cell(row, attribute) if isinstance(row, list) else row for row in rows]


def _short(value: Any) -> str:
    text = json.dumps(value, default=str)
    return text if len(text) <= 40 else f"{text[:40]}..."
