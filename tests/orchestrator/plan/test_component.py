# SPDX-License-Identifier: Apache-2.0
"""The inference component that a request adds to the real-time blueprint."""

from __future__ import annotations

from typing import Any, Final

import pytest
from cfnlint.config import ConfigMixIn
from cfnlint.decode import decode_str
from cfnlint.runner import Runner, run_template_by_data

from orchestrator import templates
from orchestrator.plan.additions import NO_ADDITIONS, Additions
from tests.generator.resolving import resolved

ADDED: Final = Additions(has_component=True)
GIVEN: Final = {
    "Components": "0,2,1024,3,0.5,",
    "ModelDataDownloadTimeout": "600",
    "ContainerStartupTimeout": "",
    "Serverless": "0,0,0",
    "AsyncOutput": "",
}
NONE: Final = {**GIVEN, "Components": ",,,,,"}


@pytest.fixture(scope="module")
def release() -> bytes:
    return templates.read("blueprints/realtime_inference.yaml")


@pytest.fixture(scope="module")
def with_it(release: bytes) -> dict[str, Any]:
    found, problems = decode_str(ADDED.applied(release).decode())
    assert problems == []
    return dict(found)


def test_the_release_is_without_a_type_that_half_of_the_regions_lack(release: bytes) -> None:
    assert b"AWS::SageMaker::InferenceComponent" not in NO_ADDITIONS.applied(release)


def test_a_component_takes_what_the_request_says(with_it: dict[str, Any]) -> None:
    specification = with_it["Resources"]["InferenceComponent"]["Properties"]["Specification"]
    found: Any = resolved(
        {name: specification[name] for name in ("StartupParameters", "ComputeResourceRequirements")},
        GIVEN,
        with_it["Conditions"],
    )
    assert found == {
        "StartupParameters": {"ModelDataDownloadTimeoutInSeconds": "600"},
        "ComputeResourceRequirements": {"MinMemoryRequiredInMb": "1024", "NumberOfCpuCoresRequired": "0.5"},
    }
    copies = with_it["Resources"]["InferenceComponent"]["Properties"]["RuntimeConfig"]["CopyCount"]
    assert resolved({"CopyCount": copies}, GIVEN, with_it["Conditions"]) == {"CopyCount": "3"}


def test_a_stage_without_a_component_has_a_model_as_ever(with_it: dict[str, Any]) -> None:
    assert with_it["Resources"]["InferenceComponent"]["Condition"] == "HasComponent"
    variant, *_ = with_it["Resources"]["MLOpsSagemakerEndpointConfig"]["Properties"]["ProductionVariants"]
    managed = {name: variant[name] for name in ("ManagedInstanceScaling", "RoutingConfig")}
    assert resolved(managed, NONE, with_it["Conditions"]) == {}
    assert resolved(managed, GIVEN, with_it["Conditions"]) == {
        "ManagedInstanceScaling": {"Status": "ENABLED", "MinInstanceCount": "0", "MaxInstanceCount": "2"},
        "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
    }


def test_cfn_lint_has_nothing_to_say_about_it(with_it: dict[str, Any]) -> None:
    config = ConfigMixIn(regions=["eu-west-1"], ignore_checks=["E2531", "E2533", "W2531"])
    assert list(run_template_by_data(with_it, config, Runner(config).rules)) == []


def test_a_blueprint_without_the_places_for_it_is_an_error(release: bytes) -> None:
    with pytest.raises(ValueError, match="no single ScalableTarget"):
        ADDED.applied(release.replace(b"  ScalableTarget:", b"  Another:"))
