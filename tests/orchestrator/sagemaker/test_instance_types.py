# SPDX-License-Identifier: Apache-2.0
"""Instance types by purpose: what cannot be is refused, what is not known is warned of (lesson 129)."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from botocore.session import Session

from orchestrator.launch.settings import Launch
from orchestrator.sagemaker import instance_types
from orchestrator.sagemaker.instance_types import Purpose
from scripts.packaging import refresh_instance_types
from scripts.packaging.refresh_instance_types import DATA, SHAPES
from tests.orchestrator.conftest import read_json
from tests.orchestrator.requesting import problems_of, request_of

TYPES: Final = {
    "byom_realtime_builtin": ("inference_instance", "endpoint"),
    "byom_batch_builtin": ("inference_instance", "transform"),
    "model_training_builtin": ("instance_type", "training"),
    "model_tuner_builtin": ("instance_type", "training"),
    "byom_data_quality_monitor": ("instance_type", "processing"),
}
"""Pipeline type -> the key of its instance type, and the purpose."""


def body_of(name: str, key: str, instance_type: Any) -> dict[str, Any]:
    return {**read_json(f"requests/{name}.json"), key: instance_type}


def test_the_table_is_that_of_the_sdk() -> None:
    """Run `python -m scripts.packaging.refresh_instance_types` after an update of botocore."""
    assert json.loads(DATA.read_text(encoding="utf-8")) == refresh_instance_types.content()


@pytest.mark.parametrize("purpose", SHAPES)
def test_every_type_that_the_sdk_knows_passes(purpose: Purpose) -> None:
    known = Session().get_service_model("sagemaker").shape_for(SHAPES[purpose]).enum
    assert [one for one in known if instance_types.impossible(purpose, one)] == []
    assert [one for one in known if instance_types.unknown(purpose, one)] == []


@pytest.mark.parametrize("name", TYPES)
def test_a_size_that_cannot_be_is_refused_with_those_that_can(launch: Launch, name: str) -> None:
    key, _ = TYPES[name]
    problem = problems_of(body_of(name, key, "ml.m5.huge"), launch)[key]
    assert problem.startswith("must be one of the sizes that SageMaker has of ml.m5 for ")
    assert "xlarge, 2xlarge" in problem


@pytest.mark.parametrize("name", TYPES)
def test_a_family_that_is_not_known_is_warned_of_with_the_nearest(launch: Launch, name: str) -> None:
    key, purpose = TYPES[name]
    (warning, *_) = request_of(body_of(name, key, "ml.m99.2xlarge"), launch).warnings(launch)
    assert warning.startswith(f"{key}: SageMaker was not known to offer ml.m99.2xlarge for ")
    nearest = warning.rpartition("such as ")[2]
    assert nearest in Session().get_service_model("sagemaker").shape_for(SHAPES[purpose]).enum


def test_a_family_of_other_purposes_is_refused(launch: Launch) -> None:
    """The earlier guide has an endpoint on ml.t3, on which only jobs run."""
    body = body_of("byom_realtime_builtin", "inference_instance", "ml.t3.2xlarge")
    problem = problems_of(body, launch)["inference_instance"]
    assert problem == (
        "must be of a family that SageMaker has for endpoints, such as ml.t2.2xlarge: ml.t3 is for processing jobs and "
        "training jobs"
    )
    assert instance_types.unknown("processing", "ml.t3.large") == ""


def test_each_stage_is_looked_at(multi_account: Launch) -> None:
    body: dict[str, Any] = read_json("requests/byom_realtime_builtin.multi.json")
    body["inference_instance"] = {"dev": "ml.m5.large", "staging": "ml.m5.huge", "prod": "ml.m5.xlarge"}
    assert list(problems_of(body, multi_account)) == ["inference_instance.staging"]
