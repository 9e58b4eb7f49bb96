# SPDX-License-Identifier: Apache-2.0
"""Which Organization an account is in, as condition keys tell it."""

from __future__ import annotations

from moto.organizations.models import organizations_backends


def of(account: str, partition: str) -> str | None:
    """`o-...`, or None for an account that is in none."""
    management, _ = organizations_backends.master_accounts.get(account, (account, partition))
    organization = organizations_backends[management][partition].org
    return str(organization.id) if organization is not None else None
