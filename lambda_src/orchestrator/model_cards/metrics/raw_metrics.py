# SPDX-License-Identifier: Apache-2.0
"""Common parts of the readers of metric files: result type, error, and access to a document."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.model_cards.fields import is_number

Groups = list[dict[str, Any]]
"""Unchecked groups, each `{"name": ..., "metric_data": [{"name": ..., "type": ..., "value": ...}]}`.

`short` is a shorter name of a group, for when `name` is too long for a card."""

_NOT_COMPUTED: Final = frozenset({"nan", "infinity", "-infinity", "inf", "-inf", "na"})
"""Texts that programs write for a missing number, for which JSON has no value."""
_CALLED: Final[Mapping[type, str]] = {dict: "an object", list: "a list", str: "a text"}


class UnexpectedMetricsError(ValueError):
    """A file does not have the form of its type; `str()` completes "the file must have ..."."""


def is_computed(value: Any) -> bool:
    """True unless the value is missing or not finite; a value of another kind counts, and is refused later."""
    if value is None or (isinstance(value, str) and value.strip().lower() in _NOT_COMPUTED):
        return False
    return not is_number(value) or math.isfinite(value)


def number(name: str, value: Any) -> dict[str, Any]:
    """Return a metric of type number; its value may be missing."""
    return {"name": name, "type": "number", "value": value}


def within(holder: Any, key: str, kind: type, where: str) -> Any:
    """Return the value under a key of an object; raises `UnexpectedMetricsError` if missing or of another type."""
    value = holder.get(key) if isinstance(holder, Mapping) else None
    if not isinstance(value, kind):
        raise UnexpectedMetricsError(f'{_CALLED[kind]} under the key "{key}" of {where}')
    return value
