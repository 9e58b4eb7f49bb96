# SPDX-License-Identifier: Apache-2.0
"""No role can give itself or anybody more than it has, and models cannot become templates."""

from __future__ import annotations

import json
from typing import Any, Final

from scripts.iam import documents, evaluation
from scripts.iam.evaluation import Policies, Request, Resource
from scripts.iam.statements import Principal
from tests.generator import resolving
from tests.generator.test_templates import resource_statements, texts

Template = dict[str, Any]

_PIPELINE_ROLES: Final = ":role${RolePath}mlops-pipeline-*"
# Actions that make, change or remove a role; those that give it permissions ask for the operator's boundary.
_GIVING: Final = {"iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"}
_ON_ROLES: Final = _GIVING | {
    *("iam:DeleteRole", "iam:DeleteRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy"),
    *("iam:UpdateRole", "iam:UpdateRoleDescription"),
}


def test_roles_that_are_passed_are_named(templates: dict[str, Template]) -> None:
    """Roles of the same template, or of pipelines by the beginning of their name: never any role."""
    for path, template in templates.items():
        for name, _, statement in resource_statements(template):
            if "iam:PassRole" in statement["Action"]:
                for resource in statement["Resource"]:
                    assert "Fn::GetAtt" in resource or _PIPELINE_ROLES in json.dumps(resource), (
                        f"{path}: {name} passes {resource}"
                    )


def test_nothing_is_allowed_by_leaving_out(templates: dict[str, Template]) -> None:
    """NotAction and its like allow what nobody has thought of; a refusal of all but some resources allows nothing."""
    for path, template in templates.items():
        for where, _ in texts(template["Resources"]):
            assert not {"NotAction", "NotPrincipal"} & set(where), f"{path}: {'.'.join(where)}"
        for name, _, statement in resource_statements(template):
            assert "NotResource" not in statement or statement["Effect"] == "Deny", f"{path}: {name}"


def test_roles_are_made_below_the_path_and_within_the_boundary(templates: dict[str, Template]) -> None:
    """No role can give itself or another more than the operator's boundary: neither by a policy nor by a role."""
    found = set()
    for path, template in templates.items():
        for name, _, statement in resource_statements(template):
            changed = {action for action in statement["Action"] if action in _ON_ROLES}
            if not changed or statement["Effect"] == "Deny":
                continue
            found |= changed
            assert all(_PIPELINE_ROLES in json.dumps(one) for one in statement["Resource"]), f"{path}: {name}"
            if changed & _GIVING:
                condition = json.dumps(statement["Condition"])
                assert "PermissionsBoundaryNameProvided" in condition, f"{path}: {name}"
                assert "iam:PermissionsBoundary" in condition, f"{path}: {name}"
    assert found == _ON_ROLES


def test_no_role_changes_policies_users_or_boundaries(templates: dict[str, Template]) -> None:
    """What else would give somebody more."""
    allowed = {
        action
        for template in templates.values()
        for _, _, statement in resource_statements(template)
        if statement["Effect"] == "Allow" and "Principal" not in statement
        for action in statement["Action"]
        if action.startswith(("iam:", "sts:"))
    }
    reading = {action for action in allowed if action.startswith(("iam:Get", "iam:List"))}
    assert allowed - reading - _ON_ROLES == {"iam:PassRole"}


def test_templates_are_out_of_reach_of_those_who_upload_models(templates: dict[str, Template]) -> None:
    """Defect 58. The bucket of packaged templates is another than that of models, and few write to it."""
    writers = set()
    for template in templates.values():
        for name, _, statement in resource_statements(template):
            writing = [action for action in statement["Action"] if action.startswith(("s3:Put", "s3:Delete"))]
            if writing and statement["Effect"] == "Allow" and "PipelinesBucket" in json.dumps(statement["Resource"]):
                writers.add(name)
    assert writers == {"OrchestratorRole", "PipelineRole"}


def test_jobs_cannot_write_templates_wherever_a_request_sends_them(templates: dict[str, Template]) -> None:
    """A request names where its jobs write, and could name the bucket of packaged templates."""
    root = templates["mlops-orchestrator-single-account.yaml"]
    policy = documents.parse(
        resolving.resolved(
            root["Resources"]["PipelinesBucketPolicy"]["Properties"]["PolicyDocument"],
            {"AWS::Partition": "aws", "RolePath": "/", "PipelinesBucket.Arn": "arn:aws:s3:::packages"},
            root["Conditions"],
        )
    )

    def may_write(role: str, account: str = "111122223333") -> bool:
        arn = f"arn:aws:iam::{account}:role/{role}"
        own = documents.parse({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
        principal = Principal(f"arn:aws:sts::{account}:assumed-role/{role}/job", arn)
        packages = Resource("arn:aws:s3:::packages/provisioned/x/template.zip", account, policy)
        context = {"aws:principalarn": [arn], "aws:securetransport": ["true"]}
        request = Request(principal, "s3:PutObject", (packages,), context)
        return evaluation.decide(request, Policies((own,))).allowed

    assert may_write("mlops-PipelineRole-1")
    assert not may_write("mlops-pipeline-churn-SageMakerRole-1")
    assert not may_write("mlops-pipeline-churn-SageMakerRole-1", "222222222222")
