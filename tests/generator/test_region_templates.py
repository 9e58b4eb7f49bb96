# SPDX-License-Identifier: Apache-2.0
"""What is published in a Region whose CloudFormation lacks a type of the root templates (lesson 120)."""

from __future__ import annotations

from typing import Final

import pytest
from cfnlint.helpers import REGIONS
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from scripts.launch import launch_parameters
from scripts.packaging import region_templates
from tests.committed import TEMPLATES
from tests.generator.test_lint import findings, types_of

ROOTS: Final = ["mlops-orchestrator-single-account.yaml", "mlops-orchestrator-multi-account.yaml"]


def lacking(region: str) -> set[str]:
    """The types of the root templates that CloudFormation of a Region does not have."""
    return {type_ for path in ROOTS for type_ in types_of(path)} - set(
        PROVIDER_SCHEMA_MANAGER.get_resource_types(region)
    )


def test_the_regions_are_those_of_the_schemas() -> None:
    """After an update of cfn-lint: change the table here, and the sentence in docs/launch.md."""
    found = {region: types for region in REGIONS if (types := lacking(region))}
    assert set(found) == region_templates.WITHOUT_GROUPS
    assert {type_ for types in found.values() for type_ in types} == {region_templates.GROUP_TYPE}


@pytest.mark.parametrize("path", ROOTS)
def test_what_is_published_there_has_nothing_that_is_lacking(path: str) -> None:
    text = (TEMPLATES / path).read_text("utf-8")
    regions = ["ap-south-2", "cn-north-1"]
    fitting = region_templates.fitting(text, regions[0])
    assert findings(text, regions[:1])
    assert [str(found) for found in findings(fitting, regions)] == []
    assert not launch_parameters.declared(fitting)["CreateModelRegistry"].accepts("Yes")


@pytest.mark.parametrize("path", ROOTS)
def test_elsewhere_it_is_the_template(path: str) -> None:
    text = (TEMPLATES / path).read_text("utf-8")
    assert region_templates.fitting(text, "eu-west-1") == text
