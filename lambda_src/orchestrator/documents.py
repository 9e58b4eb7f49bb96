# SPDX-License-Identifier: Apache-2.0
"""JSON as people and clients send it, read strictly and refused in words; and JSON as they read it."""

from __future__ import annotations

import json
from datetime import date
from typing import Any, Final

from orchestrator.errors import Problem, RefusedRequest, RequestTooLarge

LONGEST_DOCUMENT: Final = 256 * 1024
"""Bytes; no request comes near it, and nothing longer is parsed."""


def read(text: str | bytes | None) -> Any:
    """Decode a JSON document; raises `RefusedRequest` saying what is wrong and where."""
    if not text or not text.strip():
        raise RefusedRequest([Problem("", "the request is empty: send a JSON object")])
    if _bytes_in(text) > LONGEST_DOCUMENT:
        raise RequestTooLarge([Problem("", f"the request is longer than {LONGEST_DOCUMENT} bytes")])
    try:
        return json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise _refused(f"{error.msg}, line {error.lineno} column {error.colno}") from error
    except UnicodeDecodeError as error:
        raise _refused(f"not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise _refused("nested too deeply") from error
    except ValueError as error:
        # A number with thousands of digits, a constant or a repeated key.
        raise _refused(str(error)) from error


def text(value: Any) -> str:
    """A value as JSON for people; times are written as ISO 8601 has them."""
    return json.dumps(value, indent=4, default=_plain)


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _bytes_in(text: str | bytes) -> int:
    return len(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))


def _refused(reason: str) -> RefusedRequest:
    return RefusedRequest([Problem("", f"the request is not valid JSON: {reason}")])


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        repeated = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {json.dumps(repeated)} is given twice")
    return found
