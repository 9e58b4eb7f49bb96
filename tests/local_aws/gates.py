# SPDX-License-Identifier: Apache-2.0
"""A resource type that the tests steer, and short ways to make stacks of it and to read what happened."""

from __future__ import annotations

import json
import threading
from typing import Any

from scripts.local_aws.cloudformation.resources.base import (
    Properties,
    ResourceContext,
    ResourceFailedError,
    ResourceType,
)
from scripts.local_aws.cloudformation.stacks import Made
from tests.local_aws.deploying import settle
from tests.local_aws.waiting import SECONDS

WAIT = {"Delay": 0.05, "MaxAttempts": 600}


class Gate(ResourceType):
    """A resource whose steps wait until the test lets them go on, or fail when the template says so."""

    type_name = "AWS::Test::Gate"
    name_property = "Name"
    replaced_by = frozenset({"Name"})

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()
        self.open.set()
        self.callers: list[str] = []
        self.existing: dict[str, Properties] = {}

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        name = properties.get("Name") or context.generated_name(40)
        made = context.initiated(Made(name, {"Value": properties.get("Value")}))
        self.existing[name] = {}
        return self.update(context, made, {}, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        self.callers.append(context.call("sts", "get_caller_identity")["Arn"])
        self.reached.set()
        assert self.open.wait(SECONDS)
        if new.get("Fail"):
            # A real service may have changed something before it fails.
            self.existing[made.physical_id] = {"half": "done"}
            raise ResourceFailedError(new["Fail"])
        self.existing[made.physical_id] = new
        return Made(made.physical_id, {"Value": new.get("Value")})

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        if properties.get("Keep"):
            raise ResourceFailedError("somebody uses it")
        self.existing.pop(made.physical_id, None)


def thing(**properties: Any) -> dict[str, Any]:
    attributes = {key: properties.pop(key) for key in list(properties) if key.endswith("Policy") or key == "DependsOn"}
    return {"Type": "AWS::Test::Gate", "Properties": properties, **attributes}


def body(**resources: Any) -> str:
    return json.dumps({"Resources": resources})


def create(cloudformation: Any, name: str, template: str, **keywords: Any) -> str:
    """Create a stack, wait until it is at rest and return its id."""
    stack_id: str = cloudformation.create_stack(StackName=name, TemplateBody=template, **keywords)["StackId"]
    rest(cloudformation, stack_id)
    return stack_id


def update(cloudformation: Any, name: str, template: str, **keywords: Any) -> str:
    """Update a stack, wait until it is at rest and return its status."""
    cloudformation.update_stack(StackName=name, TemplateBody=template, **keywords)
    return rest(cloudformation, name)


def rest(cloudformation: Any, name: str) -> str:
    """Wait until nothing is in progress; the status."""
    settle(name)
    state = status(cloudformation, name)
    assert not state.endswith("IN_PROGRESS")
    return state


def status(cloudformation: Any, name: str) -> str:
    return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])


def events(cloudformation: Any, name: str) -> list[tuple[str, str]]:
    """Logical id and status, oldest first."""
    found = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    return [(event["LogicalResourceId"], event["ResourceStatus"]) for event in reversed(found)]


def reason(cloudformation: Any, name: str, logical_id: str, state: str) -> str:
    for event in cloudformation.describe_stack_events(StackName=name)["StackEvents"]:
        if (event["LogicalResourceId"], event["ResourceStatus"]) == (logical_id, state):
            return str(event.get("ResourceStatusReason", ""))
    raise AssertionError(f"no {state} of {logical_id}")


PARAMETERS = """
Parameters:
  Plain: {Type: String}
  Pattern: {Type: String, Default: abc, AllowedPattern: "[a-z]+"}
  Explained: {Type: String, Default: abc, AllowedPattern: "[a-z]+", ConstraintDescription: must be small letters}
  Choice: {Type: String, Default: "Yes", AllowedValues: ["Yes", "No"]}
  Count: {Type: Number, Default: 3, MinValue: 1, MaxValue: 5}
  Length: {Type: String, Default: abc, MinLength: 2, MaxLength: 4}
  Several: {Type: CommaDelimitedList, Default: "a, b"}
  Secret: {Type: String, Default: hidden, NoEcho: true}
Conditions:
  Chosen: !And [!Not [!Equals [!Ref Choice, "No"]], !Or [!Equals [!Ref Count, "3"], !Equals [!Ref Plain, never]]]
Resources:
  Thing: {Type: AWS::Test::Gate, Properties: {Value: !Ref Count, Absent: !If [Chosen, !Ref "AWS::NoValue", x]}}
  Missing: {Type: AWS::Test::Gate, Condition: Refused, Properties: {}}
Outputs:
  Sub: {Value: !Sub ["${AWS::StackName}/${Thing}/${own}/${!literal}/${AWS::Region}", {own: !Join ["+", !Ref Several]}]}
  Part: {Value: !Select [1, !Split [".", "a.b.c"]]}
  Attribute: {Value: !GetAtt Thing.Value}
  Unseen: {Value: x, Condition: Refused}
"""
PARAMETERS = PARAMETERS.replace("Conditions:", "Conditions:\n  Refused: !Not [Condition: Chosen]")


def given(**values: str) -> list[dict[str, str]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]
