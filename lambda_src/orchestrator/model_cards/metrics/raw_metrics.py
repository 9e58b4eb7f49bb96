# SPDX-License-Identifier: Apache-2.0
"""What readers of metric files share: what they give, what they raise, how they look into a document."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

from orchestrator.model_cards.fields import is_number

Groups = list[dict[str, Any]]
"""`{"name": ..., "metric_data": [{"name": ..., "type": ..., "value": ...}]}` each, not yet checked.

`short` is another name of a group, for when `name` is longer than a card takes."""

_NOT_COMPUTED: Final = frozenset({"nan", "infinity", "-infinity", "inf", "-inf", "na"})
"""What programs write for a number that there is not, where JSON has none."""
_CALLED: Final[Mapping[type, str]] = {dict: "an object", list: "a list", str: "a text"}


class UnexpectedMetricsError(ValueError):
    """A file is built otherwise than its type says; `str()` completes "the file must have ..."."""


def is_computed(value: Any) -> bool:
    """Whether there is a value; what is neither a number nor one of the words for none counts as one, to be refused."""
    if value is None or (isinstance(value, str) and value.strip().lower() in _NOT_COMPUTED):
        return False
    return not is_number(value) or math.isfinite(value)


def number(name: str, value: Any) -> dict[str, Any]:
    """A metric that is a number, if it was computed."""
    return {"name": name, "type": "number", "value": value}


def within(holder: Any, key: str, kind: type, where: str) -> Any:
    """What stands under a key of an object; raises `UnexpectedMetricsError` when it is not there or of another kind."""
    value = holder.get(key) if isinstance(holder, Mapping) else None
    if not isinstance(value, kind):
        raise UnexpectedMetricsError(f'{_CALLED[kind]} under the key "{key}" of {where}')
    return value
