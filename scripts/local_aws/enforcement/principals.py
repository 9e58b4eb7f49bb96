# SPDX-License-Identifier: Apache-2.0
"""Principal of an access key, and the policies attached to a role."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any

from moto.iam.models import get_account_id_from, iam_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import get_partition

from scripts.iam import documents
from scripts.iam.evaluation import Policies
from scripts.iam.statements import Principal


@dataclass(frozen=True)
class _Session:
    arn: str
    role_arn: str


# A session never changes, and STS never issues a key twice. The roles are looked up each time.
_sessions: dict[str, _Session] = {}
_lock = threading.Lock()


def forget() -> None:
    """Drop the sessions: their keys are invalid at the next server."""
    with _lock:
        _sessions.clear()


def behind(access_key: str, region: str) -> Principal | None:
    """Return the session of an existing role; None for all other callers, who are administrators of the account."""
    session = _sessions.get(access_key) or _found(access_key, region)
    if session is None or role(session.role_arn) is None:
        return None
    return Principal(session.arn, session.role_arn)


def acting_as(role_arn: str, session_name: str) -> Principal:
    """Return the principal of a service that has assumed a role."""
    _, partition, _, _, account, name = role_arn.split(":", 5)
    return Principal(f"arn:{partition}:sts::{account}:assumed-role/{name.rsplit('/', 1)[-1]}/{session_name}", role_arn)


def role(role_arn: str) -> Any:
    """Return moto's role of an ARN, or None."""
    _, partition, _, _, account, name = role_arn.split(":", 5)
    backend = iam_backends[account][partition]
    return next((each for each in list(backend.roles.values()) if each.arn == role_arn), None) if name else None


def attached(role_arn: str) -> Policies:
    """Return the inline and managed policies of a role, and its permissions boundary."""
    found = role(role_arn)
    if found is None:
        return Policies()
    texts = [*found.policies.values(), *map(_text, list(found.managed_policies.values()))]
    boundary = _managed(role_arn, found.permissions_boundary_arn) if found.permissions_boundary_arn else None
    return Policies(tuple(documents.parse(text) for text in texts), boundary)


def _managed(role_arn: str, policy_arn: str) -> documents.Document:
    """Return a managed policy; a missing one allows nothing."""
    _, partition, _, _, account, _ = role_arn.split(":", 5)
    policy = iam_backends[account][partition].managed_policies.get(policy_arn)
    return documents.parse(_text(policy)) if policy is not None else documents.Document()


def _text(policy: Any) -> str:
    """Return the document of a managed policy's default version."""
    return str(next(version.document for version in policy.versions if version.is_default))


def _found(access_key: str, region: str) -> _Session | None:
    backend = sts_backends[get_account_id_from(access_key)][get_partition(region)]
    session = backend.get_assumed_role_from_access_key(access_key)
    if session is None:
        return None
    with _lock:
        return _sessions.setdefault(access_key, _Session(session.arn, session.role_arn))
