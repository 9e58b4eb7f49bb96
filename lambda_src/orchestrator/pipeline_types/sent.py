# SPDX-License-Identifier: Apache-2.0
"""Body of a request as it was understood, before defaults; packages hold it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Sent:
    """The body as text. How a request is written does not make it another one: all are equal."""

    text: bytes = field(default=b"", compare=False)

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """Write a body, without the wish for a dry run."""
        return cls(json.dumps({key: value for key, value in body.items() if key != "dry_run"}, indent=4).encode())
