# SPDX-License-Identifier: Apache-2.0
"""Answers that AWS could not give are found, and those of the local AWS are none of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final
from xml.sax.saxutils import escape

import pytest
from botocore.exceptions import ClientError

from scripts.local_aws import answer_constraints

_ROLE: Final = "arn:aws:iam::123456789012:role/modeller"
_MODEL: Final = {
    "ModelName": "berths",
    "ModelArn": "arn:aws:sagemaker:us-east-1:123456789012:model/berths",
    "CreationTime": 1,
}
_STACK: Final = {"StackName": "berths", "CreationTime": "2026-11-29T21:00:00Z", "StackStatus": "CREATE_COMPLETE"}


def _of_model(**changes: Any) -> list[str]:
    answer = {name: value for name, value in (_MODEL | changes).items() if value != "left out"}
    return list(answer_constraints.problems("sagemaker", "DescribeModel", json.dumps(answer).encode()))


def _of_stack(**changes: str) -> list[str]:
    members = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in (_STACK | changes).items())
    body = f"<R><DescribeStacksResult><Stacks><member>{members}</member></Stacks></DescribeStacksResult></R>"
    return list(answer_constraints.problems("cloudformation", "DescribeStacks", body.encode()))


def test_what_aws_answers_is_right() -> None:
    assert _of_model(ExecutionRoleArn=_ROLE, PrimaryContainer={"Environment": {"NAME": "value"}}) == []
    assert _of_stack(DisableRollback="false", TimeoutInMinutes="5") == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"ModelName": "left out"}, "DescribeModel lacks ModelName", id="a required member"),
        pytest.param({"Name": "x"}, "DescribeModel has no member Name", id="another name"),
        pytest.param({"CreationTime": "2026"}, "CreationTime is '2026', no timestamp", id="a text"),
        pytest.param({"CreationTime": None}, "DescribeModel.CreationTime is None, no timestamp", id="null"),
        pytest.param({"ExecutionRoleArn": 1}, "DescribeModel.ExecutionRoleArn is 1, no string", id="a number"),
        pytest.param({"EnableNetworkIsolation": "true"}, "EnableNetworkIsolation is 'true', no boolean", id="a truth"),
        pytest.param({"ModelName": "a b"}, "satisfy regular expression pattern", id="a pattern"),
        pytest.param({"Containers": [{"Mode": "Many"}]}, "DescribeModel.Containers[0].Mode is 'Many'", id="an enum"),
    ],
)  # fmt: skip
def test_another_json_is_found(changes: dict[str, Any], problem: str) -> None:
    (found,) = _of_model(**changes)
    assert problem in found


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"Status": "x"}, "Stacks[0] has no member Status", id="another name"),
        pytest.param({"CreationTime": "today"}, "Stacks[0].CreationTime is 'today', no timestamp", id="no time"),
        pytest.param({"DisableRollback": "no"}, "Stacks[0].DisableRollback is 'no', no boolean", id="no truth"),
        pytest.param({"TimeoutInMinutes": "some"}, "Stacks[0].TimeoutInMinutes is 'some', no integer", id="no number"),
        pytest.param({"StackStatus": "READY"}, "Stacks[0].StackStatus is 'READY' and must satisfy enum", id="an enum"),
    ],
)
def test_another_xml_is_found(changes: dict[str, str], problem: str) -> None:
    (found,) = _of_stack(**changes)
    assert f"DescribeStacks.{problem}" in found


@pytest.mark.usefixtures("local_aws")
def test_a_wrong_answer_of_the_local_aws_is_an_error(
    client: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen by one that is let pass because AWS itself answers so."""
    sagemaker = client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="berths")
    sagemaker.create_model_package(ModelPackageGroupName="berths")
    (version,) = sagemaker.list_model_packages(ModelPackageGroupName="berths")["ModelPackageSummaryList"]
    assert sagemaker.describe_model_package(ModelPackageName=version["ModelPackageArn"])["ModelPackageVersion"] == 1
    monkeypatch.setattr(answer_constraints, "OTHERWISE", {})
    with pytest.raises(ClientError, match="otherwise than AWS does: DescribeModelPackage lacks ModelPackageName"):
        sagemaker.describe_model_package(ModelPackageName=version["ModelPackageArn"])
