# SPDX-License-Identifier: Apache-2.0
"""Content of a card as an object, whoever wrote it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def read(text: str | None) -> dict[str, Any]:
    """Return the sections; the text itself, as one of them, if it is no JSON object."""
    try:
        content = json.loads(text or "{}")
    except ValueError:
        content = None
    return content if isinstance(content, dict) else {"content": text}


def overview(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what the card says of its model first."""
    found = content.get("model_overview")
    return found if isinstance(found, Mapping) else {}
