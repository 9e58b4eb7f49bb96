# SPDX-License-Identifier: Apache-2.0
"""What was sent and answered, as rows: CSV, JSON and JSON Lines, plain or in base64."""

from __future__ import annotations

import base64
import binascii
import functools
import json
from collections.abc import Mapping
from typing import Any, Final

import jmespath
from jmespath.exceptions import JMESPathError

from monitor_engine.data import json_lines, tables
from monitor_engine.data.tables import Cells
from monitor_engine.problems import EngineError

Row = Cells | dict[str, str | None]
"""By position, or by name."""
_JSON: Final = "JSON"


class UnreadableError(Exception):
    """Raised for one record that cannot be read; the run goes on without it."""


def text_of(part: Mapping[str, Any]) -> str:
    """Return the data of a part of a capture. Raise UnreadableError."""
    data = part.get("data", "")
    if not isinstance(data, str):
        return json.dumps(data)
    if part.get("encoding") != "BASE64":
        return data
    try:
        return base64.b64decode(data, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise UnreadableError("its data is no text in UTF-8: only CSV and JSON can be analysed") from error


def rows_of(part: Mapping[str, Any], attribute: str = "") -> list[Row]:
    """Return the rows in a part of a capture; `attribute` is the path to them in JSON. Raise UnreadableError."""
    text = text_of(part).strip("\r\n")
    if is_json(part, text):
        return _documents(text, attribute)
    return [*map(tables.split, filter(None, text.splitlines()))]


def is_json(part: Mapping[str, Any], text: str) -> bool:
    """Whether a part of a capture holds JSON."""
    if part.get("encoding") == _JSON or "json" in str(part.get("observedContentType", "")).lower():
        return True
    return part.get("encoding") == "BASE64" and text.lstrip().startswith(("{", "["))


def _documents(text: str, attribute: str) -> list[Row]:
    try:
        found: Any = json.loads(text)
        return _rows(_inside(found, attribute))
    except json_lines.UNREADABLE:
        pass
    try:
        lines = [json.loads(line) for line in text.splitlines() if line.strip()]
    except json_lines.UNREADABLE as error:
        raise UnreadableError(f"its data is said to be JSON, and is not: {text[:40]!r}") from error
    return [row for line in lines for row in _rows(_inside(line, attribute))]


def _inside(document: Any, attribute: str) -> Any:
    if not attribute:
        return document
    found = _path(attribute).search(document)
    if found is None:
        raise UnreadableError(f"its data has no {attribute!r}")
    return found


@functools.cache
def _path(attribute: str) -> Any:
    try:
        return jmespath.compile(attribute)
    except JMESPathError as error:
        raise EngineError(f"features_attribute is {attribute!r}: give a path of JMESPath") from error


def _rows(found: Any) -> list[Row]:
    """Rows of a JSON value: a list of lists or of objects is many rows, a flat list or an object one."""
    if isinstance(found, dict):
        if len(found) == 1 and isinstance(only := next(iter(found.values())), list):
            # As {"instances": [...]} or {"predictions": [...]}.
            return _rows(only)
        return [_flat(found)]
    if not isinstance(found, list):
        return [[_cell(found)]]
    if found and all(isinstance(one, dict | list) for one in found):
        return [_flat(one) if isinstance(one, dict) else _listed(one) for one in found]
    return [_listed(found)]


def _flat(found: Mapping[str, Any], before: str = "") -> Row:
    """One row by name; what stands in an object has its path as a name, with dots."""
    if not before and len(found) == 1 and isinstance(only := next(iter(found.values())), list):
        return _listed(only)
    row: dict[str, str | None] = {}
    for name, value in found.items():
        if isinstance(value, dict):
            row.update(_flat(value, f"{before}{name}."))  # type: ignore[arg-type]
        elif isinstance(value, list):
            row.update({f"{before}{name}.{place}": _cell(one) for place, one in enumerate(value)})
        else:
            row[before + name] = _cell(value)
    return row


def _listed(found: list[Any]) -> Cells:
    cells: Cells = []
    for value in found:
        cells.extend(_listed(value) if isinstance(value, list) else [_cell(value)])
    return cells


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value or None
    return json.dumps(value)
