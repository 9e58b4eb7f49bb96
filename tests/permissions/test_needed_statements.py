# SPDX-License-Identifier: Apache-2.0
"""What the policy for a blueprint of one's own must allow, computed from the template."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from scripts.iam import documents, patterns
from scripts.iam import templates as iam
from scripts.iam.resolving import Place
from scripts.pipeline_types import pipeline_folder
from tests.permissions.rows import PLAIN, ROOTS, allowed_at_launch, place

EXAMPLES: Final = Path(__file__).parents[2] / "docs" / "examples"
QUEUE: Final = {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "mlops-jobs"}}


def template(**resources: Any) -> dict[str, Any]:
    return {"Parameters": {}, "Resources": resources}


def actions(statements: list[dict[str, Any]]) -> set[str]:
    return {action for statement in statements for action in statement["Action"]}


def test_what_is_missing_comes_with_the_arns_that_aws_knows() -> None:
    stream = {"Type": "AWS::Kinesis::Stream", "Properties": {}}
    needed = iam.needed_statements(template(Stream=stream), place=Place("aws", "eu-west-1", "111122223333"))
    (statement,) = [one for one in needed if "kinesis:CreateStream" in one["Action"]]
    assert statement["Resource"] == ["arn:aws:kinesis:eu-west-1:111122223333:stream/*"]
    assert {"kinesis:DeleteStream", "kinesis:DescribeStreamSummary"} <= set(statement["Action"])


def test_what_a_policy_allows_is_not_asked_for() -> None:
    needed = iam.needed_statements(template(Jobs=QUEUE))
    policy = documents.parse({"Statement": needed})
    assert iam.needed_statements(template(Jobs=QUEUE), [policy]) == []
    (first,) = needed
    kept = documents.parse({"Statement": {**first, "Action": [a for a in first["Action"] if a != "sqs:DeleteQueue"]}})
    assert actions(iam.needed_statements(template(Jobs=QUEUE), [kept])) == {"sqs:DeleteQueue"}


def test_a_denied_action_is_missing() -> None:
    policy = documents.parse(
        {
            "Statement": [
                {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"},
                {"Effect": "Deny", "Action": "sqs:DeleteQueue", "Resource": "*"},
            ]
        }
    )
    assert actions(iam.needed_statements(template(Jobs=QUEUE), [policy])) == {"sqs:DeleteQueue"}


def test_an_action_that_knows_no_resource_has_a_star() -> None:
    group = {"Type": "AWS::EC2::SecurityGroup", "Properties": {"GroupDescription": "x"}}
    needed = iam.needed_statements(template(Group=group))
    assert [one["Resource"] for one in needed if "ec2:DescribeSecurityGroups" in one["Action"]] == [["*"]]


@pytest.mark.parametrize(
    ("properties", "asked"),
    [
        ({}, set()),
        ({"VpcConfig": {"SubnetIds": ["subnet-1"]}}, {"ec2:DescribeSubnets"}),
        ({"VpcConfig": {"Ref": "AWS::NoValue"}}, set()),
        ({"VpcConfig": {"Fn::If": ["Wanted", {"SubnetIds": ["x"]}, {"Ref": "AWS::NoValue"}]}}, {"ec2:DescribeSubnets"}),
        ({"VpcConfig": {"Fn::If": ["Never", {"SubnetIds": ["x"]}, {"Ref": "AWS::NoValue"}]}}, set()),
        ({"KmsKeyArn": {"Ref": "Key"}}, {"kms:CreateGrant"}),
        ({"Code": {"S3Bucket": "b", "S3Key": "k"}}, {"s3:GetObject"}),
    ],
)
def test_only_properties_that_may_be_there_count(properties: dict[str, Any], asked: set[str]) -> None:
    function = {"Type": "AWS::Lambda::Function", "Properties": {"Role": {"Ref": "RoleArn"}, **properties}}
    given = {
        **template(Work=function),
        "Conditions": {"Wanted": {"Fn::Equals": [{"Ref": "Vpc"}, ""]}, "Never": {"Fn::Equals": ["a", "b"]}},
    }
    optional = {"ec2:DescribeSubnets", "kms:CreateGrant", "s3:GetObject"}
    assert {need.action for need in iam.needed(given)} & optional == asked


def test_roles_are_passed_to_the_service_that_takes_them() -> None:
    task = {"Type": "AWS::ECS::TaskDefinition", "Properties": {"TaskRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}}
    role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
    (need,) = [one for one in iam.needed(template(Task=task, Role=role)) if one.action == "iam:PassRole"]
    assert need.context == {"iam:passedtoservice": ("ecs-tasks.amazonaws.com",)}
    assert need.resources == ("arn:*:iam::*:role/mlops-pipeline-*-Role-*",)


def test_a_custom_resource_invokes_its_function() -> None:
    made = {"Type": "Custom::Thing", "Properties": {"ServiceToken": {"Fn::GetAtt": ["Work", "Arn"]}}}
    function = {"Type": "AWS::Lambda::Function", "Properties": {}}
    found = [one for one in iam.needed(template(Made=made, Work=function)) if one.by == "Made"]
    assert [(one.action, one.resources) for one in found] == [
        ("lambda:InvokeFunction", ("arn:*:lambda:*:*:function:mlops-pipeline-*-Work-*",))
    ]


def test_a_type_that_nobody_knows_is_named() -> None:
    given = template(Odd={"Type": "Acme::Odd::Thing"}, Made={"Type": "Custom::Thing"}, Jobs=QUEUE)
    assert iam.unknown_types(given) == ["Acme::Odd::Thing"]


@pytest.mark.parametrize(
    "folder", sorted(path.parent for path in EXAMPLES.glob("*/blueprint.yaml")), ids=lambda folder: folder.name
)
def test_the_examples_come_with_the_policy_that_they_need(folder: Path, templates: dict[str, Any]) -> None:
    blueprint = pipeline_folder.decoded_template(pipeline_folder.blueprint(folder))
    policies = [*allowed_at_launch(templates[ROOTS[0]], "DeployRole", PLAIN)]
    own = folder / "policy.json"
    found = iam.needed(blueprint, place(), {"RolePath": "/"})
    if own.exists():
        assert iam.missing(found, policies)
        policies.append(documents.parse(own.read_text("utf-8")))
    assert [(need.by, need.action) for need in iam.missing(found, policies)] == []


@pytest.mark.parametrize(
    ("one", "other", "meets"),
    [
        ("a*", "*b", True),
        ("a*", "b*", False),
        ("a?c", "ab*", True),
        ("a?", "a", False),
        ("*", "", True),
        ("role/x-*", "role/*-y", True),
        ("role/x", "role/x/*", False),
    ],
)
def test_patterns_overlap_if_a_text_fits_both(one: str, other: str, meets: bool) -> None:
    assert patterns.overlap(one, other) is meets
    assert patterns.overlap(other, one) is meets
