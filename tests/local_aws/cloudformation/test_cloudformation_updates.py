# SPDX-License-Identifier: Apache-2.0
"""Updates: what is touched, replaced and removed, and the way back when a step fails."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.gates import PARAMETERS, Gate, body, create, events, given, reason, status, thing, update


def test_an_update_with_nothing_to_do_is_refused_in_awss_words(cloudformation: Any, gate: Gate) -> None:
    create(cloudformation, "same", PARAMETERS, Parameters=given(Plain="x"))
    previous = [{"ParameterKey": "Plain", "UsePreviousValue": True}]
    for keywords in ({"TemplateBody": "Description: new words\n" + PARAMETERS}, {"UsePreviousTemplate": True}):
        with pytest.raises(ClientError, match=r"No updates are to be performed\.") as refused:
            cloudformation.update_stack(StackName="same", Parameters=previous, **keywords)
        assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert status(cloudformation, "same") == "CREATE_COMPLETE"


def test_an_update_touches_what_changed_and_what_follows_from_it(cloudformation: Any, gate: Gate) -> None:
    create(cloudformation, "touch", body(A=thing(Value="1"), B=thing(Value={"Fn::GetAtt": ["A", "Value"]}), C=thing()))
    made = len(events(cloudformation, "touch"))
    state = update(cloudformation, "touch", body(
        A=thing(Value="2"), B=thing(Value={"Fn::GetAtt": ["A", "Value"]}), C=thing(), D=thing()))  # fmt: skip
    assert state == "UPDATE_COMPLETE"
    happened = events(cloudformation, "touch")[made:]
    assert {one for one, _ in happened} == {"touch", "A", "B", "D"}
    assert [one for one in happened if one[0] == "touch"] == [
        ("touch", "UPDATE_IN_PROGRESS"),
        ("touch", "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS"),
        ("touch", "UPDATE_COMPLETE"),
    ]
    assert sorted(str(properties.get("Value")) for properties in gate.existing.values()) == ["2", "2", "None", "None"]


def test_a_replacement_is_made_before_the_old_one_goes(cloudformation: Any, gate: Gate) -> None:
    create(cloudformation, "swap", body(A=thing(Name="old-a"), B=thing(Name="old-b", UpdateReplacePolicy="Retain"),
                                        C=thing(DeletionPolicy="Retain"), D=thing()))  # fmt: skip
    made = len(events(cloudformation, "swap"))
    assert update(cloudformation, "swap", body(A=thing(Name="new-a"), B=thing(Name="new-b"))) == "UPDATE_COMPLETE"
    happened = events(cloudformation, "swap")[made:]
    assert happened.index(("A", "UPDATE_COMPLETE")) < happened.index(("A", "DELETE_COMPLETE"))
    assert {"new-a", "new-b"} < set(gate.existing)
    assert "old-a" not in gate.existing
    # The policy that counts is the one that the old resource had.
    assert "old-b" in gate.existing
    assert ("C", "DELETE_SKIPPED") in happened
    assert ("D", "DELETE_COMPLETE") in happened
    listed = cloudformation.describe_stack_resources(StackName="swap")["StackResources"]
    assert {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in listed} == {"A": "new-a", "B": "new-b"}


def test_a_custom_name_in_the_way_of_a_replacement_is_said(
    cloudformation: Any, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gate, "replaced_by", frozenset({"Value"}))
    create(cloudformation, "named", body(A=thing(Name="mine", Value="1")))
    assert update(cloudformation, "named", body(A=thing(Name="mine", Value="2"))) == "UPDATE_ROLLBACK_COMPLETE"
    assert "Rename mine and update the stack again" in reason(cloudformation, "named", "A", "UPDATE_FAILED")
    assert gate.existing == {"mine": {"Name": "mine", "Value": "1"}}


def test_a_failed_update_restores_resources_and_properties(cloudformation: Any, gate: Gate) -> None:
    before = body(A=thing(Value="1"), B=thing(Name="old"), C=thing(Value="c"), R=thing(Value="r"))
    create(cloudformation, "back", before)
    existing = dict(gate.existing)
    failing = thing(Value="c2", Fail="refused", DependsOn=["A", "B", "N"])
    state = update(cloudformation, "back", body(A=thing(Value="2"), B=thing(Name="new"), N=thing(), C=failing))
    assert state == "UPDATE_ROLLBACK_COMPLETE"
    assert reason(cloudformation, "back", "C", "UPDATE_FAILED") == "refused"
    assert reason(cloudformation, "back", "back", "UPDATE_ROLLBACK_IN_PROGRESS") == (
        "The following resource(s) failed to update: [C]. "
    )
    assert gate.existing == existing
    assert ("R", "DELETE_IN_PROGRESS") not in events(cloudformation, "back")
    with pytest.raises(ClientError, match=r"No updates are to be performed\."):
        cloudformation.update_stack(StackName="back", TemplateBody=before)


def test_a_failed_update_gives_the_tags_back(client: Any, cloudformation: Any, gate: Gate) -> None:
    topic = {"Type": "AWS::SNS::Topic", "Properties": {}}
    create(cloudformation, "tags", body(Topic=topic, A=thing(DependsOn="Topic")), Tags=[{"Key": "is", "Value": "old"}])
    failing = body(Topic=topic, A=thing(Fail="no", DependsOn="Topic"))
    state = update(cloudformation, "tags", failing, Tags=[{"Key": "now", "Value": "new"}])
    assert state == "UPDATE_ROLLBACK_COMPLETE"
    assert ("Topic", "UPDATE_COMPLETE") in events(cloudformation, "tags")
    resource = cloudformation.describe_stack_resource(StackName="tags", LogicalResourceId="Topic")
    arn = resource["StackResourceDetail"]["PhysicalResourceId"]
    assert client("sns").list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "is", "Value": "old"}]
    assert cloudformation.describe_stacks(StackName="tags")["Stacks"][0]["Tags"] == [{"Key": "is", "Value": "old"}]


def test_a_failed_update_stays_when_the_rollback_is_disabled_and_can_be_repaired(
    cloudformation: Any, gate: Gate
) -> None:
    create(cloudformation, "stuck", body(A=thing(Value="1")))
    failing = body(A=thing(Value="2", Fail="no"))
    assert update(cloudformation, "stuck", failing, DisableRollback=True) == "UPDATE_FAILED"
    assert update(cloudformation, "stuck", body(A=thing(Value="2"))) == "UPDATE_COMPLETE"
    assert list(gate.existing.values()) == [{"Value": "2"}]
