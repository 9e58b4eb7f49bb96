# SPDX-License-Identifier: Apache-2.0
"""The Rules of a template: what parameters must be together is refused before anything is made."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.gates import Gate, create, given, rest, thing


def is_empty(name: str) -> dict[str, Any]:
    return {"Fn::Equals": [{"Ref": name}, ""]}


def asserted(name: str, words: str) -> dict[str, Any]:
    return {"Assert": {"Fn::Not": [is_empty(name)]}, "AssertDescription": words}


TEMPLATE = json.dumps(
    {
        "Parameters": {name: {"Type": "String", "Default": ""} for name in ("Key", "Lock", "Door")},
        "Rules": {
            "Locked": {
                "RuleCondition": {"Fn::Not": [is_empty("Key")]},
                "Assertions": [asserted("Lock", "a key needs a lock"), asserted("Door", "a key needs a door")],
            }
        },
        "Resources": {"A": thing(Value={"Ref": "Key"})},
    }
)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"Key": "k"}, "a key needs a lock; a key needs a door"),
        ({"Key": "k", "Lock": "l"}, "a key needs a door"),
    ],
)
def test_what_a_rule_asserts_must_hold(cloudformation: Any, gate: Gate, values: dict[str, str], said: str) -> None:
    with pytest.raises(ClientError) as refused:
        cloudformation.create_stack(StackName="unruly", TemplateBody=TEMPLATE, Parameters=given(**values))
    assert refused.value.response["Error"]["Message"].endswith(f": {said}")
    assert gate.existing == {}


def test_a_rule_counts_when_its_condition_holds(cloudformation: Any, gate: Gate) -> None:
    create(cloudformation, "ruled", TEMPLATE, Parameters=given(Lock="l"))
    with pytest.raises(ClientError, match="a key needs a door"):
        cloudformation.update_stack(StackName="ruled", TemplateBody=TEMPLATE, Parameters=given(Lock="l", Key="k"))
    assert rest(cloudformation, "ruled") == "CREATE_COMPLETE"
