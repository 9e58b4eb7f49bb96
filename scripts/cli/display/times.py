# SPDX-License-Identifier: Apache-2.0
"""Times for people."""

from __future__ import annotations


def minute(moment: object) -> str:
    """Return a time of the API, or one in ISO 8601, to the minute; empty for none."""
    return str(moment or "")[:16].replace("T", " ")
