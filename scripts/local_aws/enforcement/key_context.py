# SPDX-License-Identifier: Apache-2.0
"""Condition keys of KMS keys.

https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from moto.kms.models import kms_backends

_KEY: Final = ":key/"


def of(arn: str) -> dict[str, Sequence[str]]:
    """Return the aliases of a key as a condition key; empty for other resources."""
    if ":kms:" not in arn or _KEY not in arn:
        return {}
    _, _, _, region, account, rest = arn.split(":", 5)
    key_id = rest.removeprefix("key/")
    key = kms_backends[account][region].keys.get(key_id)
    aliases = key.aliases if key is not None else {}
    return {"kms:resourcealiases": sorted(aliases)} if aliases else {}
