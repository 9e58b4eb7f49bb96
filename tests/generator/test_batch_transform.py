# SPDX-License-Identifier: Apache-2.0
"""The batch blueprint: its schedule, and who may do what."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from troposphere import If, NoValue, Ref, Sub

from generator.resources.json_text import Number, json_text
from tests.generator import resolving
from tests.generator.resolving import Template, resolved

MODEL: Final = "MLOpsSagemakerModel-QyVK8nOxk3hP"
PARAMETERS: Final = {
    "BatchInferenceData": "quayside-arrivals/2026/",
    "BatchInputBucket": "quayside-arrivals",
    "BatchInputKey": "2026/",
    "BatchOutputLocation": "quayside-forecasts/berths",
    "ContentType": "text/csv",
    "Accept": "text/csv",
    "SplitType": "Line",
    "BatchStrategy": "",
    "MaxPayloadInMB": "",
    "InstanceCount": "1",
    "InferenceInstance": "ml.m5.large",
    "KmsKeyArn": "",
    "VolumeKmsKeyArn": "",
    "ScheduleExpression": "rate(1 day)",
    "KmsKeyAlias": "",
    "ModelArtifactLocation": "",
    "ModelPackageName": "",
    "ModelPackageObjects": "",
    "ModelPackageBuckets": "",
    "CustomAlgorithmsECRRepoArn": "",
    "Tags": '[{"Key": "mlops:stage", "Value": "single"}]',
    "MLOpsSagemakerModel.ModelName": MODEL,
    "AWS::StackId": "arn:aws:cloudformation:eu-west-1:111122223333:stack/mlops-pipeline-berths/8c2d7e10-5b7d-11f0-a1f1",
}
"""Compatibility 3.3, field by field."""


@pytest.fixture
def blueprint(templates: dict[str, Template]) -> Template:
    return templates["blueprints/batch_transform.yaml"]


def properties(blueprint: Template, name: str, **changes: str) -> Any:
    return resolving.properties(blueprint, name, {**PARAMETERS, **changes})


def scheduled(blueprint: Template, **changes: str) -> Any:
    return json.loads(properties(blueprint, "Schedule", **changes)["Target"]["Input"])


class TestSchedule:
    def test_every_scheduled_job_has_a_name_of_its_own(self, blueprint: Template) -> None:
        """Within SageMaker's limit also when the execution id is a UUID."""
        name = scheduled(blueprint)["TransformJobName"]
        assert name == "mlops-batch-8c2d7e10-<aws.scheduler.execution-id>"
        assert len(name.replace("<aws.scheduler.execution-id>", "0" * 36)) <= 63

    def test_it_is_there_only_when_asked_for(self, blueprint: Template) -> None:
        for name in ("Schedule", "ScheduleRole"):
            assert blueprint["Resources"][name]["Condition"] == "ScheduleExpressionProvided"
        assert properties(blueprint, "TransformJob")["After"] == {"Ref": "Schedule"}
        assert "After" not in properties(blueprint, "TransformJob", ScheduleExpression="")

    def test_sagemaker_is_called_by_the_scheduler_itself(self, blueprint: Template) -> None:
        made = properties(blueprint, "Schedule")
        assert made["ScheduleExpression"] == "rate(1 day)"
        assert made["Target"]["Arn"] == "arn:${AWS::Partition}:scheduler:::aws-sdk:sagemaker:createTransformJob"

    def test_its_role_is_for_this_account_s_schedules(self, blueprint: Template) -> None:
        trust = properties(blueprint, "ScheduleRole")["AssumeRolePolicyDocument"]["Statement"]
        assert [statement["Principal"] for statement in trust] == [{"Service": "scheduler.amazonaws.com"}]
        assert trust[0]["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def allowed(blueprint: Template, role: str, action: str) -> list[Any]:
    """The resources for which a role has an action."""
    return resolving.allowed(blueprint, role, PARAMETERS)[action]


class TestPermissions:
    def test_everything_below_a_prefix_can_be_read(self, blueprint: Template) -> None:
        """Lesson 74."""
        objects = "arn:${AWS::Partition}:s3:::quayside-arrivals/2026/*"
        assert allowed(blueprint, "SageMakerRole", "s3:GetObject") == [objects]
        (data,) = [
            policy
            for policy in properties(blueprint, "SageMakerRole")["Policies"]
            if policy.get("PolicyName") == "Data"
        ]
        _, listing = data["PolicyDocument"]["Statement"]
        assert listing["Resource"] == ["arn:${AWS::Partition}:s3:::quayside-arrivals"]
        assert listing["Condition"] == {"StringLike": {"s3:prefix": ["2026/*"]}}

    @pytest.mark.parametrize("action", ["CreateTransformJob", "DescribeTransformJob", "StopTransformJob"])
    def test_the_function_touches_jobs_of_such_names_only(self, blueprint: Template, action: str) -> None:
        """Jobs are named after the model: after its logical id, the stack or that of a stage (lesson 104)."""
        own = allowed(blueprint, "SageMakerJobRole", f"sagemaker:{action}")
        assert [arn.partition(":transform-job/")[2] for arn in own] == [
            "mlopssagemakermodel-*-batch-transform-*",
            "mlops-pipeline-*",
            "stackset-mlops-pipeline-*",
        ]

    @pytest.mark.parametrize("role", ["SageMakerJobRole", "ScheduleRole"])
    def test_who_starts_a_job_may_tag_it(self, blueprint: Template, role: str) -> None:
        assert allowed(blueprint, role, "sagemaker:AddTags") == allowed(blueprint, role, "sagemaker:CreateTransformJob")

    def test_cloudformation_may_call_the_function(self, root: Template) -> None:
        """A custom resource is made by a call as the role of the stack."""
        role = root["Resources"]["DeployRole"]["Properties"]["Policies"][0]["PolicyDocument"]["Statement"]
        (calling,) = [statement for statement in role if "lambda:InvokeFunction" in statement["Action"]]
        assert [resource["Fn::Sub"].split(":")[-1] for resource in calling["Resource"]] == ["mlops-pipeline-*"]


class TestJsonText:
    def test_it_is_json_whatever_is_left_out(self) -> None:
        """Commas and quotes fit, for texts, numbers and nested objects."""
        made = json_text(
            {
                "Name": Sub("${A}-b"),
                "Quoted": 'say "hello"',
                "Count": Number("N"),
                "Plain": 5,
                "Inner": {"Kind": "x", "Maybe": If("AProvided", Ref("A"), NoValue)},
                "Whole": If("NProvided", {"Size": Number("N")}, NoValue),
            }
        ).to_dict()
        always = {"Name": "a-b", "Quoted": 'say "hello"', "Count": 7, "Plain": 5}
        given = {name: {"Fn::Not": [{"Fn::Equals": [{"Ref": name[0]}, ""]}]} for name in ("AProvided", "NProvided")}
        full = json.loads(resolved(made, {"A": "a", "N": "7"}, given))
        assert full == {**always, "Inner": {"Kind": "x", "Maybe": "a"}, "Whole": {"Size": 7}}
        bare = resolved(made, {"A": "", "N": ""}, given)
        assert '"Inner":{"Kind":"x"}}' in bare

    def test_a_first_member_that_may_be_absent_is_refused(self) -> None:
        with pytest.raises(ValueError, match="first member"):
            json_text({"Maybe": If("AProvided", Ref("A"), NoValue)})
