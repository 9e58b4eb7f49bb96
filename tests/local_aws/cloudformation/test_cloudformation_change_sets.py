# SPDX-License-Identifier: Apache-2.0
"""Change sets: what they tell, and what executing them does."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from tests.local_aws.gates import WAIT, Gate, body, create, rest, status, thing


def test_a_change_set_makes_a_stack_when_it_is_executed(cloudformation: Any, gate: Gate) -> None:
    made = cloudformation.create_change_set(
        StackName="set", ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=body(A=thing())
    )
    cloudformation.get_waiter("change_set_create_complete").wait(ChangeSetName=made["Id"], WaiterConfig=WAIT)
    assert status(cloudformation, "set") == "REVIEW_IN_PROGRESS"
    described = cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert (described["Status"], described["ExecutionStatus"]) == ("CREATE_COMPLETE", "AVAILABLE")
    assert described["Changes"] == [
        {
            "Type": "Resource",
            "ResourceChange": {"Action": "Add", "LogicalResourceId": "A", "ResourceType": "AWS::Test::Gate"},
        }
    ]
    assert gate.existing == {}
    cloudformation.execute_change_set(ChangeSetName="first", StackName="set")
    assert rest(cloudformation, "set") == "CREATE_COMPLETE"
    assert len(gate.existing) == 1
    with pytest.raises(ClientError) as refused:
        cloudformation.execute_change_set(ChangeSetName="first", StackName="set")
    assert refused.value.response["Error"]["Code"] == "InvalidChangeSetStatus"


def test_a_change_set_tells_and_does_an_update(cloudformation: Any, gate: Gate) -> None:
    create(cloudformation, "changing", body(A=thing(Value="1"), B=thing(Name="x"), C=thing()))
    keywords = {"StackName": "changing", "ChangeSetType": "UPDATE"}
    template = body(A=thing(Value="2"), B=thing(Name="y"), D=thing())
    cloudformation.create_change_set(ChangeSetName="next", TemplateBody=template, **keywords)
    described = cloudformation.describe_change_set(StackName="changing", ChangeSetName="next")
    told = {one["ResourceChange"]["LogicalResourceId"]: one["ResourceChange"] for one in described["Changes"]}
    assert {name: change["Action"] for name, change in told.items()} == {
        "A": "Modify", "B": "Modify", "C": "Remove", "D": "Add",
    }  # fmt: skip
    assert (told["A"]["Replacement"], told["B"]["Replacement"]) == ("False", "True")
    assert told["B"]["PhysicalResourceId"] == "x"
    cloudformation.execute_change_set(ChangeSetName="next", StackName="changing")
    assert rest(cloudformation, "changing") == "UPDATE_COMPLETE"
    assert {"y"} < set(gate.existing)


def test_a_change_set_without_changes_fails_in_awss_words(cloudformation: Any, gate: Gate) -> None:
    create(cloudformation, "still", body(A=thing()))
    made = cloudformation.create_change_set(
        StackName="still", ChangeSetName="none", ChangeSetType="UPDATE", TemplateBody=body(A=thing())
    )
    with pytest.raises(WaiterError):
        cloudformation.get_waiter("change_set_create_complete").wait(ChangeSetName=made["Id"], WaiterConfig=WAIT)
    described = cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert (described["Status"], described["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert described["StatusReason"].startswith("The submitted information didn't contain changes.")
    cloudformation.delete_change_set(ChangeSetName="none", StackName="still")
    with pytest.raises(ClientError, match="does not exist") as refused:
        cloudformation.describe_change_set(ChangeSetName="none", StackName="still")
    assert refused.value.response["Error"]["Code"] == "ChangeSetNotFound"
