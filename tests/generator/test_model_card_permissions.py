# SPDX-License-Identifier: Apache-2.0
"""What the orchestrator may do for model cards (compatibility 5, lessons 91 and 92)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.session import get_session

from tests.generator.test_templates import Template, statements

WRAPPERS = Path(__file__).parents[2] / "lambda_src" / "orchestrator" / "aws" / "sagemaker"
ARN = "arn:${AWS::Partition}:sagemaker:${AWS::Region}:${AWS::AccountId}:"
CALL = re.compile(r'client\("sagemaker"\)\.(?:get_paginator\("(\w+)"\)|(\w+)\()')


def allowed(root: Template) -> dict[str, list[Any]]:
    """What the function may do, with the resources."""
    found: dict[str, list[Any]] = {}
    for statement in statements(root["Resources"]["OrchestratorRole"]):
        for action in statement["Action"]:
            found.setdefault(action, []).extend(statement.get("Resource", ()))
    return found


def called() -> set[str]:
    """The operations of SageMaker that the wrappers for model cards call."""
    texts = [(WRAPPERS / f"{module}.py").read_text(encoding="utf-8") for module in ("model_cards", "model_sources")]
    methods = {name for text in texts for found in CALL.findall(text) for name in found if name}
    model = get_session().get_service_model("sagemaker")
    return {name for name in model.operation_names if xform_name(name) in methods}


def test_every_call_is_allowed(root: Template) -> None:
    assert len(called()) == 11
    assert {f"sagemaker:{name}" for name in called()} <= allowed(root).keys()


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("CreateModelCard", f"{ARN}model-card/*"),
        ("CreateModelCardExportJob", f"{ARN}model-card/*"),
        ("DeleteModelCard", f"{ARN}model-card/*"),
        ("DescribeModelCard", f"{ARN}model-card/*"),
        ("DescribeModelCardExportJob", f"{ARN}model-card/*"),
        ("UpdateModelCard", f"{ARN}model-card/*"),
        ("DescribeModel", f"{ARN}model/*"),
        ("DescribeModelPackage", "arn:${AWS::Partition}:sagemaker:${AWS::Region}:*:model-package/*"),
    ],
)
def test_an_action_is_for_its_own_kind_of_resource(root: Template, action: str, resource: str) -> None:
    assert allowed(root)[f"sagemaker:{action}"] == [{"Fn::Sub": resource}]


def test_exports_are_the_only_thing_that_it_writes_among_the_assets(root: Template) -> None:
    among_assets = [on["Fn::Sub"] for on in allowed(root)["s3:PutObject"] if "AssetsBucket" in str(on)]
    assert [path for path, _ in among_assets] == ["arn:${AWS::Partition}:s3:::${Bucket}/model_card_exports/*"]


def test_no_bucket_is_open_to_it_that_is_not_of_the_solution(root: Template) -> None:
    """Lesson 91: a file in any other bucket is read because that bucket's policy says so."""
    assert all(":s3:::*" not in str(on) for on in allowed(root)["s3:GetObject"])
