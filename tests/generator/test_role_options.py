# SPDX-License-Identifier: Apache-2.0
"""Every role is where the operator wants it, and bounded; nobody can make one that is not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from troposphere import Template as Made
from troposphere import iam

from generator import iam_roles
from tests.generator.resolving import NO_VALUE, resolved
from tests.generator.test_templates import OF_BOUNDARY, statements

Template = dict[str, Any]

SECURITY: Final = Path(__file__).parents[2] / "docs" / "security.md"
ROOTS: Final = ["mlops-orchestrator-single-account.yaml", "mlops-orchestrator-multi-account.yaml"]
ARN: Final = "arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/${PermissionsBoundaryName}"
BOUND: Final = {"Fn::If": ["PermissionsBoundaryNameProvided", {"Fn::Sub": ARN}, NO_VALUE]}
# Absent at the root: a path would replace roles that were made before there were any.
BELOW: Final = {"Fn::If": ["RolePathChosen", {"Ref": "RolePath"}, NO_VALUE]}
BOUNDARY: Final = "arn:aws:iam::111122223333:policy/security/boundary"
GIVEN: Final = {
    "AWS::AccountId": "111122223333",
    "AWS::Partition": "aws",
    "PermissionsBoundaryName": "security/boundary",
    "RolePath": "/mlops/",
}
ON_ROLES: Final = "arn:aws:iam::111122223333:role/mlops/mlops-pipeline-*"
OF_SERVICES: Final = "arn:aws:iam::111122223333:role/aws-service-role/*"
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentityandaccessmanagementiam.html
GIVES_PERMISSIONS: Final = {
    *("iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"),
}


def test_every_role_has_the_path_and_the_boundary(templates: dict[str, Template]) -> None:
    found = {
        f"{path}: {name}": resource["Properties"]
        for path, template in templates.items()
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role"
    }
    assert len(found) > 20
    assert [role for role, properties in found.items() if properties["Path"] != BELOW] == []
    assert [role for role, properties in found.items() if properties["PermissionsBoundary"] != BOUND] == []


def test_policies_stand_below_the_path_too(templates: dict[str, Template]) -> None:
    found = [
        resource["Properties"]["Path"]
        for template in templates.values()
        for resource in template["Resources"].values()
        if resource["Type"] == "AWS::IAM::ManagedPolicy"
    ]
    assert found
    assert all(path == BELOW for path in found)


def test_whoever_makes_a_role_need_not_think_of_it() -> None:
    built = Made()
    built.add_resource(iam.Role("Forgotten", AssumeRolePolicyDocument={}))
    kept = iam_roles.keep_to_options(built).to_dict()
    assert kept["Resources"]["Forgotten"]["Properties"]["PermissionsBoundary"] == BOUND
    assert kept["Conditions"].keys() == {"PermissionsBoundaryNameProvided", "RolePathChosen"}


def test_only_the_role_that_another_account_has_to_know_has_a_name(templates: dict[str, Template]) -> None:
    """A name is in the way of a replacement, which another path is.

    So the name of this role changes with the path (`orchestrator/plan/comparing_roles.py`).
    """
    named = [
        name
        for template in templates.values()
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role" and "RoleName" in resource["Properties"]
    ]
    assert named == ["ComparingRole"]


def on_roles(template: Template, **given: str) -> Iterator[dict[str, Any]]:
    """The statements about roles of pipelines, resolved."""
    for name in ("DeployRole", "PipelineStackRole"):
        properties = template["Resources"][name]["Properties"]
        for policy in resolved(properties["Policies"], {**GIVEN, **given}, template["Conditions"]):
            for statement in policy["PolicyDocument"]["Statement"]:
                if any(action.startswith("iam:") for action in statement["Action"]) and "*" in str(statement):
                    yield statement


@pytest.mark.parametrize("root", ROOTS)
class TestRoleMakers:
    def test_they_make_and_change_bounded_roles_only(self, templates: dict[str, Template], root: str) -> None:
        giving = [found for found in on_roles(templates[root]) if GIVES_PERMISSIONS & set(found["Action"])]
        assert len(giving) == 2
        for statement in giving:
            assert set(statement["Action"]) <= GIVES_PERMISSIONS
            assert statement["Condition"] == {"StringEquals": {"iam:PermissionsBoundary": BOUNDARY}}

    def test_without_a_boundary_nothing_asks_for_it(self, templates: dict[str, Template], root: str) -> None:
        unbounded = on_roles(templates[root], PermissionsBoundaryName="")
        assert "iam:PermissionsBoundary" not in json.dumps(list(unbounded))

    def test_they_cannot_take_a_boundary_away_nor_attach_policies(
        self, templates: dict[str, Template], root: str
    ) -> None:
        actions = {action for statement in on_roles(templates[root]) for action in statement["Action"]}
        assert not actions & {"iam:DeleteRolePermissionsBoundary", "iam:AttachRolePolicy", "iam:DetachRolePolicy"}

    def test_they_touch_roles_of_pipelines_below_the_path_only(self, templates: dict[str, Template], root: str) -> None:
        touched = {resource for found in on_roles(templates[root]) for resource in found["Resource"]}
        assert touched == {ON_ROLES, OF_SERVICES}

    def test_of_roles_of_services_they_make_that_of_autoscaling_only(
        self, templates: dict[str, Template], root: str
    ) -> None:
        (found,) = [found for found in on_roles(templates[root]) if OF_SERVICES in found["Resource"]]
        assert found["Action"] == ["iam:CreateServiceLinkedRole"]
        scaling = "sagemaker.application-autoscaling.amazonaws.com"
        assert found["Condition"] == {"StringEquals": {"iam:AWSServiceName": scaling}}

    def test_ends_of_monitors_runs_are_found_by_the_path(self, templates: dict[str, Template], root: str) -> None:
        pattern = templates[root]["Resources"]["MonitorRunRule"]["Properties"]["EventPattern"]
        roles = resolved(pattern["detail"]["RoleArn"], GIVEN, {})
        assert [role["wildcard"] for role in roles] == [
            "arn:*:role/mlops/mlops-pipeline-*",
            "arn:*:role/mlops/StackSet-mlops-pipeline-*",
        ]


def test_the_guide_names_every_service_that_a_boundary_must_allow(templates: dict[str, Template]) -> None:
    used = {
        action.split(":")[0]
        for template in templates.values()
        for name, resource in template["Resources"].items()
        if resource["Type"] in {"AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"} and name != OF_BOUNDARY
        for statement in statements(resource["Properties"])
        # A trust policy has no resource, and is no permission of the role.
        if "Resource" in statement
        for action in statement["Action"]
    }
    guide = SECURITY.read_text(encoding="utf-8").split("### Boundary")[1].split("\n## ")[0]
    sentence = guide.split("they are of the services")[1].split(".\n")[0]
    assert set(re.findall(r"`([a-z0-9-]+)`", sentence)) == used


def test_no_role_of_a_pipeline_has_managed_policies(templates: dict[str, Template]) -> None:
    """The deploy role cannot attach any."""
    for path, template in templates.items():
        if path not in ROOTS:
            assert "ManagedPolicyArns" not in json.dumps(template["Resources"]), path
