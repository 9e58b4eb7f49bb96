# SPDX-License-Identifier: Apache-2.0
"""Policies looked at without a request."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.iam import coverage, documents

ORGANIZATION = {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}


def policy(*statements: dict[str, Any]) -> list[documents.Document]:
    return [documents.parse({"Statement": list(statements)})]


def statement(effect: str = "Allow", action: str = "s3:*", resource: str = "arn:aws:s3:::b/*", **more: Any) -> Any:
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


@pytest.mark.parametrize(
    ("statements", "resource", "allowed"),
    [
        ([statement()], "arn:aws:s3:::b/in/*", True),
        ([statement()], "arn:aws:s3:::*", False),
        ([statement(action="s3:GetObjectV*")], "arn:aws:s3:::b/*", False),
        ([statement(action="S3:GET*")], "arn:aws:s3:::b/*", True),
        ([statement(), statement("Deny", resource="*")], "arn:aws:s3:::b/*", False),
        ([statement(Condition=ORGANIZATION)], "arn:aws:s3:::b/*", False),
        ([statement(), statement("Deny", resource="*", Condition=ORGANIZATION)], "arn:aws:s3:::b/*", True),
    ],
)
def test_an_action_on_a_pattern(statements: list[Any], resource: str, allowed: bool) -> None:
    assert coverage.allows(policy(*statements), "s3:GetObject", resource) is allowed


def test_conditions_can_be_left_to_the_reader() -> None:
    documents_ = policy(statement(Condition=ORGANIZATION))

    assert coverage.allows(documents_, "s3:GetObject", "arn:aws:s3:::b/x", conditional=True)
    (found,) = coverage.allowing(documents_, "s3:GetObject", "arn:aws:s3:::b/x")
    assert found.conditions[0].key == "aws:PrincipalOrgID"
