# SPDX-License-Identifier: Apache-2.0
"""No role can give itself or anybody more than it has, and models cannot become templates."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from scripts.iam import documents, evaluation
from scripts.iam.evaluation import Policies, Request, Resource
from scripts.iam.statements import Principal
from scripts.launch import artifact_bucket
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
    # AWS sets what a service-linked role may do, and nobody can pass it.
    assert allowed - reading - _ON_ROLES == {"iam:PassRole", "iam:CreateServiceLinkedRole", "sts:AssumeRole"}


def test_no_role_but_the_orchestrator_s_assumes_another_and_only_one_for_comparing(
    templates: dict[str, Template],
) -> None:
    found = [
        (path, name, statement)
        for path, template in templates.items()
        for name, _, statement in resource_statements(template)
        if statement["Effect"] == "Allow"
        and "Principal" not in statement
        and any(action.startswith("sts:") for action in statement["Action"])
    ]
    ((path, name, statement),) = found
    assert (path, name) == ("mlops-orchestrator-multi-account.yaml", "ComparisonPolicy")
    assert statement["Resource"] == [{"Fn::Sub": "arn:${AWS::Partition}:iam::*:role${RolePath}mlops-comparing-*"}]
    accounts = [{"Ref": f"{stage}AccountId"} for stage in ("Dev", "Staging", "Prod")]
    listed = {"Fn::Split": [",", {"Fn::Join": [",", accounts]}]}
    assert statement["Condition"] == {"StringEquals": {"aws:ResourceAccount": listed}}


def test_the_one_service_linked_role_is_that_of_autoscaling(templates: dict[str, Template]) -> None:
    for template in templates.values():
        for _, _, statement in resource_statements(template):
            if "iam:CreateServiceLinkedRole" in statement["Action"] and statement.get("Sid") != "HandOn":
                of = {"iam:AWSServiceName": "sagemaker.application-autoscaling.amazonaws.com"}
                assert statement["Condition"] == {"StringEquals": of}


def test_templates_are_out_of_reach_of_those_who_upload_models(templates: dict[str, Template]) -> None:
    """Lesson 58. The bucket of packaged templates is another than that of models, and few write to it."""
    writers = set()
    for template in templates.values():
        for name, _, statement in resource_statements(template):
            writing = [action for action in statement["Action"] if action.startswith(("s3:Put", "s3:Delete"))]
            if writing and statement["Effect"] == "Allow" and "PipelinesBucket" in json.dumps(statement["Resource"]):
                writers.add(name)
    # The policies are the orchestrator's: for records of runs, and for what the closed loop keeps.
    assert writers == {"AutomationPolicy", "MonitorRunsPolicy", "OrchestratorRole", "PipelineRole"}


def test_what_is_launched_is_read_by_no_role(templates: dict[str, Template]) -> None:
    """Templates travel with the code: whoever could change the artifact bucket would change no running orchestrator."""
    for path, template in templates.items():
        for name, resource in template["Resources"].items():
            if resource["Type"].startswith("AWS::IAM::"):
                assert "ArtifactBucket" not in json.dumps(resource), f"{path}: {name}"


def _of_packages(templates: dict[str, Template], path: str) -> Any:
    """The policy of the pipelines bucket."""
    root = templates["mlops-orchestrator-single-account.yaml"]
    values = {"AWS::Partition": "aws", "RolePath": path, "PipelinesBucket.Arn": "arn:aws:s3:::deployed"}
    document = root["Resources"]["PipelinesBucketPolicy"]["Properties"]["PolicyDocument"]
    return resolving.resolved(document, values, root["Conditions"])


def _of_releases(_: dict[str, Template], __: str) -> Any:
    """The policy of the artifact bucket, which serves orchestrators of whatever path."""
    return {"Statement": artifact_bucket.no_writes_by_pipelines("deployed", "*", "aws")}


@pytest.mark.parametrize("path", ["/", "/teams/quay/"], ids=["no-path", "path"])
@pytest.mark.parametrize("policy_of", [_of_packages, _of_releases], ids=["packages", "releases"])
def test_jobs_change_nothing_that_is_deployed_wherever_a_request_sends_them(
    templates: dict[str, Template], policy_of: Callable[[dict[str, Template], str], Any], path: str
) -> None:
    """A request names where its jobs write, and could name the bucket of packages, or that of releases."""
    policy = documents.parse(policy_of(templates, path))

    def may(action: str, role: str, account: str = "111122223333") -> bool:
        arn = f"arn:aws:iam::{account}:role{path}{role}"
        own = documents.parse({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})
        principal = Principal(f"arn:aws:sts::{account}:assumed-role/{role}/job", arn)
        key = "" if action.endswith("Policy") else "/provisioned/x/template.zip"
        deployed = Resource(f"arn:aws:s3:::deployed{key}", account, policy)
        context = {"aws:principalarn": [arn], "aws:securetransport": ["true"]}
        return evaluation.decide(Request(principal, action, (deployed,), context), Policies((own,))).allowed

    for action in ("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutBucketPolicy"):
        assert may(action, "mlops-PipelineRole-1")
        assert may(action, "acme-mlops-pipeline-PipelineRole-1")
        assert not may(action, "mlops-pipeline-churn-SageMakerRole-1")
        assert not may(action, "mlops-pipeline-churn-SageMakerRole-1", "222222222222")
        assert not may(action, "StackSet-mlops-pipeline-churn-dev-0f1e-SageMakerRole-1", "222222222222")
