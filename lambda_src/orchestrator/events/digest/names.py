# SPDX-License-Identifier: Apache-2.0
"""The name of the rule that asks for the digest, which tells its events from those of other schedules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

RULE: Final = "digest"
"""End of the rule's name."""


def is_due(event: Mapping[str, Any]) -> bool:
    """True for a scheduled event of this rule; the event names the rule's ARN."""
    return any(str(arn).endswith(f"-{RULE}") for arn in event.get("resources") or ())
