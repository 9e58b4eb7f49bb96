# SPDX-License-Identifier: Apache-2.0
"""Policies as long as CloudFormation makes them: IAM refuses a role whose inline policies are too long together.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html (characters without white space).
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

import pytest

Template = dict[str, Any]

MOST_INLINE: Final = 10_240
MOST_MANAGED: Final = 6_144
# The longest that the pseudo parameters become in any partition, and long values of other references.
LENGTHS: Final = {
    "AWS::Partition": len("aws-us-gov"),
    "AWS::Region": len("ap-southeast-7"),
    "AWS::AccountId": 12,
    "AWS::URLSuffix": len("amazonaws.com.cn"),
    "AWS::StackName": 64,
    "AWS::StackId": 160,
}
REFERENCE: Final = 64
ARN: Final = 120


def filled(value: Any, given: dict[str, Any]) -> Any:
    """A value with texts of realistic lengths in the place of CloudFormation's functions; of two, the longer one."""
    if isinstance(value, list):
        return [filled(item, given) for item in value]
    if not isinstance(value, dict):
        return value
    if len(value) != 1:
        return {key: filled(item, given) for key, item in value.items()}
    ((name, argument),) = value.items()
    return FUNCTIONS[name](argument, given) if name in FUNCTIONS else {name: filled(argument, given)}


def _reference(name: str, given: dict[str, Any]) -> str:
    return "" if name == "AWS::NoValue" else "x" * len(str(given.get(name, "x" * LENGTHS.get(name, REFERENCE))))


def _text(argument: Any, given: dict[str, Any]) -> str:
    template, variables = argument if isinstance(argument, list) else (argument, {})
    known = {**given, **{name: filled(item, given) for name, item in variables.items()}}
    return re.sub(r"\$\{([^!}]+)\}", lambda found: _reference(found[1], known), template)


def _longer(argument: list[Any], given: dict[str, Any]) -> Any:
    return max((filled(item, given) for item in argument[1:]), key=lambda item: len(json.dumps(item)))


FUNCTIONS: Final[dict[str, Any]] = {
    "Ref": _reference,
    "Fn::GetAtt": lambda _, __: "x" * ARN,
    "Fn::Sub": _text,
    "Fn::If": _longer,
    "Fn::Join": lambda argument, given: argument[0].join(map(str, filled(argument[1], given))),
    "Fn::Select": lambda _, __: "x" * 12,
    "Fn::Split": lambda _, __: ["x" * REFERENCE],
}


def length(document: Any) -> int:
    return len(re.sub(r"\s", "", json.dumps(filled(document, {}), separators=(",", ":"))))


def test_inline_policies_fit_into_their_role(templates: dict[str, Template]) -> None:
    too_long = {
        f"{path}: {name}": total
        for path, template in templates.items()
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
        and (total := sum(length(one) for one in inline(resource))) > MOST_INLINE
    }
    assert too_long == {}


def test_managed_policies_fit(templates: dict[str, Template]) -> None:
    too_long = {
        f"{path}: {name}": total
        for path, template in templates.items()
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
        and (total := length(resource["Properties"]["PolicyDocument"])) > MOST_MANAGED
    }
    assert too_long == {}


def inline(role: dict[str, Any]) -> list[Any]:
    """The documents of a role's inline policies, those under conditions too."""
    found = (filled(policy, {}) for policy in role["Properties"].get("Policies", []))
    return [policy["PolicyDocument"] for policy in found if policy]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"Fn::Sub": "arn:${AWS::Partition}:s3:::${Bucket}/*"}, len("arn:" + ":s3:::" + "/*") + 10 + 64),
        ({"Fn::If": ["A", "short", "much longer"]}, len("muchlonger")),
        ({"Ref": "AWS::NoValue"}, 0),
    ],
)
def test_a_value_is_as_long_as_it_becomes(value: Any, expected: int) -> None:
    assert length(value) == expected + len('""')
