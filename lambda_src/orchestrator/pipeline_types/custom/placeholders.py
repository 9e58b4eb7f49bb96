# SPDX-License-Identifier: Apache-2.0
"""Texts with `{key}` in them. Only plain names are replaced: Python's own formatting would also follow attributes."""

from __future__ import annotations

import string
from collections.abc import Iterator, Mapping


def is_balanced(text: str) -> bool:
    """True if each brace has its other half, or is doubled."""
    try:
        list(string.Formatter().parse(text))
    except ValueError:
        return False
    return True


def names(text: str) -> list[str]:
    """Return the names in braces as written; empty if braces are unbalanced."""
    return [name for _, name in _parts(text) if name is not None] if is_balanced(text) else []


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return the text with names replaced by their values."""
    return "".join(f"{literal}{values[name] if name is not None else ''}" for literal, name in _parts(text))


def _parts(text: str) -> Iterator[tuple[str, str | None]]:
    for literal, name, form, conversion in string.Formatter().parse(text):
        as_written = f"{name}{f'!{conversion}' if conversion else ''}{f':{form}' if form else ''}"
        yield literal, None if name is None else as_written
