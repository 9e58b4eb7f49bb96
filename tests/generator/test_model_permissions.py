# SPDX-License-Identifier: Apache-2.0
"""What may be done with model packages, which may be of another account."""

from __future__ import annotations

from typing import Any

from tests.generator.test_templates import statements

Template = dict[str, Any]


def test_models_are_made_of_packages_of_any_account_that_shares_them(templates: dict[str, Template]) -> None:
    """Lesson 54."""
    for path in ("mlops-orchestrator-single-account.yaml", "mlops-orchestrator-multi-account.yaml"):
        about_packages = [
            (statement["Action"], statement["Resource"])
            for statement in statements(templates[path]["Resources"]["DeployRole"])
            if "model-package" in str(statement.get("Resource"))
        ]
        packages = {"Fn::Sub": "arn:${AWS::Partition}:sagemaker:${AWS::Region}:*:model-package/*"}
        assert about_packages == [(["sagemaker:CreateModel", "sagemaker:DescribeModelPackage"], [packages])]


def test_the_model_s_own_account_is_in_no_permission_for_a_package(blueprints: dict[str, Template]) -> None:
    """Lesson 54: in a stage the registry is the orchestrator account's."""
    about_packages = [
        str(statement.get("Resource"))
        for template in blueprints.values()
        for statement in statements(template["Resources"])
        if "ModelPackage" in str(statement.get("Resource"))
    ]
    assert about_packages
    assert [resource for resource in about_packages if "AWS::AccountId" in resource] == []
