# SPDX-License-Identifier: Apache-2.0
"""Templates and parameter values: what is refused before anything is made, and what functions give."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local_aws.gates import PARAMETERS, Gate, body, create, given, rest, thing


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Parameters: [Plain] must have values"),
        ({"Plain": "x", "Plane": "y"}, "Parameters: [Plane] do not exist in the template"),
        ({"Plain": "x", "Pattern": "abc1"}, "Parameter 'Pattern' must match pattern [a-z]+"),
        ({"Plain": "x", "Pattern": ""}, "Parameter 'Pattern' must match pattern [a-z]+"),
        ({"Plain": "x", "Explained": "A"}, "Parameter Explained failed to satisfy constraint: must be small letters"),
        ({"Plain": "x", "Choice": "yes"}, "Parameter 'Choice' must be one of AllowedValues"),
        ({"Plain": "x", "Count": "0"}, "Parameter 'Count' must be a number not less than 1"),
        ({"Plain": "x", "Count": "6"}, "Parameter 'Count' must be a number not greater than 5"),
        ({"Plain": "x", "Count": "many"}, "Parameter 'Count' must be a number"),
        ({"Plain": "x", "Length": "a"}, "Parameter 'Length' must contain at least 2 characters"),
        ({"Plain": "x", "Length": "abcde"}, "Parameter 'Length' must contain at most 4 characters"),
        ({"Plain": "x" * 4097}, "4096"),
    ],
)
def test_parameter_values_are_checked_before_anything_is_made(
    cloudformation: Any, gate: Gate, values: dict[str, str], words: str
) -> None:
    with pytest.raises(ClientError) as refused:
        cloudformation.create_stack(StackName="values", TemplateBody=PARAMETERS, Parameters=given(**values))
    error = refused.value.response["Error"]
    assert error["Code"] == "ValidationError"
    assert words in error["Message"]
    with pytest.raises(ClientError, match="Stack with id values does not exist"):
        cloudformation.describe_stacks(StackName="values")


def test_functions_conditions_and_parameters_work_together(cloudformation: Any, gate: Gate) -> None:
    create(cloudformation, "functions", PARAMETERS, Parameters=given(Plain="x"), Tags=[{"Key": "a", "Value": "b"}])
    described = cloudformation.describe_stacks(StackName="functions")["Stacks"][0]
    (physical_id,) = gate.existing
    assert {output["OutputKey"]: output["OutputValue"] for output in described["Outputs"]} == {
        "Sub": f"functions/{physical_id}/a+b/${{literal}}/us-east-1",
        "Part": "b",
        "Attribute": "3",
    }
    shown = {one["ParameterKey"]: one["ParameterValue"] for one in described["Parameters"]}
    assert (shown["Count"], shown["Several"], shown["Secret"]) == ("3", "a, b", "****")
    assert described["Tags"] == [{"Key": "a", "Value": "b"}]
    assert gate.existing[physical_id] == {"Value": 3}


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{}", "At least one Resources member must be defined"),
        ("Resources: [", "YAML not well-formed"),
        ('{"Resources": ', "JSON not well-formed"),
        (body(A={"Properties": {}}), "[/Resources/A] Every Resources object must contain a Type member."),
        (body(A=thing(Value={"Ref": "B"})), "Unresolved resource dependencies [B] in the Resources block"),
        (
            body(A=thing(Value={"Ref": "B"}), B=thing(Value={"Ref": "A"})),
            "Circular dependency between resources: [A, B]",
        ),
        (body(A=thing(Value={"Fn::Cidr": ["10.0.0.0/16"]})), "the local AWS does not know the function Fn::Cidr"),
        (body(A=thing()) + " " * 51_200, "51200"),
        (json.dumps({"Resources": {"A": thing()}, "Transform": "AWS::Serverless-2016-10-31"}), "no template macros"),
        (json.dumps({"Resources": {"A": thing()}, "Output": {}}), "Invalid template property or properties [Output]"),
    ],
)
def test_templates_that_do_not_hold_together_are_refused(cloudformation: Any, template: str, words: str) -> None:
    with pytest.raises(ClientError) as refused:
        cloudformation.create_stack(StackName="refused", TemplateBody=template)
    assert words in refused.value.response["Error"]["Message"]
    assert "refused" not in [one["StackName"] for one in cloudformation.list_stacks()["StackSummaries"]]


@pytest.mark.parametrize(
    ("properties", "capabilities", "needed"),
    [
        ({}, [], "CAPABILITY_IAM"),
        ({"RoleName": "mine"}, ["CAPABILITY_IAM"], "CAPABILITY_NAMED_IAM"),
    ],
)
def test_iam_resources_need_the_callers_leave(
    cloudformation: Any, properties: dict[str, Any], capabilities: list[str], needed: str
) -> None:
    template = body(Role={"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}} | properties})
    with pytest.raises(ClientError, match=rf"Requires capabilities : \[{needed}\]") as refused:
        cloudformation.create_stack(StackName="iam", TemplateBody=template, Capabilities=capabilities)
    assert refused.value.response["Error"]["Code"] == "InsufficientCapabilitiesException"


def test_templates_come_from_s3_by_every_usual_address(client: Any, local_aws: Any, gate: Gate) -> None:
    cloudformation = client("cloudformation")
    client("s3").create_bucket(Bucket="template.store")
    padded = body(A=thing(Value="long")) + " " * 60_000
    client("s3").put_object(Bucket="template.store", Key="v1/a template.yaml", Body=padded.encode())
    addresses = [
        "https://template.store.s3.us-east-1.amazonaws.com/v1/a%20template.yaml",
        "https://template.store.s3.amazonaws.com/v1/a%20template.yaml",
        "https://s3.us-east-1.amazonaws.com/template.store/v1/a%20template.yaml",
        "https://s3.amazonaws.com/template.store/v1/a%20template.yaml",
        f"{local_aws.endpoint_url}/template.store/v1/a%20template.yaml",
    ]
    for number, address in enumerate(addresses):
        cloudformation.create_stack(StackName=f"url-{number}", TemplateURL=address)
        assert rest(cloudformation, f"url-{number}") == "CREATE_COMPLETE"
    with pytest.raises(ClientError, match="S3 error: The specified key does not exist"):
        cloudformation.create_stack(StackName="no", TemplateURL=addresses[0] + "x")
    with pytest.raises(ClientError, match="TemplateURL must be a supported URL"):
        cloudformation.create_stack(StackName="no", TemplateURL="https://example.com/template.yaml")
    assert cloudformation.get_template(StackName="url-0")["TemplateBody"]["Resources"]["A"]["Type"] == "AWS::Test::Gate"
