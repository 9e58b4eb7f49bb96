# SPDX-License-Identifier: Apache-2.0
"""Keys and values of a version's metadata, in letters and lengths that SageMaker takes.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html
"""

from __future__ import annotations

import re
from typing import Final

MOST: Final = 50
"""Entries that a version can have."""
_LONGEST_KEY: Final = 128
_LONGEST_VALUE: Final = 256
_NOT_TAKEN: Final = re.compile(r"[^\w .:/=+@-]")


def key(text: str) -> str:
    """Return a text as a key."""
    return _NOT_TAKEN.sub("_", text)[:_LONGEST_KEY]


def value(text: str) -> str:
    """Return a text as a value."""
    return _NOT_TAKEN.sub("_", text)[:_LONGEST_VALUE]
