# SPDX-License-Identifier: Apache-2.0
"""Every claim, by its id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from scripts.verification.claims import events, infrastructure, sagemaker
from scripts.verification.claims.claim import Claim

CLAIMS: Final[Mapping[str, Claim]] = {
    claim.id: claim for claim in (*infrastructure.CLAIMS, *sagemaker.CLAIMS, *events.CLAIMS)
}


def settled_by(parts: Iterable[str]) -> list[Claim]:
    """Return the claims that these parts settle."""
    names = set(parts)
    return [claim for claim in CLAIMS.values() if claim.part in names]
