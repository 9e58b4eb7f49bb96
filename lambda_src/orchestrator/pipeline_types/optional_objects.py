# SPDX-License-Identifier: Apache-2.0
"""Objects of a request that may be left out, for which the empty text stands, too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError


def optional_object(expected: str) -> BeforeValidator:
    """Take an object, or the empty text as a key left out; `expected` completes "must be ..." for anything else."""

    def read(value: Any) -> Any:
        if value == "":
            return None
        if not isinstance(value, Mapping):
            raise PydanticCustomError("expectation", f"must be {expected}")
        return value

    return BeforeValidator(read)
