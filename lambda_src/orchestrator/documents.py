# SPDX-License-Identifier: Apache-2.0
"""Strict reading of JSON requests, with problems in words; and JSON as text for people."""

from __future__ import annotations

import json
import math
from collections import Counter
from datetime import date
from typing import Any, Final

from orchestrator.errors import Problem, RefusedRequestError, RequestTooLargeError
from orchestrator.problems import shortened

LONGEST_DOCUMENT: Final = 256 * 1024
"""Bytes; far above any real request. Longer documents are not parsed."""
DEEPEST: Final = 64
"""Levels of nested objects and lists; far below Python's recursion limit, wherever a document is walked."""
_MOST_DIGITS: Final = 308
"""Digits of an integer: the range of a double, as in other JSON parsers."""


def read(text: str | bytes | None) -> Any:
    """Decode a JSON document; raises `RefusedRequestError` with the problem and its position."""
    if not text or not text.strip():
        raise RefusedRequestError([Problem("", "the request is empty: send a JSON object")])
    if _bytes_in(text) > LONGEST_DOCUMENT:
        raise RequestTooLargeError([Problem("", f"the request is longer than {LONGEST_DOCUMENT} bytes")])
    try:
        return _parsed(text.decode(json.detect_encoding(text)) if isinstance(text, bytes) else text)
    except json.JSONDecodeError as error:
        raise _refused(f"{error.msg}, line {error.lineno} column {error.colno}") from error
    except UnicodeDecodeError as error:
        raise _refused(f"not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise _refused("nested too deeply") from error
    except ValueError as error:
        # Raised by the functions below.
        raise _refused(str(error)) from error


def read_if_given(text: str | bytes | None) -> Any:
    """Decode a document that may be left out: nothing is an empty object."""
    return read(text) if text and text.strip() else {}


def _parsed(text: str) -> Any:
    document = json.loads(
        text,
        parse_constant=_refuse_constant,
        parse_float=_float,
        parse_int=_whole_number,
        object_pairs_hook=_object,
    )
    if text.count("[") + text.count("{") > DEEPEST:
        _refuse_depth(document)
    if "\\u" in text or not text.isascii():
        _refuse_half_characters(document)
    return document


def text(value: Any) -> str:
    """Return a value as JSON for people, with times in ISO 8601."""
    return json.dumps(value, indent=4, default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _bytes_in(text: str | bytes) -> int:
    return len(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))


def _refused(reason: str) -> RefusedRequestError:
    return RefusedRequestError([Problem("", f"the request is not valid JSON: {reason}")])


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(key for key, _ in pairs)
        repeated = next(key for key, count in counts.items() if count > 1)
        raise ValueError(f"the key {shortened(repeated)} is given twice")
    return found


def _float(text: str) -> float:
    """Return a number with a fraction or an exponent; refuse one that a double would turn into infinity."""
    number = float(text)
    if math.isinf(number):
        raise _too_large(text)
    return number


def _whole_number(text: str) -> int:
    if len(text.lstrip("-")) > _MOST_DIGITS:
        raise _too_large(text)
    return int(text)


def _too_large(text: str) -> ValueError:
    shown = shortened(text).strip('"')
    return ValueError(f"the number {shown} is too large")


def _refuse_depth(document: Any) -> None:
    level = [document]
    for _ in range(DEEPEST):
        inner = (value.values() if isinstance(value, dict) else value for value in level)
        level = [value for values in inner for value in values if isinstance(value, dict | list)]
        if not level:
            return
    raise ValueError("nested too deeply")


def _refuse_half_characters(document: Any) -> None:
    """Refuse an escaped half of a surrogate pair, which UTF-8, and so AWS, cannot represent."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = ascii(error.object[error.start]).strip("'")
        raise ValueError(f"{half} is half a character without the other half") from error
