# SPDX-License-Identifier: Apache-2.0
"""What analysers are shown, and how their findings are compared with explanations; `make analyse` runs them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.permissions.analysis import explained, resolved
from tests.permissions.analysis.explained import Explanation, Finding

Template = dict[str, Any]


@pytest.fixture(scope="module")
def roles() -> list[dict[str, Any]]:
    details: list[dict[str, Any]] = resolved.account()["RoleDetailList"]
    return details


def test_every_role_of_every_template_is_shown(roles: list[dict[str, Any]], templates: dict[str, Template]) -> None:
    made = {
        name
        for template in templates.values()
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
    }
    assert {role["RoleName"].rpartition("/")[2] for role in roles} == made


def test_every_policy_of_every_template_is_shown(roles: list[dict[str, Any]], templates: dict[str, Template]) -> None:
    """Also those that are resources of their own, which a role does not name; a boundary gives nobody anything."""
    shown = {policy["PolicyName"] for role in roles for policy in role["RolePolicyList"]}
    made = {
        name
        for template in templates.values()
        for name, resource in template["Resources"].items()
        if resource["Type"] in {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"} and name != "Boundary"
    }
    assert made
    assert made <= shown


def test_nothing_is_left_for_cloudformation_to_fill_in(roles: list[dict[str, Any]]) -> None:
    """A call would be taken for no resource, and what it stands for never judged."""
    text = json.dumps(roles)
    assert '"Fn::' not in text
    assert '"Ref"' not in text
    assert "${AWS::" not in text
    assert '"*/' not in text


class TestExplanations:
    WIDER = Finding("PrivilegeEscalation", "PipelineRole", "PutRolePolicy")

    def test_those_of_today_leave_nothing_over_and_nothing_out(self) -> None:
        found = [finding for one in explained.EXPLAINED for finding in one.findings()]
        assert explained.unexplained(found) == []
        assert explained.unneeded(found) == []
        assert len(found) == len(set(found)), "explained twice"

    def test_a_finding_of_another_role_is_not_explained(self) -> None:
        assert explained.unexplained([self.WIDER]) == [self.WIDER]

    def test_an_explanation_is_needed_for_each_role_and_each_thing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        one = Explanation("ResourceExposure", ("A", "B"), ("iam:PassRole", "iam:PutRolePolicy"), "because")
        monkeypatch.setattr(explained, "EXPLAINED", (one,))
        missing = Finding("ResourceExposure", "B", "iam:PutRolePolicy")
        assert explained.unneeded(set(one.findings()) - {missing}) == [missing]
