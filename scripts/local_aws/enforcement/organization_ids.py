# SPDX-License-Identifier: Apache-2.0
"""Organization of an account, as in condition keys."""

from __future__ import annotations

from moto.organizations.models import organizations_backends


def of(account: str, partition: str) -> str | None:
    """Return `o-...`; None for an account in no Organization."""
    management, _ = organizations_backends.master_accounts.get(account, (account, partition))
    organization = organizations_backends[management][partition].org
    return str(organization.id) if organization is not None else None
