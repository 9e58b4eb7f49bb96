# SPDX-License-Identifier: Apache-2.0
"""A claim about AWS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DOCS: Final = "https://docs.aws.amazon.com"


@dataclass(frozen=True)
class Seen:
    """Observation of a claim on an account."""

    when: str
    """The day, as 2026-12-01."""
    region: str
    version: str
    """Version of the product."""
    words: str
    """Observation, in a sentence."""


@dataclass(frozen=True)
class Claim:
    """Behaviour of AWS that the product assumes. `what` names the one it rests on, or says that both are allowed."""

    id: str
    what: str
    rests: str
    """Parts of the product that would fail, or work less well, if the claim were wrong."""
    evidence: str
    """Documentation, schema or public log, with the address."""
    part: str = ""
    """The part of a verification that settles it; empty where a person follows `by_hand`."""
    by_hand: str = ""
    seen: Seen | None = None
