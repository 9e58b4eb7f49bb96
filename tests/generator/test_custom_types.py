# SPDX-License-Identifier: Apache-2.0
"""What the root templates allow for pipeline types that an operator adds, and what they do not."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest

Template = dict[str, Any]
ROOTS: Final = ["mlops-orchestrator-single-account.yaml", "mlops-orchestrator-multi-account.yaml"]


def statements(template: Template, role: str) -> list[dict[str, Any]]:
    policies = template["Resources"][role]["Properties"]["Policies"]
    documents = [policy["PolicyDocument"] for policy in policies if "PolicyDocument" in policy]
    return [statement for document in documents for statement in document["Statement"]]


def actions_on(template: Template, role: str, key: str) -> set[str]:
    """What a role may do where the text of a resource has that key."""
    return {
        action
        for statement in statements(template, role)
        if key in json.dumps(statement["Resource"])
        for action in statement["Action"]
    }


@pytest.mark.parametrize("path", ROOTS)
def test_the_deploy_role_gets_the_operator_s_policy_and_nothing_without_one(
    templates: dict[str, Template], path: str
) -> None:
    template = templates[path]
    assert template["Parameters"]["CustomBlueprintPolicyArn"]["Default"] == ""
    given, _ = template["Resources"]["DeployRole"]["Properties"]["ManagedPolicyArns"]
    assert given["Fn::If"] == [
        "CustomBlueprintPolicyArnProvided",
        {"Ref": "CustomBlueprintPolicyArn"},
        {"Ref": "AWS::NoValue"},
    ]
    others = {name for name, found in template["Resources"].items() if "CustomBlueprintPolicyArn" in json.dumps(found)}
    assert others == {"DeployRole"}


@pytest.mark.parametrize("path", ROOTS)
def test_the_orchestrator_reads_types_and_writes_none(templates: dict[str, Template], path: str) -> None:
    assert actions_on(templates[path], "OrchestratorRole", "pipeline-types/*") == {"s3:GetObject"}
    listings = [
        found for found in statements(templates[path], "OrchestratorRole") if "s3:ListBucket" in found["Action"]
    ]
    assert "pipeline-types/*" in json.dumps([found.get("Condition") for found in listings])


def test_the_stage_deployer_reads_long_templates_alone(templates: dict[str, Template]) -> None:
    found = actions_on(templates[ROOTS[1]], "StageDeployerRole", "provisioned/")
    assert found == {"s3:GetObject"}
    assert actions_on(templates[ROOTS[1]], "StageDeployerRole", "provisioned/*/templates/*") == found
