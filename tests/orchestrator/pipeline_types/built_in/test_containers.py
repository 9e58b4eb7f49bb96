# SPDX-License-Identifier: Apache-2.0
"""Requests with an environment, containers in series, time-outs, volumes, and files below a prefix."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.launch.settings import Launch, Settings
from orchestrator.plan.plan import PackagedBlueprint
from orchestrator.provision import _wanted
from tests.orchestrator.conftest import read_json
from tests.orchestrator.requesting import GONE, PACKAGE, Body, changed, parameters_of, problems_of, request_of

SECOND = {"model_framework": "xgboost", "model_framework_version": "1.7-1"}
IMAGE = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/quayside-after:v1"
UNCOMPRESSED = {"model_artifact_location": GONE, "model_data_prefix": "models/berths/2026-10/"}


@pytest.fixture
def live() -> Body:
    return dict(read_json("requests/byom_realtime_builtin.json"))


@pytest.fixture
def staged() -> Body:
    return dict(read_json("requests/byom_realtime_builtin.multi.json"))


@pytest.fixture
def batch() -> Body:
    return dict(read_json("requests/byom_batch_builtin.json"))


def packaged(body: Body, settings: Settings, **changes: Any) -> PackagedBlueprint:
    blueprint = request_of(body, settings.launch, **changes).plan(settings).deployment.blueprint
    assert blueprint is not None
    return blueprint


class TestEnvironment:
    @pytest.mark.parametrize("example", ["byom_realtime_custom", "byom_batch_builtin"])
    def test_names_are_numbered_in_order_and_values_are_parameters(self, launch: Launch, example: str) -> None:
        body = read_json(f"requests/{example}.json")
        request = request_of(body, launch, environment={"WORKERS": "2", "LOG_LEVEL": "info"})
        values = request.parameter_values(launch, None)  # type: ignore[attr-defined]
        assert (values["Environment1"], values["Environment2"]) == ("info", "2")
        assert [one.name for one in request.additions(launch).environment] == ["LOG_LEVEL", "WORKERS"]  # type: ignore[attr-defined]

    @pytest.mark.parametrize("empty", [GONE, "", {}])
    def test_nothing_is_added_for_none(self, live: Body, settings: Settings, empty: Any) -> None:
        plain, given = packaged(live, settings), packaged(live, settings, environment=empty, containers=GONE)
        assert _wanted(given, settings)[0].zipped() == _wanted(plain, settings)[0].zipped()
        assert given.additions.parameters == {}

    def test_models_beside_the_request_s_own_have_it_too(self, live: Body, settings: Settings) -> None:
        """A variant's artifact is served by the same image, which may not start without it."""
        second = [{"name": "challenger", "model_artifact_location": "models/second.tar.gz"}]
        blueprint = packaged(live, settings, environment={"WORKERS": "2"}, variants=second)
        text = dict(_wanted(blueprint, settings)[0].files)[blueprint.file_name].decode()
        assert text.count("'WORKERS': !If [Environment1Provided, !Ref Environment1, !Ref 'AWS::NoValue']") == 3

    def test_a_stage_may_lack_what_another_has(self, staged: Body, multi_account: Launch) -> None:
        environment = {"dev": {"LOG_LEVEL": "debug"}, "staging": "", "prod": {"WORKERS": "8"}}
        request = request_of(staged, multi_account, environment=environment)
        values = {stage: request.parameter_values(multi_account, stage) for stage in ("dev", "staging", "prod")}  # type: ignore[attr-defined]
        assert [values[stage]["Environment1"] for stage in values] == ["debug", "", ""]
        assert [values[stage]["Environment2"] for stage in values] == ["", "", "8"]

    @pytest.mark.parametrize(
        ("environment", "key", "words"),
        [
            ({"1ST": "a"}, "environment.1ST", "not begin with a digit"),
            ({"LOG-LEVEL": "a"}, "environment.LOG-LEVEL", "letters, digits and underscores"),
            ({"SAGEMAKER_BATCH": "true"}, "environment.SAGEMAKER_BATCH", "set by SageMaker itself"),
            ({"EMPTY": ""}, "environment.EMPTY", "1 to 1024 characters"),
            ({"LONG": "a" * 1025}, "environment.LONG", "1 to 1024 characters"),
            ({"NUMBER": 3}, "environment.NUMBER", "must be a text"),
            ({f"V{number}": "a" for number in range(101)}, "environment", "there are 101 variables"),
            ({f"V{number}": "a" * 1000 for number in range(33)}, "environment", "33,0"),
            (["LOG_LEVEL"], "environment", "must be an object of names and texts"),
        ],
    )
    def test_what_sagemaker_would_refuse_is_refused(
        self, live: Body, launch: Launch, environment: Any, key: str, words: str
    ) -> None:
        assert words in problems_of({**live, "environment": environment}, launch)[key]

    def test_names_that_sound_secret_are_warned_of(self, live: Body, launch: Launch) -> None:
        names = {"API_KEY": "k", "DB_PASSWORD": "p", "DB_PASSWORD_SECRET_ARN": "arn", "KEYBOARD": "qwertz"}
        warned = [one for one in request_of(live, launch, environment=names).warnings(launch) if "Secrets" in one]
        assert [one.partition(":")[0] for one in warned] == ["environment.API_KEY", "environment.DB_PASSWORD"]


class TestSeries:
    def test_images_artifacts_and_environments_are_parameters(self, live: Body, launch: Launch) -> None:
        containers = [{**SECOND, "model_artifact_location": "models/second.tar.gz"}, {"custom_image_uri": IMAGE}]
        containers[1]["environment"] = {"TOP": "3"}  # type: ignore[assignment]
        request = request_of(live, launch, containers=containers)
        values = request.parameter_values(launch, None)  # type: ignore[attr-defined]
        assert values["Container2Image"].endswith("/sagemaker-xgboost:1.7-1")
        assert values["Container2Artifact"] == "models/second.tar.gz"
        assert (values["Container3Image"], values["Container3Artifact"]) == (IMAGE, "")
        assert values["Container3Environment1"] == "3"
        assert values["ModelPackageObjects"] == "arn:aws:s3:::quayside-assets/models/second.tar.gz"
        own = "arn:aws:ecr:eu-west-1:111122223333:repository/quayside-"
        assert values["CustomAlgorithmsECRRepoArn"] == f"{own}images,{own}after"

    @pytest.mark.parametrize(
        ("containers", "key", "words"),
        [
            ([{}], "containers.0", "needs custom_image_uri, or model_framework"),
            ([{"model_framework": "xgboost"}], "containers.0", "needs custom_image_uri, or model_framework"),
            ([{**SECOND, "custom_image_uri": IMAGE}], "containers.0", "not both"),
            ([SECOND, {**SECOND, "model_framework": "xgbost"}], "containers.1.model_framework", "did you mean"),
            ([{"custom_image_uri": "docker.io/library/x"}], "containers.0.custom_image_uri", "private Amazon ECR"),
            ([SECOND] * 4, "containers", "at most 3 items"),
            ([{**SECOND, "image": "x"}], "containers.0.image", "not known"),
            ([{**SECOND, "environment": {"1": "x"}}], "containers.0.environment.1", "not begin with a digit"),
        ],
    )
    def test_what_cannot_be_is_refused(self, live: Body, launch: Launch, containers: Any, key: str, words: str) -> None:
        assert words in problems_of({**live, "containers": containers}, launch)[key]

    def test_the_template_of_the_package_has_them(self, batch: Body, settings: Settings) -> None:
        blueprint = packaged(batch, settings, containers=[SECOND])
        package, _ = _wanted(blueprint, settings)
        text = dict(package.files)[blueprint.file_name].decode()
        assert "Container2Image: {Type: String" in text
        (parameters,) = (json.loads(content) for name, content in package.files if name.endswith("_params.json"))
        assert "Container2Image" in parameters["Parameters"]


class TestLoading:
    def test_time_outs_and_volume_by_stage(self, staged: Body, multi_account: Launch) -> None:
        given = {
            "model_data_download_timeout": 600,
            "container_startup_timeout": {"dev": "60", "staging": 600, "prod": 3600},
            "volume_size": {"dev": "", "staging": 512, "prod": 100},
        }
        values = parameters_of(staged, multi_account, "prod", **given)
        assert [values[name] for name in ("ModelDataDownloadTimeout", "ContainerStartupTimeout", "VolumeSize")] == [
            "600",
            "3600",
            "100",
        ]
        assert parameters_of(staged, multi_account, "dev", **given)["VolumeSize"] == ""

    @pytest.mark.parametrize("seconds", [59, 3601, "1h", True, 60.5])
    def test_other_time_outs_are_refused(self, live: Body, launch: Launch, seconds: Any) -> None:
        found = problems_of({**live, "container_startup_timeout": seconds}, launch)
        assert "a whole number of seconds, 60 to 3600" in found["container_startup_timeout"]

    @pytest.mark.parametrize("size", [0, 513])
    def test_other_volumes_are_refused(self, live: Body, launch: Launch, size: int) -> None:
        assert "1 to 512" in problems_of({**live, "volume_size": size}, launch)["volume_size"]

    def test_local_storage_takes_no_size(self, live: Body, launch: Launch) -> None:
        body = {**live, "volume_size": 100, "inference_instance": "ml.m5d.large"}
        assert "local NVMe storage" in problems_of(body, launch)["volume_size"]

    def test_one_size_for_all_stages_is_wrong_once_under_its_own_key(self, staged: Body, multi_account: Launch) -> None:
        body = {**staged, "volume_size": 100, "inference_instance": "ml.m5d.large"}
        assert problems_of(body, multi_account).keys() == {"volume_size"}


def test_serverless_has_none_of_it(live: Body, launch: Launch) -> None:
    given = {**UNCOMPRESSED, "containers": [SECOND], "volume_size": 10, "inference_instance": GONE}
    body = changed({**live, "serverless": {"memory_mb": 2048, "max_concurrency": 5}}, given)
    found = problems_of(body, launch)
    assert {"volume_size", "containers", "model_data_prefix"} <= found.keys()


class TestPrefix:
    def test_it_takes_the_place_of_the_artifact(self, live: Body, launch: Launch) -> None:
        values = parameters_of(live, launch, **UNCOMPRESSED)
        assert (values["ModelDataPrefix"], values["ModelArtifactLocation"]) == ("models/berths/2026-10", "")
        assert values["ModelPackageObjects"] == "arn:aws:s3:::quayside-assets/models/berths/2026-10/*"
        assert values["ModelPackageBuckets"] == "arn:aws:s3:::quayside-assets"
        assert values["ModelPackagePrefixes"] == "models/berths/2026-10/*"

    def test_both_or_neither_are_refused(self, live: Body, launch: Launch) -> None:
        both = problems_of({**live, "model_data_prefix": "models/berths"}, launch)
        assert "leave one of them out" in both["model_data_prefix"]
        neither = changed(live, {"model_artifact_location": GONE})
        assert "is required" in problems_of(neither, launch)["model_artifact_location"]

    def test_every_stage_has_one_or_none(self, staged: Body, multi_account: Launch) -> None:
        prefix = {"dev": "models/a", "staging": "", "prod": "models/b"}
        body = changed(staged, {**UNCOMPRESSED, "model_data_prefix": prefix})
        assert "in every stage" in problems_of(body, multi_account)["model_data_prefix.staging"]

    def test_with_a_package_it_is_ignored_and_said_so(self, live: Body, launch: Launch) -> None:
        request = request_of(live, launch, **UNCOMPRESSED, model_package_name=PACKAGE)
        assert any(one.startswith("model_data_prefix is ignored") for one in request.warnings(launch))
        assert parameters_of(live, launch, **UNCOMPRESSED, model_package_name=PACKAGE)["ModelDataPrefix"] == ""
