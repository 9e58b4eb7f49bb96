# SPDX-License-Identifier: Apache-2.0
"""Decision about a request, from identity policies, permissions boundary and resource policy.

Within an account, the principal's or the resource's policy has to allow; across accounts, both have to. The policies
of keys and roles have to allow in any case. An explicit deny always wins.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from dataclasses import dataclass, field

from scripts.iam import statements
from scripts.iam.documents import Document
from scripts.iam.patterns import Context
from scripts.iam.statements import Principal

_ALLOW, _DENY = "Allow", "Deny"


@dataclass(frozen=True)
class Resource:
    """Resource of a request. `account` owns it (not every ARN names it); `policy` is its resource policy, if any.

    `needs_policy` is true for KMS keys and roles: nobody has access unless their policy grants it.
    """

    arn: str
    account: str
    policy: Document | None = None
    needs_policy: bool = False


@dataclass(frozen=True)
class Request:
    """Request of a principal for an action. All `resources` have to be allowed. Keys of `context` are in lower case."""

    principal: Principal
    action: str
    resources: tuple[Resource, ...]
    context: Context = field(default_factory=dict)


@dataclass(frozen=True)
class Policies:
    """Policies attached to the principal."""

    identity: tuple[Document, ...] = ()
    boundary: Document | None = None


@dataclass(frozen=True)
class Decision:
    """Result of an evaluation; `reason` is AWS's sentence for a refusal, empty if allowed."""

    allowed: bool
    reason: str = ""


ALLOWED = Decision(allowed=True)


class _Grant(enum.Enum):
    """Kind of principal to which a resource policy grants access: session, role (or everybody), account, or none."""

    NONE = enum.auto()
    ACCOUNT = enum.auto()
    ROLE = enum.auto()
    SESSION = enum.auto()


def decide(request: Request, policies: Policies) -> Decision:
    """Allow, or refuse with the first reason found."""
    for resource in request.resources:
        why = _why_not(request, resource, policies)
        if why:
            return Decision(False, _sentence(request, resource, why))
    return ALLOWED


def _why_not(request: Request, resource: Resource, policies: Policies) -> str:
    denied = _denied(request, resource, policies)
    if denied:
        return f"with an explicit deny in {denied}"
    grant = _granted(request, resource)
    missing = _missing(request, resource, policies, grant)
    return f"because no {missing} allows the {request.action} action" if missing else ""


def _denied(request: Request, resource: Resource, policies: Policies) -> str:
    """Return the kind of policy that denies the request explicitly; empty if none does."""
    if resource.policy and _applies(request, resource, [resource.policy], _DENY, as_resource=True):
        return "a resource-based policy"
    if _applies(request, resource, policies.identity, _DENY):
        return "an identity-based policy"
    if policies.boundary and _applies(request, resource, [policies.boundary], _DENY):
        return "a permissions boundary"
    return ""


def _missing(request: Request, resource: Resource, policies: Policies, grant: _Grant) -> str:
    """Return the kind of policy that would have to allow the request and does not; empty if none is missing."""
    if request.principal.service:
        return "" if grant is not _Grant.NONE else "resource-based policy"
    crosses = resource.account != request.principal.account
    needs_resource = crosses or resource.needs_policy
    if needs_resource and grant is _Grant.NONE:
        return "resource-based policy"
    # A policy that names a principal of its own account allows it. One that names the account leaves the decision
    # to the principal's identity policies.
    suffices = not crosses and grant in (_Grant.ROLE, _Grant.SESSION)
    if not suffices and not _applies(request, resource, policies.identity, _ALLOW):
        return "identity-based policy"
    # A role's boundary does not limit what is granted to its session, but does limit what is granted to the role.
    beyond = suffices and grant is _Grant.SESSION
    if policies.boundary and not beyond and not _applies(request, resource, [policies.boundary], _ALLOW):
        return "permissions boundary"
    return ""


def _granted(request: Request, resource: Resource) -> _Grant:
    if resource.policy is None:
        return _Grant.NONE
    found = _Grant.NONE
    for statement in resource.policy.statements:
        if statement.effect != _ALLOW or not statements.applies(
            statement, request.action, resource.arn, request.context
        ):
            continue
        kinds = statements.named(statement, request.principal)
        if "session" in kinds:
            return _Grant.SESSION
        if "role" in kinds:
            found = _Grant.ROLE
        elif "account" in kinds and found is _Grant.NONE:
            found = _Grant.ACCOUNT
    return found


def _applies(
    request: Request, resource: Resource, documents: Iterable[Document], effect: str, as_resource: bool = False
) -> bool:
    """Whether a statement with this effect applies to the request."""
    return any(
        statement.effect == effect
        and statements.applies(statement, request.action, resource.arn, request.context)
        and (not as_resource or bool(statements.named(statement, request.principal)))
        for document in documents
        for statement in document.statements
    )


def _sentence(request: Request, resource: Resource, why: str) -> str:
    who = f"User: {request.principal.arn}" if not request.principal.service else request.principal.service
    return f"{who} is not authorized to perform: {request.action} on resource: {resource.arn} {why}"
