# SPDX-License-Identifier: Apache-2.0
"""Deploying versions of model packages (compatibility 3)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from orchestrator import service
from orchestrator.errors import RefusedRequestError
from orchestrator.launch.settings import Launch, Settings
from orchestrator.reach import Reach
from orchestrator.values.per_stage import STAGES
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


def test_a_package_without_the_registry_is_deployed_and_told(body: Body, launch: Launch) -> None:
    """Lesson 28: the earlier solution let it win over image and artifact without a word."""
    warnings = accept(body, launch, model_package_name=PACKAGE).warnings
    superfluous = [key for key in MODEL_KEYS if key in body]
    assert warnings[0].startswith("model_package_name: the model package is deployed, although UseModelRegistry")
    assert [warning.split()[0] for warning in warnings[1:]] == superfluous
    parameters = parameters_of(body, launch, model_package_name=PACKAGE)
    assert (parameters["ModelPackageName"], parameters["ModelPackageGroupName"]) == (PACKAGE, "berth-models")
    assert (parameters["ImageUri"], parameters["ModelArtifactLocation"]) == ("", "")


def test_a_package_without_the_registry_needs_nothing_else(packaged: Body, launch: Launch) -> None:
    assert len(accept(packaged, launch).warnings) == 1


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
    """Lesson 28: an ARN without a slash was an index error."""
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
    """Compatibility 3.1: the image parameter is empty even when the request names a framework or an image."""
    given = [key for key in MODEL_KEYS if key in body]
    warnings = accept(body, with_registry, model_package_name=PACKAGE).warnings
    assert [warning.split()[0] for warning in warnings] == given
    parameters = parameters_of(body, with_registry, model_package_name=PACKAGE)
    assert (parameters["ImageUri"], parameters["ModelArtifactLocation"]) == ("", "")
    assert parameters["CustomAlgorithmsECRRepoArn"] == with_registry.ecr_repository_arn


def test_a_package_of_another_account_is_for_every_stage(packaged: Body, multi_account: Launch) -> None:
    """Lesson 54: stages deploy what the orchestrator's account, or another one, has registered."""
    launch = replace(multi_account, use_model_registry=True)
    assert [parameters_of(packaged, launch, stage)["ModelPackageName"] for stage in STAGES] == [PACKAGE] * 3


def test_a_package_of_another_region_is_warned_about(packaged: Body, with_registry: Launch) -> None:
    elsewhere = PACKAGE.replace("eu-west-1", "ap-south-1")
    (warning,) = accept(packaged, with_registry, model_package_name=elsewhere).warnings
    assert warning.startswith("model_package_name: ")
    assert "eu-west-1" in warning
    assert "ap-south-1" in warning


class TestLookUp:
    """The version is looked up before anything is planned, and its model is all that the pipeline's role may read."""

    MODEL = "s3://quayside-assets/models/credit/model.tar.gz"

    @pytest.fixture
    def registry(self, settings: Settings, with_registry: Launch) -> Settings:
        reach = Reach(allowed={"AllowedBuckets": ("quayside-*",)}, reserved_buckets=frozenset({"quayside-pipelines"}))
        return replace(settings, launch=replace(with_registry, reach=reach))

    def plan(
        self, packaged: Body, registry: Settings, sagemaker: Stubber, *containers: dict[str, Any]
    ) -> dict[str, str]:
        """The blueprint's parameters, of a dry run; the version has these containers."""
        described = {
            "ModelPackageName": "berth-models/4",
            "ModelPackageArn": PACKAGE,
            "CreationTime": datetime(2026, 11, 1, tzinfo=UTC),
            "ModelPackageStatus": "Completed",
            "ModelPackageStatusDetails": {"ValidationStatuses": []},
            "InferenceSpecification": {"Containers": [{"Image": "i", **container} for container in containers]},
        }
        sagemaker.add_response("describe_model_package", described, {"ModelPackageName": PACKAGE})
        answer = service.provision_pipeline({**packaged, "dry_run": True}, registry)
        (values,) = answer["plan"]["parameters"].values()
        return dict(values)

    def test_its_model_is_what_the_role_may_read(self, packaged: Body, registry: Settings, sagemaker: Stubber) -> None:
        values = self.plan(packaged, registry, sagemaker, {"ModelDataUrl": self.MODEL})
        assert values["ModelPackageObjects"] == "arn:aws:s3:::quayside-assets/models/credit/model.tar.gz"
        assert values["ModelPackageBuckets"] == values["ModelPackagePrefixes"] == ""

    def test_a_model_of_several_objects_is_found_by_their_prefix(
        self, packaged: Body, registry: Settings, sagemaker: Stubber
    ) -> None:
        source = {"S3Uri": "s3://quayside-assets/large/", "S3DataType": "S3Prefix", "CompressionType": "None"}
        one = {**source, "S3Uri": "s3://quayside-assets/one.tar.gz", "S3DataType": "S3Object"}
        containers = [{"ModelDataSource": {"S3DataSource": each}} for each in (source, one)]
        values = self.plan(packaged, registry, sagemaker, *containers)
        objects = values["ModelPackageObjects"].split(",")
        assert objects == ["arn:aws:s3:::quayside-assets/large/*", "arn:aws:s3:::quayside-assets/one.tar.gz"]
        assert values["ModelPackageBuckets"] == "arn:aws:s3:::quayside-assets"
        assert values["ModelPackagePrefixes"] == "large/*"

    @pytest.mark.parametrize(
        ("uri", "words"),
        [
            ("s3://quayside-pipelines/x.tar.gz", "must not lie in quayside-pipelines"),
            ("s3://prod-payroll/x.tar.gz", "the launch parameter AllowedBuckets allows: quayside-*"),
            ("s3://quayside-assets/*", "without commas and wildcards"),
            ("s3://quayside-assets/a,b.tar.gz", "without commas and wildcards"),
            ("s3://quayside-assets/${x}.tar.gz", "without commas and wildcards"),
            ("https://quayside-assets.s3.amazonaws.com/x", "it must be at s3://"),
        ],
    )
    def test_a_version_leads_no_further_than_a_request_may(
        self, packaged: Body, registry: Settings, sagemaker: Stubber, *, uri: str, words: str
    ) -> None:
        """Who may register versions says where their models are."""
        with pytest.raises(RefusedRequestError) as refused:
            self.plan(packaged, registry, sagemaker, {"ModelDataUrl": uri})
        (problem,) = refused.value.problems
        assert problem.key == "model_package_name"
        assert words in problem.problem

    @pytest.mark.parametrize(
        ("code", "words"),
        [
            ("ValidationException", "SageMaker refuses it: because"),
            ("AccessDeniedException", "must be of a group whose policy lets the orchestrator's account describe it"),
        ],
    )
    def test_one_that_cannot_be_looked_at_is_refused(
        self, packaged: Body, registry: Settings, sagemaker: Stubber, code: str, words: str
    ) -> None:
        sagemaker.add_client_error("describe_model_package", code, "because", 400)
        with pytest.raises(RefusedRequestError) as refused:
            service.provision_pipeline(packaged, registry)
        (problem,) = refused.value.problems
        assert (problem.key, words in problem.problem) == ("model_package_name", True)
