# SPDX-License-Identifier: Apache-2.0
"""Match of a single statement with a request, and with the principal of the request."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scripts.iam import conditions, patterns
from scripts.iam.documents import ANYBODY, Statement
from scripts.iam.patterns import Context

_ACCOUNT_FIELD = 4


@dataclass(frozen=True)
class Principal:
    """Principal of a request: a role session (`arn` with `role_arn`), a user (`arn`), or a service by its name.

    The role's ARN includes its path, which the session's ARN does not.
    """

    arn: str = ""
    role_arn: str = ""
    service: str = ""

    @functools.cached_property
    def account(self) -> str:
        """Account that the principal belongs to; empty for a service."""
        return self.arn.split(":")[_ACCOUNT_FIELD] if self.arn else ""

    @functools.cached_property
    def partition(self) -> str:
        """`aws`, `aws-cn` or `aws-us-gov`; empty for a service."""
        return self.arn.split(":")[1] if self.arn else ""


def applies(statement: Statement, action: str, resource: str, context: Context) -> bool:
    """Whether action, resource and conditions of a statement match; its principals are not considered."""
    return (
        _is_about_action(statement, action)
        and _is_about_resource(statement, resource, context)
        and conditions.all_hold(statement.conditions, context)
    )


def named(statement: Statement, principal: Principal) -> frozenset[str]:
    """Return how a resource policy's statement names a principal: `session`, `role` or `account`; else empty."""
    if statement.not_principals is not None:
        # Everyone who is not listed is meant; with a role, its account has to be listed as well.
        return frozenset() if _kinds(statement.not_principals, principal) else frozenset({"role"})
    return _kinds(statement.principals or {}, principal)


def _is_about_action(statement: Statement, action: str) -> bool:
    if statement.not_actions is not None:
        return not any(patterns.matches(each, action, ignore_case=True) for each in statement.not_actions)
    return any(patterns.matches(each, action, ignore_case=True) for each in statement.actions or ())


def _is_about_resource(statement: Statement, resource: str, context: Context) -> bool:
    if statement.not_resources is not None:
        return not _one_fits(statement.not_resources, resource, context)
    if statement.resources is None:
        # A role's trust policy names no resource: it applies to the role.
        return True
    return _one_fits(statement.resources, resource, context)


def _one_fits(wanted: Iterable[str], resource: str, context: Context) -> bool:
    for each in wanted:
        pattern = patterns.resolved(each, context)
        if pattern is not None and pattern.fullmatch(resource):
            return True
    return False


def _kinds(principals: Mapping[str, tuple[str, ...]], principal: Principal) -> frozenset[str]:
    if principal.service:
        listed = {*principals.get("Service", ()), *principals.get("AWS", ())}
        return frozenset({"role"}) if listed & {principal.service, ANYBODY} else frozenset()
    listed = set(principals.get("AWS", ()))
    root = f"arn:{principal.partition}:iam::{principal.account}:root"
    kinds = {
        "session": principal.arn in listed,
        "role": principal.role_arn in listed or ANYBODY in listed,
        "account": bool(listed & {principal.account, root}),
    }
    return frozenset(kind for kind, is_named in kinds.items() if is_named)
