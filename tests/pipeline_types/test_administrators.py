# SPDX-License-Identifier: Apache-2.0
"""Which rights a blueprint may not hand out by the way, and when it may."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from orchestrator.launch.options import RoleOptions
from scripts.iam import documents
from scripts.iam.resolving import Place
from scripts.pipeline_types import administrators
from scripts.pipeline_types.administrators import Right
from scripts.pipeline_types.permissions import Operator

CASES: Final[list[dict[str, Any]]] = yaml.safe_load(Path(__file__).with_name("administrators.yaml").read_text("utf-8"))
PLACE: Final = Place("aws", "eu-west-1", "111122223333")
OPERATOR: Final = Operator(PLACE)


def template(resources: Any) -> dict[str, Any]:
    return {
        "Parameters": {name: {"Type": "String"} for name in ("Team", "Actions", "PermissionsBoundaryName", "RolePath")},
        "Conditions": {"Never": {"Fn::Equals": [{"Ref": "Team"}, "nobody"]}},
        "Resources": resources,
    }


def said(resources: Any, operator: Operator = OPERATOR) -> list[str]:
    return [right.words for right in administrators.rights(template(resources), operator)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["case"]))
def test_what_a_blueprint_would_hand_out(case: dict[str, Any]) -> None:
    found = said(case["resources"])
    assert len(found) == len(case["says"]), found
    for words in case["says"]:
        assert any(one.startswith(words) for one in found), found


BOUNDED: Final = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/${PermissionsBoundaryName}"}


@pytest.mark.parametrize(
    ("options", "properties", "words"),
    [
        (RoleOptions(), {}, []),
        (RoleOptions(PermissionsBoundaryName="limits"), {}, ["has no permissions boundary"]),
        (RoleOptions(PermissionsBoundaryName="limits"), {"PermissionsBoundary": BOUNDED}, []),
        (
            RoleOptions(PermissionsBoundaryName="limits"),
            {"PermissionsBoundary": {"Ref": "Team"}},
            ["has no perm"],
        ),
        (RoleOptions(RolePath="/ml/"), {}, ["has no path"]),
        (RoleOptions(RolePath="/ml/"), {"Path": {"Ref": "RolePath"}}, []),
    ],
)
def test_a_role_keeps_to_the_limits_of_the_launch(
    options: RoleOptions, properties: dict[str, Any], words: list[str]
) -> None:
    found = said({"R": {"Type": "AWS::IAM::Role", "Properties": properties}}, Operator(PLACE, options=options))
    assert [one[: len(each)] for one, each in zip(found, words, strict=True)] == words


ALLOW: Final = {"Effect": "Allow", "Action": "iam:Put*", "Resource": "*"}
DENY: Final = {"Effect": "Deny", "Action": "iam:PutRolePolicy", "Resource": "*"}


@pytest.mark.parametrize(
    ("statements", "says_so", "is_granted"),
    [
        ([ALLOW], True, True),
        ([ALLOW], False, False),
        ([], True, False),
        ([ALLOW, DENY], True, False),
        ([{**ALLOW, "Action": "iam:AttachRolePolicy"}], True, False),
    ],
)
def test_only_the_operator_and_the_policy_together_grant_it(
    statements: list[Any], says_so: bool, is_granted: bool
) -> None:
    policy = documents.parse({"Statement": statements})
    operator = Operator(PLACE, (policy,), allow_administrator=says_so)
    assert Right("R", "allows *", "iam:PutRolePolicy").is_granted(operator) is is_granted
