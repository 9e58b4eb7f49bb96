# SPDX-License-Identifier: Apache-2.0
"""Each role is taken on by one service, for this account where AWS documents that the service says for whom.

But for one, which the orchestrator assumes in the account of a stage.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

Template = dict[str, Any]
DOCS: Final = Path(__file__).parents[2] / "docs" / "security.md"
ACCOUNT: Final = {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


ORCHESTRATOR: Final = {"AWS": {"Fn::Select": [1, {"Fn::Split": [",", {"Ref": "ComparedBy"}]}]}}
"""Whom a role in the account of a stage trusts: by the ARN of a role, so that nobody else can have it act."""


def of(service: str, resource: str) -> dict[str, Any]:
    arn = f"arn:${{AWS::Partition}}:{service}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"
    return {"ArnLike": {"aws:SourceArn": {"Fn::Sub": arn}}}


BY_SERVICE: Final[dict[str, list[Any]]] = {
    "codebuild": [ACCOUNT | of("codebuild", "project/${AWS::StackName}")],
    "events": [ACCOUNT | of("events", "rule/mlops-pipeline-*"), ACCOUNT],
    "sagemaker": [of("sagemaker", "*"), None],
    "scheduler": [ACCOUNT],
    **{service: [None] for service in ("apigateway", "cloudformation", "codepipeline", "lambda")},
}
"""Service -> the conditions under which roles trust it. `docs/security.md` has the reasons of those without."""
# AWS does not name these kinds of jobs where it says for what SageMaker takes on a role.
_MONITORS: Final = ("data_quality", "model_bias", "model_explainability", "model_quality")
UNNAMED: Final = {"autopilot_training", "model_tuning", *_MONITORS, *(f"open_{kind}" for kind in _MONITORS)}


def trusts(templates: dict[str, Template]) -> list[tuple[str, str, Any]]:
    """Template, service and condition of each statement in the trust policy of a role."""
    found = []
    for path, template in templates.items():
        for resource in template["Resources"].values():
            if resource["Type"] == "AWS::IAM::Role":
                document = resource["Properties"]["AssumeRolePolicyDocument"]
                for one in document["Fn::If"][1:] if "Fn::If" in document else [document]:
                    for statement in one["Statement"]:
                        if statement["Principal"] == ORCHESTRATOR:
                            continue
                        service = statement["Principal"]["Service"].removesuffix(".amazonaws.com")
                        found.append((Path(path).stem.removesuffix("_monitor"), service, statement.get("Condition")))
    return found


def test_every_trust_is_as_the_table_says(templates: dict[str, Template]) -> None:
    found = trusts(templates)
    for path, service, condition in found:
        assert condition in BY_SERVICE[service], (path, service)
    assert {service for _, service, _ in found} == BY_SERVICE.keys()


def test_one_role_trusts_the_orchestrator(templates: dict[str, Template]) -> None:
    by_principal = [
        (path, name)
        for path, template in templates.items()
        for name, resource in template["Resources"].items()
        if resource["Type"] == "AWS::IAM::Role" and ORCHESTRATOR in _principals(resource)
    ]
    assert by_principal == [("blueprints/realtime_inference.yaml", "ComparingRole")]


def _principals(role: Any) -> list[Any]:
    document = role["Properties"]["AssumeRolePolicyDocument"]
    return [one["Principal"] for one in document.get("Statement", [])]


def test_sagemaker_is_trusted_for_this_account_where_aws_says_that_it_can_be(templates: dict[str, Template]) -> None:
    without = {path for path, service, condition in trusts(templates) if service == "sagemaker" and condition is None}
    assert without == UNNAMED


@pytest.mark.parametrize("service", BY_SERVICE)
def test_people_can_read_why(service: str) -> None:
    table = DOCS.read_text("utf-8").partition("### Who takes on a role")[2].partition("\n#")[0]
    assert f"| `{service}` |" in table
