# SPDX-License-Identifier: Apache-2.0
"""What the operator decides of functions, logs and approvals, in every template that has some."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from orchestrator.launch.operator_options import FunctionParameters
from scripts.local_aws.cloudformation.stack_plan import UnmadeResources
from scripts.local_aws.cloudformation.template.functions import Resolver
from tests.generator import resolving

Template = dict[str, Any]

SINGLE: Final = "mlops-orchestrator-single-account.yaml"
MULTI: Final = "mlops-orchestrator-multi-account.yaml"
NETWORK: Final = {"FunctionSubnetIds": "subnet-0a1b2c3d,subnet-1a1b2c3d", "FunctionSecurityGroupIds": "sg-0a1b2c3d"}
UNDECIDED: Final = {"CustomBlueprintPolicyArn": ""}
INTERFACES: Final = {
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
}
"""What AWSLambdaVPCAccessExecutionRole, AWS's own policy for it, has beside logs."""

LAUNCH: Final = Path(__file__).parents[2] / "docs" / "launch.md"
LAMBDA: Final = Path(__file__).parents[2] / "lambda_src"
ENDPOINTS: Final = {
    "ce": "Cost Explorer",
    "cloudformation": "CloudFormation",
    "cloudwatch": "CloudWatch",
    "codebuild": "CodeBuild",
    "codepipeline": "CodePipeline",
    "ec2": "EC2",
    "ecr": "`ecr.api`",
    "kms": "KMS",
    "s3": "S3",
    "sagemaker": "`sagemaker.api`",
    "sagemaker-runtime": "`sagemaker.runtime`",
    "scheduler": "EventBridge Scheduler",
    "secretsmanager": "Secrets Manager",
    "sns": "SNS",
    "sts": "STS",
}
"""Name of the client -> what the docs call its endpoint."""


def of_type(templates: dict[str, Template], type_: str) -> list[tuple[Template, str]]:
    found = [
        (template, name)
        for template in templates.values()
        for name, resource in template["Resources"].items()
        if resource["Type"] == type_
    ]
    assert found
    return found


def role_of(template: Template, function: str) -> str:
    role = str(template["Resources"][function]["Properties"]["Role"]["Fn::GetAtt"])
    return role.removesuffix(".Arn")


def allowed(template: Template, role: str, given: dict[str, str]) -> set[str]:
    """Actions that a role's inline and attached policies allow."""
    made = template["Resources"][role]["Properties"]
    documents = [policy["PolicyDocument"] for policy in _chosen(made["Policies"], template, given)]
    for attached in _chosen(made.get("ManagedPolicyArns", []), template, given):
        documents.append(template["Resources"][attached["Ref"]]["Properties"]["PolicyDocument"])
    statements = _chosen([statement for document in documents for statement in document["Statement"]], template, given)
    return {action for one in statements if one["Effect"] == "Allow" for action in one["Action"]}


def _chosen(part: Any, template: Template, given: dict[str, str]) -> list[Any]:
    """The items of a list that conditions leave; what else stands in them is as the template has it."""
    if isinstance(part, list):
        return [chosen for item in part for chosen in _chosen(item, template, given)]
    if "Fn::If" not in part:
        return [] if part == resolving.NO_VALUE else [part]
    name, yes, no = part["Fn::If"]
    holds = resolving.resolved(template["Conditions"][name], given, template["Conditions"])
    return _chosen(yes if holds else no, template, given)


class TestNetwork:
    def test_every_function_runs_in_the_operator_s_vpc_or_in_none(self, templates: dict[str, Template]) -> None:
        for template, name in of_type(templates, "AWS::Lambda::Function"):
            assert "VpcConfig" not in resolving.properties(template, name, dict.fromkeys(NETWORK, "")), name
            assert resolving.properties(template, name, NETWORK)["VpcConfig"] == {
                "SubnetIds": ["subnet-0a1b2c3d", "subnet-1a1b2c3d"],
                "SecurityGroupIds": ["sg-0a1b2c3d"],
            }, name

    def test_its_role_may_have_interfaces_made_in_a_vpc_only(self, templates: dict[str, Template]) -> None:
        for template, name in of_type(templates, "AWS::Lambda::Function"):
            role = role_of(template, name)
            assert allowed(template, role, NETWORK) >= INTERFACES, name
            found = allowed(template, role, dict.fromkeys(NETWORK, ""))
            # The orchestrator looks at the subnets that requests name.
            assert INTERFACES & found <= {"ec2:DescribeSubnets"}, name

    def test_code_of_functions_cannot_use_what_lambda_may(self, templates: dict[str, Template]) -> None:
        """Lambda's calls for a function carry no `lambda:SourceFunctionArn`; those of its code do."""
        root = templates[MULTI]["Resources"]["FunctionNetworkPolicy"]["Properties"]["PolicyDocument"]
        blueprint = templates["blueprints/realtime_inference.yaml"]
        inline = [
            policy["PolicyDocument"]
            for policy in resolving.properties(blueprint, "InferenceRole", NETWORK)["Policies"]
            if policy["PolicyName"] == "Network"
        ]
        for document in (root, *inline):
            (denied,) = [statement for statement in document["Statement"] if statement["Effect"] == "Deny"]
            assert set(denied["Action"]) >= INTERFACES
            assert denied["Resource"] == ["*"]
            assert denied["Condition"]["ArnLike"].keys() == {"lambda:SourceFunctionArn"}
        assert len(inline) == 1

    def test_cloudformation_can_look_at_the_vpc(self, templates: dict[str, Template]) -> None:
        """Lambda checks the VPC of a function as whoever makes the function."""
        for path in (SINGLE, MULTI):
            looked_at = {"ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs"}
            assert looked_at <= allowed(templates[path], "DeployRole", {**NETWORK, **UNDECIDED})

    @staticmethod
    def _of_functions() -> Iterator[Path]:
        """The code of functions: the engine of the monitors runs in jobs."""
        return (path for folder in ("orchestrator", "inference", "inline") for path in (LAMBDA / folder).rglob("*.py"))

    def test_the_docs_name_every_service_that_functions_call(self) -> None:
        """A function in a VPC without an endpoint for one of them waits until it is stopped."""
        text = LAUNCH.read_text(encoding="utf-8")
        table = text[text.index("### Functions in your VPC") :].split("\n## ")[0]
        source = "\n".join(path.read_text(encoding="utf-8") for path in sorted(self._of_functions()))
        called = set(re.findall(r"""client\("([a-z0-9-]+)""", source))
        assert called == ENDPOINTS.keys()
        assert [name for name in ENDPOINTS.values() if name not in table] == []

    @pytest.mark.parametrize(
        ("path", "prefixes"),
        [(SINGLE, {""}), (MULTI, {"", "Dev", "Staging", "Prod"})],
    )
    @pytest.mark.parametrize(
        ("given", "is_possible"),
        [(("", ""), True), (("subnet-1", "sg-1"), True), (("subnet-1", ""), False), (("", "sg-1"), False)],
    )
    def test_subnets_and_security_groups_belong_together(
        self, templates: dict[str, Template], path: str, prefixes: set[str], given: tuple[str, str], is_possible: bool
    ) -> None:
        pairs = {prefix: (f"{prefix}FunctionSubnetIds", f"{prefix}FunctionSecurityGroupIds") for prefix in prefixes}
        none = {name: "" for pair in pairs.values() for name in pair}
        for pair in pairs.values():
            values = {**none, **dict(zip(pair, given, strict=True))}
            failed = Resolver(templates[path], values, UnmadeResources()).failed_assertions()
            said = [] if is_possible else [f"{pair[0]} and {pair[1]} belong together: give both, or neither"]
            assert failed == said


class TestLogs:
    def test_every_log_group_keeps_its_entries_as_long_as_the_operator_wants(
        self, templates: dict[str, Template]
    ) -> None:
        for template, name in of_type(templates, "AWS::Logs::LogGroup"):
            assert template["Resources"][name]["Properties"]["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
            declared = template["Parameters"]["LogRetentionDays"]
            assert declared["Default"] == "365"

    def test_a_template_has_the_options_when_it_has_functions(self, templates: dict[str, Template]) -> None:
        for path, template in templates.items():
            types = {resource["Type"] for resource in template["Resources"].values()}
            # A root template has the key itself.
            own = {"LogKmsKeyArn"} if path in {SINGLE, MULTI} else set()
            has_options = template["Parameters"].keys() >= FunctionParameters.model_fields.keys() - own
            assert has_options == ("AWS::Lambda::Function" in types), path

    @pytest.mark.parametrize("path", [SINGLE, MULTI])
    def test_every_function_of_the_bundle_logs_as_the_operator_wants(
        self, templates: dict[str, Template], path: str
    ) -> None:
        levels = {
            name: resource["Properties"]["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"]
            for name, resource in templates[path]["Resources"].items()
            if resource["Type"] == "AWS::Lambda::Function"
        }
        assert {"Orchestrator", "BucketEvents"} <= levels.keys()
        assert [level for level in levels.values() if level != {"Ref": "LogLevel"}] == []
        assert templates[path]["Parameters"]["LogLevel"]["AllowedValues"] == ["DEBUG", "INFO", "WARNING", "ERROR"]


class TestApprovals:
    def test_each_approval_waits_as_long_as_the_operator_wants(self, templates: dict[str, Template]) -> None:
        template = templates["pipelines/multi_account_codepipeline.yaml"]
        stages = template["Resources"]["MLOpsPipeline"]["Properties"]["Stages"]
        waits = {
            action["Name"]: action.get("TimeoutInMinutes")
            for stage in stages
            for action in stage["Actions"]
            if action["ActionTypeId"]["Category"] == "Approval"
        }
        wanted = {"Ref": "ApprovalTimeoutMinutes"}
        assert waits == {"DeployStaging": wanted, "DeployProd": wanted}

    def test_it_is_a_number_that_codepipeline_takes(self, templates: dict[str, Template]) -> None:
        """https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html"""
        declared = templates["pipelines/multi_account_codepipeline.yaml"]["Parameters"]["ApprovalTimeoutMinutes"]
        assert (declared["Type"], declared["MinValue"], declared["MaxValue"]) == ("Number", 5, 86_400)
        asked = templates[MULTI]["Parameters"]["ApprovalTimeoutMinutes"]
        assert asked["Default"] == "10080"
        possible = [minutes for minutes in range(90_000) if re.fullmatch(asked["AllowedPattern"], str(minutes))]
        assert possible == list(range(5, 86_401))

    def test_only_approvals_have_a_time_out(self, templates: dict[str, Template]) -> None:
        """CodePipeline refuses one for any other action."""
        for path in ("pipelines/single_account_codepipeline.yaml", "pipelines/image_builder.yaml"):
            assert "TimeoutInMinutes" not in json.dumps(templates[path]["Resources"]), path
