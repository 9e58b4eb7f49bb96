# SPDX-License-Identifier: Apache-2.0
"""The decision: AWS's rules about identity policies, boundaries and resource policies, in one account and across.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

from typing import Any

import pytest

from scripts.iam import documents, evaluation
from scripts.iam.documents import MalformedPolicyError
from scripts.iam.evaluation import Decision, Policies, Request, Resource
from scripts.iam.statements import Principal

ROLE = "arn:aws:iam::111122223333:role/teams/reader"
SESSION = "arn:aws:sts::111122223333:assumed-role/reader/anna"
READER = Principal(SESSION, ROLE)
OBJECT = "arn:aws:s3:::bucket/a/b"
ACTION = "s3:GetObject"


def statement(effect: str = "Allow", **more: Any) -> dict[str, Any]:
    about = {"Action": ACTION} if "NotAction" not in more else {}
    return {"Effect": effect, **about, **({"Resource": "*"} if "NotResource" not in more else {}), **more}


def document(*statements: dict[str, Any]) -> documents.Document:
    return documents.parse({"Version": "2012-10-17", "Statement": list(statements)})


def decide(
    identity: list[dict[str, Any]],
    resource: list[dict[str, Any]] | None = None,
    boundary: list[dict[str, Any]] | None = None,
    *,
    account: str = READER.account,
    needs_policy: bool = False,
    principal: Principal = READER,
) -> Decision:
    target = Resource(OBJECT, account, document(*resource) if resource else None, needs_policy)
    policies = Policies((document(*identity),), document(*boundary) if boundary else None)
    return evaluation.decide(Request(principal, ACTION, (target,)), policies)


def to(principal: Any, effect: str = "Allow") -> list[dict[str, Any]]:
    return [statement(effect, Principal=principal)]


ALLOW = [statement()]
DENY = [statement("Deny")]
ROOT = {"AWS": "arn:aws:iam::111122223333:root"}
OTHER = "999988887777"


@pytest.mark.parametrize(
    ("identity", "resource", "boundary", "allowed"),
    [
        pytest.param([], None, None, False, id="nothing says yes"),
        pytest.param(ALLOW, None, None, True, id="identity policy"),
        pytest.param(ALLOW + DENY, None, None, False, id="explicit deny wins"),
        pytest.param(ALLOW, to("*", "Deny"), None, False, id="a resource's deny wins"),
        pytest.param(ALLOW, to({"AWS": "arn:aws:iam::111122223333:role/other"}, "Deny"), None, True, id="other's deny"),
        pytest.param([], to({"AWS": ROLE}), None, True, id="resource policy names the role"),
        pytest.param([], to({"AWS": SESSION}), None, True, id="resource policy names the session"),
        pytest.param([], to("*"), None, True, id="resource policy names everybody"),
        pytest.param([], to(ROOT), None, False, id="resource policy names the account"),
        pytest.param(ALLOW, to(ROOT), None, True, id="account and identity policy"),
        pytest.param([], to({"Service": "events.amazonaws.com"}), None, False, id="resource policy names a service"),
        pytest.param(ALLOW, None, ALLOW, True, id="boundary allows"),
        pytest.param(ALLOW, None, [statement(Action="s3:PutObject")], False, id="boundary does not allow"),
        pytest.param(ALLOW, None, ALLOW + DENY, False, id="boundary denies"),
        pytest.param([], None, ALLOW, False, id="a boundary gives nothing"),
        pytest.param([], to({"AWS": ROLE}), [statement(Action="s3:Put*")], False, id="boundary limits the role"),
        pytest.param([], to({"AWS": SESSION}), [statement(Action="s3:Put*")], True, id="boundary, session named"),
    ],
)
def test_in_one_account(identity: Any, resource: Any, boundary: Any, allowed: bool) -> None:
    assert decide(identity, resource, boundary).allowed is allowed


@pytest.mark.parametrize(
    ("identity", "resource", "allowed"),
    [
        (ALLOW, None, False),
        ([], to({"AWS": ROLE}), False),
        (ALLOW, to({"AWS": ROLE}), True),
        (ALLOW, to(ROOT), True),
        (ALLOW, to({"AWS": "111122223333"}), True),
        (ALLOW, to({"AWS": "999988887777"}), False),
        (ALLOW, to("*"), True),
    ],
)
def test_across_accounts_both_must_allow(identity: Any, resource: Any, allowed: bool) -> None:
    assert decide(identity, resource, account=OTHER).allowed is allowed


@pytest.mark.parametrize(
    ("identity", "resource", "allowed"),
    [(ALLOW, None, False), (ALLOW, to(ROOT), True), ([], to(ROOT), False), ([], to({"AWS": ROLE}), True)],
)
def test_keys_and_roles_always_need_their_own_policy(identity: Any, resource: Any, allowed: bool) -> None:
    assert decide(identity, resource, needs_policy=True).allowed is allowed


@pytest.mark.parametrize(
    ("resource", "allowed"),
    [
        (to({"Service": "events.amazonaws.com"}), True),
        (to({"Service": ["sns.amazonaws.com", "events.amazonaws.com"]}), True),
        (to({"Service": "sns.amazonaws.com"}), False),
        (to({"Service": "events.amazonaws.com"}) + to("*", "Deny"), False),
        (None, False),
    ],
)
def test_a_service_is_let_in_by_the_resource_alone(resource: Any, allowed: bool) -> None:
    assert decide([], resource, principal=Principal(service="events.amazonaws.com")).allowed is allowed


@pytest.mark.parametrize(
    ("element", "allowed"),
    [
        ({"NotAction": "s3:Delete*"}, True),
        ({"NotAction": "S3:get*"}, False),
        ({"NotResource": "arn:aws:s3:::other/*"}, True),
        ({"NotResource": "arn:aws:s3:::bucket/*"}, False),
        ({"Action": ["s3:PutObject", "s3:get*"]}, True),
        ({"Resource": ["arn:aws:s3:::bucket/*"]}, True),
        ({"Resource": "arn:aws:s3:::bucket"}, False),
    ],
)
def test_elements_of_a_statement(element: Any, allowed: bool) -> None:
    assert decide([statement(**element)]).allowed is allowed


def test_who_is_not_listed_is_denied_by_not_principal() -> None:
    listed = {"AWS": [ROLE, SESSION, ROOT["AWS"]]}

    assert decide(ALLOW, [statement("Deny", NotPrincipal=listed)]).allowed
    assert not decide(ALLOW, [statement("Deny", NotPrincipal={"AWS": "arn:aws:iam::111122223333:role/x"})]).allowed


ABOUT = f"User: {SESSION} is not authorized to perform: {ACTION} on resource: {OBJECT}"


@pytest.mark.parametrize(
    ("identity", "resource", "boundary", "account", "why"),
    [
        ([], None, None, "", f"because no identity-based policy allows the {ACTION} action"),
        (DENY, None, None, "", "with an explicit deny in an identity-based policy"),
        (ALLOW, to("*", "Deny"), None, "", "with an explicit deny in a resource-based policy"),
        (ALLOW, None, DENY, "", "with an explicit deny in a permissions boundary"),
        (ALLOW, None, [statement(Action="s3:Put*")], "", f"because no permissions boundary allows the {ACTION} action"),
        (ALLOW, None, None, OTHER, f"because no resource-based policy allows the {ACTION} action"),
    ],
)
def test_the_reason_is_awss_sentence(identity: Any, resource: Any, boundary: Any, account: str, why: str) -> None:
    decision = decide(identity, resource, boundary, account=account or READER.account)

    assert decision == Decision(False, f"{ABOUT} {why}")


def test_every_resource_must_be_allowed() -> None:
    policies = Policies((document(statement(Resource=OBJECT)),))
    both = (Resource(OBJECT, READER.account), Resource(f"{OBJECT}/c", READER.account))

    assert evaluation.decide(Request(READER, ACTION, both[:1]), policies).allowed
    assert f"{OBJECT}/c " in evaluation.decide(Request(READER, ACTION, both), policies).reason


@pytest.mark.parametrize(
    "policy",
    [
        "no JSON",
        "[]",
        {"Statement": [{"Effect": "Maybe", "Action": "*"}]},
        {"Statement": [{"Effect": "Allow"}]},
        {"Statement": [{"Effect": "Allow", "Action": "a:b", "NotAction": "a:c"}]},
    ],
)
def test_what_is_no_policy_is_refused(policy: Any) -> None:
    with pytest.raises(MalformedPolicyError):
        documents.parse(policy)
