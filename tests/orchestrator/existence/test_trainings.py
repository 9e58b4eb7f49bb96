# SPDX-License-Identifier: Apache-2.0
"""The training pipeline that a monitor names is looked up before the monitor is made, against moto."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.aws import calls
from orchestrator.existence import trainings
from orchestrator.existence.trainings import Look
from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.plan import layout
from orchestrator.plan.automation import RetrainedBy
from tests.orchestrator.pipelines_there import deployed_name, make_pipeline

TYPE = "model_training_builtin"
TUNER = "model_tuner_builtin"


@pytest.fixture
def launch(launch: Launch, aws: None) -> Launch:
    """In moto's account, with a pipelines bucket."""
    location = {"LocationConstraint": launch.region}
    calls.client("s3").create_bucket(Bucket=launch.pipelines_bucket, CreateBucketConfiguration=location)
    return replace(launch, ecr_repository_arn="arn:aws:ecr:eu-west-1:123456789012:repository/quayside-images")


def look(name: str, launch: Launch, *, merged: bool = False) -> Look:
    return trainings.look(RetrainedBy(name, merged), launch)


def made_of(launch: Launch, model: str, request: dict[str, Any] | None, type_name: str = TYPE) -> str:
    """A training pipeline with a package, made of this request or by an earlier release; gives its id."""
    arn = make_pipeline(model, type_name, postfix(type_name))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("template_params.json", "{}")
        if request is not None:
            archive.writestr("request.json", json.dumps(request))
    key = layout.package(deployed_name(model, postfix(type_name)))
    calls.client("s3").put_object(Bucket=launch.pipelines_bucket, Key=key, Body=buffer.getvalue())
    return arn


def postfix(type_name: str = TYPE) -> str:
    return BUILT_IN.get(type_name).postfix.lower()


REGISTERING = {"pipeline_type": TYPE, "register": {"model_package_group_name": "models"}}


@pytest.mark.parametrize("name", ["churn", "Churn", "churn/training", "churn/model_training_builtin"])
def test_a_model_s_only_training_pipeline_is_meant_whatever_else_it_has(launch: Launch, name: str) -> None:
    make_pipeline("churn")
    made_of(launch, "churn", REGISTERING)
    assert look(name, launch) == Look()


def test_an_id_and_a_stack_s_name_are_taken(launch: Launch) -> None:
    arn = made_of(launch, "churn", REGISTERING)
    assert look(arn, launch) == Look()
    assert look(arn.split("/")[1], launch) == Look()


def test_one_that_is_not_there_is_missing(launch: Launch) -> None:
    arn = make_pipeline("churn")
    for name in ("churn", "churn/training", arn, arn.split("/")[1], "no-such-model", arn.replace("churn", "other")):
        assert look(name, launch).missing == f"there is no pipeline {name} that trains models: provision it first"


def test_of_several_one_must_be_named(launch: Launch) -> None:
    made_of(launch, "churn", REGISTERING)
    make_pipeline("churn", TUNER, postfix(TUNER))
    assert "several pipelines: name one of churn/" in look("churn", launch).missing


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (None, "was made by an earlier release"),
        ({"pipeline_type": TYPE}, "registers nothing"),
        ({"pipeline_type": TYPE, "register": ""}, "registers nothing"),
    ],
    ids=["earlier-release", "without-register", "empty"],
)
def test_one_that_would_lead_to_nothing_is_told(launch: Launch, request_: dict[str, Any] | None, words: str) -> None:
    made_of(launch, "churn", request_)
    seen = look("churn", launch)
    assert seen.missing == ""
    assert words in seen.warning


def test_the_other_spelling_registers_too(launch: Launch) -> None:
    made_of(launch, "churn", {"pipeline_type": TYPE, "registration": {"model_package_group_name": "models"}})
    assert look("churn", launch) == Look()


@pytest.mark.parametrize(
    ("type_name", "may"),
    [(TYPE, True), (TUNER, True), ("model_autopilot_training", False)],
    ids=str,
)
def test_autopilot_has_no_use_for_data_without_a_header(launch: Launch, type_name: str, may: bool) -> None:
    made_of(launch, "churn", REGISTERING, type_name)
    assert look("churn", launch) == Look()
    assert ("has no header" in look("churn", launch, merged=True).missing) is not may
