# SPDX-License-Identifier: Apache-2.0
"""JSON as people and clients send it, read strictly and refused in words; and JSON as they read it."""

from __future__ import annotations

import json
import math
from collections import Counter
from datetime import date
from typing import Any, Final

from orchestrator.errors import Problem, RefusedRequestError, RequestTooLargeError
from orchestrator.problems import shortened

LONGEST_DOCUMENT: Final = 256 * 1024
"""Bytes; no request comes near it, and nothing longer is parsed."""
DEEPEST: Final = 64
"""Objects and lists inside each other. Far below what Python's own recursion allows, wherever a document is walked."""
_MOST_DIGITS: Final = 308
"""Of a whole number: what a double holds, as every other reader of JSON has it."""


def read(text: str | bytes | None) -> Any:
    """Decode a JSON document; raises `RefusedRequestError` saying what is wrong and where."""
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
        # What the functions below refuse.
        raise _refused(str(error)) from error


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
    """A value as JSON for people; times are written as ISO 8601 has them."""
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
    """A number with a fraction or an exponent; one that no double holds would become infinity."""
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
    """JSON can escape half of a surrogate pair, which is no character: UTF-8, and so AWS, has no form for it."""
    try:
        json.dumps(document, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        half = ascii(error.object[error.start]).strip("'")
        raise ValueError(f"{half} is half a character without the other half") from error
