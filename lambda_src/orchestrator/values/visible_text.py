# SPDX-License-Identifier: Apache-2.0
"""Characters that make a text look like another."""

from __future__ import annotations

import re
from typing import Final

from pydantic import AfterValidator

# They turn the direction of a text round, end its line, or cannot be seen.
_DISGUISES: Final = re.compile(r"[\x80-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def _no_disguise(value: str) -> str:
    if _DISGUISES.search(value):
        raise ValueError(value)
    return value


VISIBLE: Final = AfterValidator(_no_disguise)
"""Refuses keys of objects that look like others in a list or a mail. Parameters of templates do not check it."""


def escaped(text: str) -> str:
    r"""Somebody else's text for a mail, with what cannot be seen as an escape, such as `\u202e`."""
    return "".join(
        character if character.isprintable() or character == "\n" else character.encode("unicode_escape").decode()
        for character in text
    )
