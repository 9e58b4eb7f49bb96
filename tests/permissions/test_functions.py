# SPDX-License-Identifier: Apache-2.0
"""Roles of functions: they allow every call that the function makes, and what it does not make has a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.permissions import recorded
from tests.permissions.reasons import NEVER, RARELY
from tests.permissions.rows import allowed, functions

Template = dict[str, Any]

ROLES: Final = functions()


def role_of(function: Template) -> str:
    """The logical id of the role that a function works under."""
    given = function["Properties"]["Role"]["Fn::GetAtt"]
    return str(given.removesuffix(".Arn") if isinstance(given, str) else given[0])


def test_every_function_is_on_record(templates: dict[str, Template]) -> None:
    made = [resource for template in templates.values() for resource in template["Resources"].values()]
    assert {role_of(one) for one in made if one["Type"] == "AWS::Lambda::Function"} == set(ROLES)


@pytest.mark.parametrize("role", ROLES)
def test_what_it_calls_is_allowed(role: str, templates: dict[str, Template]) -> None:
    assert recorded.calls()[role] <= allowed(role, templates)


@pytest.mark.parametrize("role", ROLES)
def test_what_it_does_not_call_has_a_reason(
    role: str, templates: dict[str, Template], record_property: Callable[[str, object], None]
) -> None:
    may, does = allowed(role, templates), recorded.calls()[role]
    never, rarely = NEVER.get(role, {}), RARELY.get(role, {})
    record_property(f"role {role}", f"{len(may)} actions allowed, {len(may & does)} called")
    assert may - does - rarely.keys() == never.keys()
    assert rarely.keys() <= may
    assert all([*never.values(), *rarely.values()])


def test_a_call_that_is_not_on_record_is_told() -> None:
    (role, *_) = ROLES
    assert recorded.unrecorded({role: ["s3:ListAllMyBuckets"], "DeployRole": ["iam:CreateRole"]}) == {
        role: {"s3:ListAllMyBuckets"}
    }
    assert recorded.unrecorded({name: sorted(actions) for name, actions in recorded.calls().items()}) == {}
