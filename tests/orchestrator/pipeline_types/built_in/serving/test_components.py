# SPDX-License-Identifier: Apache-2.0
"""`managed_instance_scaling` of requests: copies of a model, none of them if nobody asks, and what it is not with."""

from __future__ import annotations

import dataclasses
from typing import Any, Final

import pytest
from cfnlint.helpers import REGIONS
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER

from orchestrator.launch.settings import Launch
from orchestrator.sagemaker.serving.components import REGIONS_WITHOUT
from tests.orchestrator.conftest import read_json
from tests.orchestrator.requesting import GONE, Body, accept, parameters_of, problems_of

MANAGED: Final[Body] = {"minimum": 0, "maximum": 2, "memory_mb": 1024}
SCALED: Final[Body] = {"minimum": 0, "maximum": 3, "invocations_per_instance": 60}
KEY: Final = "managed_instance_scaling"


@pytest.fixture
def body() -> Body:
    return dict(read_json("requests/byom_realtime_builtin.json"))


def test_a_copy_takes_its_part_of_instances_and_nothing_is_captured(body: Body, launch: Launch) -> None:
    values = parameters_of(body, launch, **{KEY: MANAGED}, data_capture_location=GONE)
    assert (values["Components"], values["InstanceCount"], values["DataCaptureLocation"]) == ("0,2,1024,1,,", "1", "")
    given = {"minimum": 2, "maximum": 4, "memory_mb": 512, "cpu_cores": 0.5, "copies": 3}
    values = parameters_of(body, launch, **{KEY: given})
    assert (values["Components"], values["InstanceCount"]) == ("2,4,512,3,0.5,", "2")
    assert parameters_of(body, launch)["Components"] == ",,,,,"


def test_copies_on_gpus_say_how_many_each_takes(body: Body, launch: Launch) -> None:
    values = parameters_of(body, launch, inference_instance="ml.g5.12xlarge", **{KEY: {**MANAGED, "accelerators": 4}})
    assert values["Components"] == "0,2,1024,1,,4"


def test_autoscaling_may_take_all_copies_away(body: Body, launch: Launch) -> None:
    values = parameters_of(body, launch, **{KEY: {**MANAGED, "copies": 0}}, autoscaling=SCALED)
    assert (values["Components"], values["Autoscaling"], values["InstanceCount"]) == (
        "0,2,1024,0,,",
        "0,3,60,300,300",
        "1",
    )
    assert problems_of({**body, "autoscaling": SCALED}, launch).keys() == {"autoscaling.minimum"}


def test_a_place_for_captures_is_ignored_with_a_word(body: Body, launch: Launch) -> None:
    assert accept(body, launch, **{KEY: MANAGED}).warnings == (
        "data_capture_location is ignored: calls of an inference component are not captured",
    )


def test_stages_may_differ(multi_account: Launch) -> None:
    body = {**read_json("requests/byom_realtime_builtin.multi.json"), "inference_instance": "ml.m5.large"}
    by_stage = {KEY: {"dev": MANAGED, "staging": "", "prod": ""}}
    captures = {"dev": "", "staging": "captures", "prod": "captures"}
    found = [
        parameters_of(body, multi_account, stage, **by_stage, data_capture_location=captures)["Components"]
        for stage in ("dev", "prod")
    ]
    assert found == ["0,2,1024,1,,", ",,,,,"]
    nowhere = {**body, **by_stage, "data_capture_location": {**captures, "prod": ""}}
    assert problems_of(nowhere, multi_account).keys() == {"data_capture_location.prod"}


def test_regions_whose_cloudformation_has_no_components_are_told(body: Body, launch: Launch) -> None:
    elsewhere = dataclasses.replace(launch, region="eu-west-3")
    assert "has no AWS::SageMaker::InferenceComponent" in problems_of({**body, KEY: MANAGED}, elsewhere)[KEY]


def test_those_regions_are_the_ones_whose_registries_lack_the_type() -> None:
    """After an update of cfn-lint: change the table, and the sentence in docs/capacity.md."""
    has = PROVIDER_SCHEMA_MANAGER.get_resource_types
    assert {region for region in REGIONS if "AWS::SageMaker::InferenceComponent" not in has(region)} == REGIONS_WITHOUT


VARIANT: Final = {"name": "next", "model_artifact_location": "models/next/model.tar.gz"}


@pytest.mark.parametrize(
    ("changes", "key", "problem"),
    [
        pytest.param({KEY: {**MANAGED, "minimum": 3}}, f"{KEY}.minimum", "must be 2 at most", id="limits"),
        pytest.param({KEY: {**MANAGED, "memory_mb": 64}}, f"{KEY}.memory_mb", "128 or more", id="little memory"),
        pytest.param({KEY: {**MANAGED, "cpu_cores": 0}}, f"{KEY}.cpu_cores", "0.25 or more", id="no core"),
        pytest.param({KEY: {**MANAGED, "copies": 0}}, f"{KEY}.copies", "nothing else would add a copy", id="no copy"),
        pytest.param(
            {KEY: {**MANAGED, "copies": 4}, "autoscaling": SCALED}, f"{KEY}.copies", "must be 0 to 3", id="many copies"
        ),
        pytest.param(
            {KEY: MANAGED, "inference_instance": "ml.g5.xlarge"}, f"{KEY}.accelerators", "gets no GPU", id="GPU unused"
        ),
        pytest.param(
            {KEY: {**MANAGED, "accelerators": 2}, "inference_instance": "ml.g5.xlarge"},
            f"{KEY}.accelerators",
            "must be 1 at most, the GPUs of ml.g5.xlarge",
            id="many GPUs",
        ),
        pytest.param(
            {KEY: {**MANAGED, "accelerators": 1}}, f"{KEY}.accelerators", "has no accelerators", id="GPU of a CPU"
        ),
        pytest.param(
            {KEY: MANAGED, "inference_instance": "ml.t2.medium"}, KEY, "does not scale burstable", id="burstable"
        ),
        pytest.param({KEY: MANAGED, "instance_count": 2}, "instance_count", "say how many instances", id="count"),
        pytest.param(
            {KEY: MANAGED, "serverless": {"memory_mb": 2048, "max_concurrency": 1}}, "serverless", "has no instances",
            id="serverless",
        ),
        pytest.param({KEY: MANAGED, "variants": [VARIANT]}, "variants", "is on one variant", id="variants"),
        pytest.param({KEY: MANAGED, "shadow_variant": VARIANT}, "shadow_variant", "is on one variant", id="shadow"),
        pytest.param(
            {KEY: MANAGED, "endpoint_name": "tides", "deployment": {"strategy": "canary"}},
            "deployment",
            "copy by copy",
            id="deployment",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_said(changes: dict[str, Any], key: str, problem: str, body: Body, launch: Launch) -> None:
    assert problem in problems_of({**body, **changes}, launch)[key]
