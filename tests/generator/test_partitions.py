# SPDX-License-Identifier: Apache-2.0
"""Every template is good for AWS, AWS GovCloud (US) and AWS in China, as far as CloudFormation has its types there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from tests.generator.test_lint import PATHS, TEMPLATES, findings, representatives, types_of

Template = dict[str, Any]

REGIONS: Final = {"aws": "eu-west-1", "aws-us-gov": "us-gov-west-1", "aws-cn": "cn-north-1"}
_OF_PARTITION: Final = {"aws-us-gov": "us-gov-", "aws-cn": "cn-"}

_GROUP: Final = {"aws-cn": {"AWS::SageMaker::ModelPackageGroup"}}
LACKING: Final[dict[str, dict[str, set[str]]]] = {
    "mlops-orchestrator-single-account.yaml": _GROUP,
    "mlops-orchestrator-multi-account.yaml": _GROUP,
    **{
        f"blueprints/{kind}_monitor.yaml": {
            "aws-us-gov": {f"AWS::SageMaker::{type_}JobDefinition", "AWS::SageMaker::MonitoringSchedule"},
            "aws-cn": {f"AWS::SageMaker::{type_}JobDefinition"},
        }
        for kind, type_ in {
            "data_quality": "DataQuality",
            "model_bias": "ModelBias",
            "model_explainability": "ModelExplainability",
            "model_quality": "ModelQuality",
        }.items()
    },
}
"""Template -> partition -> the types that CloudFormation does not have there, by the schemas that cfn-lint ships.

docs/launch.md tells people. Whoever shortens this table may shorten that one."""

MISSING: Final = re.compile(r"Resource type '(?P<type>\S+)' does not exist in '(?P<region>\S+)'")


@pytest.mark.parametrize("partition", REGIONS)
@pytest.mark.parametrize("path", PATHS)
def test_a_region_of_each_partition_was_linted_or_lacks_types(path: str, partition: str) -> None:
    """What `test_lint.py` lints has a Region of the partition, unless the table says why it cannot have one."""
    lacking = LACKING.get(path, {}).get(partition, set())
    there = set(PROVIDER_SCHEMA_MANAGER.get_resource_types(REGIONS[partition]))
    assert set(types_of(path)) - there == lacking
    prefix = _OF_PARTITION.get(partition, "")
    others = tuple(_OF_PARTITION.values())
    linted = [
        region
        for region in representatives(path)
        if (region.startswith(prefix) if prefix else not region.startswith(others))
    ]
    assert bool(linted) is not bool(lacking)


@pytest.mark.sampled(2)
@pytest.mark.parametrize("path", LACKING)
def test_nothing_else_is_wrong_where_types_are_lacking(path: str) -> None:
    regions = [REGIONS[partition] for partition in LACKING[path]]
    said = [str(finding) for finding in findings((TEMPLATES / path).read_text(encoding="utf-8"), regions)]
    found = [match for text in said if (match := MISSING.search(text))]
    assert len(found) == len(said), said
    expected = {(REGIONS[partition], type_) for partition, types in LACKING[path].items() for type_ in types}
    assert {(match["region"], match["type"]) for match in found} == expected


UNIVERSAL: Final = {
    f"{service}.amazonaws.com"
    for service in (
        *("apigateway", "cloudformation", "cloudwatch", "codebuild", "codepipeline", "events", "lambda", "logging.s3"),
        *("sagemaker", "scheduler"),
    )
}
"""Services that have the same name in every partition, as the AWS CDK's table of service principals has them; the names
of EC2, CodeDeploy and Step Functions, say, differ in China."""
LOGS: Final = "logs.${AWS::Region}.${AWS::URLSuffix}"


def principals(value: Any) -> Iterator[str]:
    """Every service that a part of a template lets in or trusts."""
    if isinstance(value, list):
        for item in value:
            yield from principals(item)
    elif isinstance(value, dict):
        service = value.get("Service")
        for item in service if isinstance(service, list) else [service]:
            if item is not None:
                yield item["Fn::Sub"] if isinstance(item, dict) else item
        for item in value.values():
            yield from principals(item)


def test_services_have_the_name_that_they_have_in_each_partition(templates: dict[str, Template]) -> None:
    found = {name for template in templates.values() for name in principals(template["Resources"])}
    assert found == {*UNIVERSAL, LOGS}


def test_inline_code_writes_down_no_place(templates: dict[str, Template]) -> None:
    written = re.compile(r"arn:aws|amazonaws\.com|\b(us|eu|ap|cn)-[a-z-]+-[0-9]\b")
    code = [
        resource["Properties"]["Code"]["ZipFile"]
        for template in templates.values()
        for resource in template["Resources"].values()
        if "ZipFile" in resource.get("Properties", {}).get("Code", {})
    ]
    assert code
    assert [text for text in code if written.search(text)] == []
