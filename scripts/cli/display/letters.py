# SPDX-License-Identifier: Apache-2.0
"""Mails for reading: wrapped between words, and JSON as lines of `name: value`."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final

_WIDTH: Final = 78
# Such a line is to be copied as it is.
_AS_IT_IS: Final = re.compile(r"\s|mlops |aws |https?://")
# A value of one word, such as an address, stays beside its name.
_ONE_WORD: Final = re.compile(r"[a-z ]+: \S+")
_CAPITALS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def lines(text: str, width: int = _WIDTH) -> list[str]:
    """Return the lines of a mail's text, each `width` long at most, unless it is a word or something to copy."""
    found = _fields(text)
    plain = text.splitlines() if found is None else list(_listed(found))
    return [line for one in plain for line in _wrapped(one, width)]


def _fields(text: str) -> Mapping[str, Any] | None:
    """Return a text that is a JSON object, as CodePipeline sends approvals and CloudWatch alarms; None for others."""
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _listed(fields: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, value in fields.items():
        words = _CAPITALS.sub(" ", name.replace("_", " ")).lower()
        shown = f"{above}{words}"
        if isinstance(value, Mapping):
            yield from _listed(value, "" if len(fields) <= 3 else f"{shown}: ")
        elif value not in (None, "", [], {}):
            yield f"{shown}: {value if isinstance(value, str) else json.dumps(value)}"


def _wrapped(line: str, width: int) -> list[str]:
    if len(line) <= width or _AS_IT_IS.match(line) or _ONE_WORD.fullmatch(line):
        return [line]
    return textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)
