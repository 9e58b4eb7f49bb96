# SPDX-License-Identifier: Apache-2.0
"""Tags given at launch: for the root stack, and for everything that its pipelines make.

https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

_MOST_TAGS: Final = 50
_LONGEST_KEY: Final = 128
_LONGEST_VALUE: Final = 256
# Characters that every service accepts.
_TEXT: Final = re.compile(r"[\w\s.:/=+@-]*")
_RESERVED: Final = {"aws:": "AWS", "mlops:": "the solution"}


def problems(tags: Mapping[str, str]) -> Iterator[str]:
    """Yield messages about tags that AWS or the solution would refuse."""
    if len(tags) > _MOST_TAGS:
        yield f"a stack can have {_MOST_TAGS} tags; got {len(tags)}"
    for key, value in tags.items():
        yield from _problems_of(key, value)


def _problems_of(key: str, value: str) -> Iterator[str]:
    if not 1 <= len(key) <= _LONGEST_KEY or "=" in key:
        yield f"tag {key!r}: a key has 1 to {_LONGEST_KEY} characters and no ="
    if len(value) > _LONGEST_VALUE:
        yield f"tag {key}: a value has at most {_LONGEST_VALUE} characters; got {len(value)}"
    if not _TEXT.fullmatch(f"{key}{value}"):
        yield f"tag {key}: keys and values have letters, digits, spaces and _ . : / = + - @; got {value!r}"
    for prefix, owner in _RESERVED.items():
        if key.lower().startswith(prefix):
            yield f"tag {key}: keys that begin with {prefix} are set by {owner}"


def as_text(tags: Mapping[str, str]) -> str:
    """Return the tags as a launch parameter's value; the first `=` of each ends its key."""
    return ",".join(f"{key}={value}" for key, value in tags.items())


def of_text(text: str) -> dict[str, str]:
    """Parse the tags of a launch parameter's value."""
    pairs = (pair.partition("=") for pair in text.split(",") if pair)
    return {key: value for key, _, value in pairs}
