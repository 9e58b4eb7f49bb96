# SPDX-License-Identifier: Apache-2.0
"""Deploying versions of model packages (contract 3.1 to 3.4, "Registry option")."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from orchestrator.per_stage import STAGES
from orchestrator.settings import Launch
from tests.orchestrator.requesting import GONE, PACKAGE, Body, accept, changed, parameters_of, problems_of

MODEL_KEYS = ("model_artifact_location", "model_framework", "model_framework_version", "custom_image_uri")


@pytest.fixture(params=["builtin", "custom"])
def body(request: pytest.FixtureRequest) -> Body:
    """A request of each type, without the registry."""
    found: Body = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def packaged(body: Body) -> Body:
    """The same for a package: nothing tells image or artifact."""
    return changed({**body, "model_package_name": PACKAGE}, dict.fromkeys(MODEL_KEYS, GONE))


def test_a_package_without_the_registry_is_refused(body: Body, launch: Launch) -> None:
    """Defect 28: it silently overrode image and artifact."""
    problems = problems_of({**body, "model_package_name": PACKAGE}, launch)
    assert list(problems) == ["model_package_name"]
    assert "launch parameter UseModelRegistry" in problems["model_package_name"]


@pytest.mark.parametrize("value", [GONE, ""])
def test_a_package_is_required_with_the_registry(body: Body, with_registry: Launch, value: Any) -> None:
    problems = problems_of(changed(body, {"model_package_name": value}), with_registry)
    assert list(problems) == ["model_package_name"]
    assert "model registry" in problems["model_package_name"]


@pytest.mark.parametrize(
    "value",
    [
        "arn:aws:sagemaker:eu-west-1:111122223333:model-package",
        "arn:aws:sagemaker:eu-west-1:111122223333:model-package/berth-models",
        "arn:aws:sagemaker:eu-west-1:111122223333:model-package/-berth/4",
        f"arn:aws:sagemaker:eu-west-1:111122223333:model-package/{'b' * 64}/4",
        "arn:aws:sagemaker:eu-west-1:111122223333:model-package-group/berth-models",
        "berth-models/4",
        4,
    ],
)
def test_a_package_that_is_no_version_is_refused(packaged: Body, with_registry: Launch, value: Any) -> None:
    """Defect 28: an ARN without a slash was an index error."""
    problems = problems_of({**packaged, "model_package_name": value}, with_registry)
    assert list(problems) == ["model_package_name"]
    assert "model package version" in problems["model_package_name"]


def test_a_package_needs_neither_image_nor_artifact(packaged: Body, with_registry: Launch) -> None:
    accepted = accept(packaged, with_registry)
    assert accepted.warnings == ()
    parameters = parameters_of(packaged, with_registry)
    assert (parameters["ModelPackageName"], parameters["ModelPackageGroupName"]) == (PACKAGE, "berth-models")
    assert (parameters["ImageUri"], parameters["ModelArtifactLocation"]) == ("", "")
    assert parameters["CustomAlgorithmsECRRepoArn"] == with_registry.ecr_repository_arn


def test_what_the_package_has_itself_is_ignored_and_said_so(body: Body, with_registry: Launch) -> None:
    """Contract 3.1: the image parameter is empty even when the request names a framework or an image."""
    given = [key for key in MODEL_KEYS if key in body]
    warnings = accept(body, with_registry, model_package_name=PACKAGE).warnings
    assert [warning.split()[0] for warning in warnings] == given
    parameters = parameters_of(body, with_registry, model_package_name=PACKAGE)
    assert (parameters["ImageUri"], parameters["ModelArtifactLocation"]) == ("", "")
    assert parameters["CustomAlgorithmsECRRepoArn"] == with_registry.ecr_repository_arn


def test_a_package_of_another_account_is_for_every_stage(packaged: Body, multi_account: Launch) -> None:
    """Defect 54: stages deploy what the orchestrator's account, or another one, has registered."""
    launch = replace(multi_account, use_model_registry=True)
    assert [parameters_of(packaged, launch, stage)["ModelPackageName"] for stage in STAGES] == [PACKAGE] * 3


def test_a_package_of_another_region_is_warned_about(packaged: Body, with_registry: Launch) -> None:
    elsewhere = PACKAGE.replace("eu-west-1", "ap-south-1")
    (warning,) = accept(packaged, with_registry, model_package_name=elsewhere).warnings
    assert warning.startswith("model_package_name: ")
    assert "eu-west-1" in warning
    assert "ap-south-1" in warning
