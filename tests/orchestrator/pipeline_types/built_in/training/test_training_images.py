# SPDX-License-Identifier: Apache-2.0
"""Images of training and tuning requests: a framework's or one's own, and whether what is registered can serve."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.blueprints import BlueprintPipeline
from tests.orchestrator.requesting import GONE, accept, changed, parameters_of, problems_of, request_of
from tests.orchestrator.training import OWN_IMAGE, TRAINING, TUNING, own_image

Body = dict[str, Any]
XGBOOST = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.5-1"
ELSEWHERE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/quayside/trainer:7"


class TestImages:
    @pytest.mark.parametrize("body", [TRAINING, TUNING], ids=["training", "tuning"])
    def test_an_own_image_stands_in_place_of_a_framework(self, launch: Launch, body: Body) -> None:
        metric = [{"Name": "validation:auc", "Regex": "auc=(.*)"}]
        tuner = {"tuner_configs": {**TUNING["tuner_configs"], "metric_definitions": metric}}
        found = parameters_of(own_image(body, **(tuner if body is TUNING else {})), launch)
        assert found["ImageUri"] == OWN_IMAGE
        repository = "arn:aws:ecr:eu-west-1:111122223333:repository/quayside/trainer"
        assert found["CustomAlgorithmsECRRepoArn"] == repository

    def test_framework_and_own_image_exclude_each_other(self, launch: Launch) -> None:
        problems = problems_of({**TRAINING, "custom_image_uri": OWN_IMAGE}, launch)
        assert problems.keys() == {"model_framework", "model_framework_version"}
        assert "cannot go together with custom_image_uri" in problems["model_framework"]

    @pytest.mark.parametrize("left_out", [["model_framework"], ["model_framework_version"], ["both"]])
    def test_one_of_them_is_needed(self, launch: Launch, left_out: list[str]) -> None:
        keys = ["model_framework", "model_framework_version"] if left_out == ["both"] else left_out
        problems = problems_of(changed(TRAINING, dict.fromkeys(keys, GONE)), launch)
        assert list(problems) == keys
        assert "needed without custom_image_uri" in problems[keys[0]]

    @pytest.mark.parametrize(
        ("changes", "key", "words"),
        [
            ({"model_framework": "xgbost"}, "model_framework", 'did you mean "xgboost"'),
            ({"model_framework_version": "9.9-9"}, "model_framework_version", "1.5-1"),
        ],
    )
    def test_an_image_that_does_not_exist_is_one_problem(
        self, launch: Launch, changes: Body, key: str, words: str
    ) -> None:
        """Lessons 20 and 29, also when the model is to be registered."""
        registered = {"register": {"model_package_group_name": "harbour"}}
        problems = problems_of({**TRAINING, **changes, **registered}, launch)
        assert list(problems) == [key]
        assert words in problems[key]

    @pytest.mark.parametrize("uri", ["public.ecr.aws/x/trainer:1", "docker.io/library/trainer:1", "trainer:1"])
    def test_sagemaker_pulls_from_private_registries_of_amazon_only(self, launch: Launch, uri: str) -> None:
        problems = problems_of(own_image(TRAINING, custom_image_uri=uri), launch)
        assert "must be in a private Amazon ECR repository" in problems["custom_image_uri"]
        assert "quayside-images" in problems["custom_image_uri"]

    def test_an_image_of_another_region_is_a_warning(self, launch: Launch) -> None:
        (warning,) = accept(own_image(TRAINING, custom_image_uri=ELSEWHERE), launch).warnings
        assert warning.startswith("custom_image_uri: SageMaker pulls images of its own Region, eu-west-1")


class TestRegistration:
    """What is registered must be able to serve."""

    GROUP: Body = {"model_package_group_name": "harbour"}  # noqa: RUF012

    def test_the_instructions_have_the_framework_s_image(self, launch: Launch) -> None:
        request = request_of(TRAINING, launch, register=self.GROUP)
        assert isinstance(request, BlueprintPipeline)
        (stored,) = request.objects(launch)
        assert json.loads(stored.content)["inference_image_uri"] == XGBOOST
        found = {
            tag["Key"]: tag["Value"] for tag in json.loads(parameters_of(TRAINING, launch, register=self.GROUP)["Tags"])
        }
        assert found["registration"] == stored.key

    def test_an_own_image_serves_what_it_trained(self, launch: Launch) -> None:
        request = request_of(own_image(TRAINING), launch, register=self.GROUP)
        assert isinstance(request, BlueprintPipeline)
        (stored,) = request.objects(launch)
        assert json.loads(stored.content)["inference_image_uri"] == OWN_IMAGE

    TRAINS_ONLY: Body = {  # noqa: RUF012
        "model_framework": "coach-tensorflow",
        "model_framework_version": "1.0.0",
    }

    @pytest.mark.parametrize("spelling", ["register", "registration"])
    def test_a_framework_that_only_trains_needs_an_image_that_serves(self, launch: Launch, spelling: str) -> None:
        body = {**TRAINING, **self.TRAINS_ONLY}
        accept(body, launch)
        problems = problems_of({**body, spelling: self.GROUP}, launch)
        assert list(problems) == [f"{spelling}.inference_image_uri"]
        assert "is required to register the model" in problems[f"{spelling}.inference_image_uri"]
        accept(body, launch, **{spelling: {**self.GROUP, "inference_image_uri": OWN_IMAGE}})

    def test_a_framework_that_only_serves_does_not_train(self, launch: Launch) -> None:
        serves_only = {"model_framework": "sparkml-serving", "model_framework_version": "3.3"}
        problems = problems_of({**TRAINING, **serves_only, "register": self.GROUP}, launch)
        assert list(problems) == ["model_framework"]
        assert "not for training" in problems["model_framework"]
