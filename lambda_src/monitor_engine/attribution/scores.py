# SPDX-License-Identifier: Apache-2.0
"""Scores in a model's answer to several rows: one for each row, or one for each label of each row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import jmespath

from monitor_engine.data import attributes, tables
from monitor_engine.data.payloads import UnreadableError


def of(text: str, is_json: bool, score: str, rows: int) -> list[list[float]]:
    """Return the scores of each row; `score` is a position or a path of JMESPath. Raise UnreadableError."""
    found = _of_json(text, score) if is_json else _of_csv(text, score)
    if len(found) == 1 and rows > 1 and len(found[0]) == rows:
        # The answer for several rows may be one line, with a value for each.
        found = [[value] for value in found[0]]
    return [[attributes.number(value, "score") for value in row] for row in found]


def _of_csv(text: str, score: str) -> list[list[Any]]:
    if score:
        return [[value] for value in attributes.values(text, False, score)]
    return [list(tables.split(line)) for line in text.splitlines() if line]


def _of_json(text: str, score: str) -> list[list[Any]]:
    try:
        documents = [json.loads(text)]
    except ValueError:
        documents = _lines(text)
    if score.isdigit():
        return [[value] for value in attributes.values(text, True, score)]
    found: list[list[Any]] = []
    for document in documents:
        value = jmespath.search(score, document) if score else _only(document)
        if value is None:
            raise UnreadableError(f"its answer has no {score!r}")
        found += _rows(value)
    return found


def _rows(value: Any) -> list[list[Any]]:
    """A list of lists is a row each; a flat list is a value for each row, which the caller tells from one row's."""
    if not isinstance(value, list):
        return [[value]]
    if value and all(isinstance(one, list) for one in value):
        return [list(one) for one in value]
    return [list(value)]


def _only(document: Any) -> Any:
    while isinstance(document, Mapping) and len(document) == 1:
        document = next(iter(document.values()))
    if isinstance(document, Sequence) and not isinstance(document, str):
        return [_only(one) for one in document]
    return document


def _lines(text: str) -> list[Any]:
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise UnreadableError(f"{text[:40]!r} is no JSON") from error
