# SPDX-License-Identifier: Apache-2.0
"""`variants` and `shadow_variant`: what is refused in words, and the parameters of the blueprint that they become."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.pipeline_types.built_in.serving.variants import NO_VARIANT
from orchestrator.values.package_artifacts import PackagedModel
from tests.orchestrator.requesting import GONE, PACKAGE, Body, accept, changed, parameters_of, problems_of

OTHER = {"name": "challenger", "model_artifact_location": "models/other/model.tar.gz"}
SHADOW = {**OTHER, "name": "next", "sampling_percent": 50}
SECOND = {"model_framework": "xgboost", "model_framework_version": "1.7-1"}
ARTIFACT = "arn:aws:s3:::quayside-assets/models/other/model.tar.gz"
IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"
URL = "s3://quayside-assets/models/other/model.tar.gz"


def test_without_them_the_model_is_alone(builtin: Body, launch: Launch) -> None:
    found = parameters_of(builtin, launch)
    assert {found["Variant1"], found["Variant2"]} == {NO_VARIANT}
    assert found["VariantPackages"] == found["ModelPackageObjects"] == ""


class TestParameters:
    def test_a_variant_has_the_image_and_the_instances_of_the_request(self, builtin: Body, launch: Launch) -> None:
        found = parameters_of(builtin, launch, variants=[{**OTHER, "weight": 3}])
        assert found["Variant1"] == f"production|challenger|3|ml.m5.large|1||{IMAGE}|{URL}"
        assert found["Variant2"] == NO_VARIANT
        assert found["ModelPackageObjects"] == ARTIFACT

    def test_a_package_takes_the_place_of_an_artifact(self, builtin: Body, launch: Launch) -> None:
        packaged = {
            "name": "b",
            "model_package_name": PACKAGE,
            "inference_instance": "ml.c5.xlarge",
            "instance_count": 2,
        }
        request = accept(builtin, launch, variants=[OTHER, packaged]).request
        assert request.further_packages(launch) == {"variants.1.model_package_name": PACKAGE}
        informed = request.with_further_package(PACKAGE, PackagedModel(("berths/4/model.tar.gz",)))
        values = informed.values(launch, None)  # type: ignore[attr-defined]
        assert values["Variant2"] == f"production|b|1|ml.c5.xlarge|2|{PACKAGE}||"
        group = PACKAGE.replace(":model-package/", ":model-package-group/").removesuffix("/4")
        assert values["VariantPackages"] == f"{PACKAGE},{group}"
        assert values["ModelPackageObjects"] == f"{ARTIFACT},arn:aws:s3:::berths/4/model.tar.gz"

    def test_a_shadow_gets_its_share_as_a_weight(self, builtin: Body, launch: Launch) -> None:
        found = parameters_of(builtin, launch, shadow_variant=SHADOW)
        assert found["Variant1"] == f"shadow|next|0.5|ml.m5.large|1||{IMAGE}|{URL}"

    def test_stages_differ(self, builtin: Body, multi_account: Launch) -> None:
        given = {"dev": [OTHER], "staging": [], "prod": []}
        found = [parameters_of(builtin, multi_account, stage, variants=given)["Variant1"] for stage in ("dev", "prod")]
        assert found[0].startswith("production|challenger|1|")
        assert found[1] == NO_VARIANT

    def test_local_storage_beside_the_model_takes_no_key(self, builtin: Body, launch: Launch) -> None:
        key = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        found = parameters_of(
            builtin, launch, kms_key_arn=key, variants=[{**OTHER, "inference_instance": "ml.m5d.large"}]
        )
        assert (found["KmsKeyArn"], found["VolumeKmsKeyArn"]) == (key, "")


class TestRefusals:
    @pytest.mark.parametrize(
        ("changes", "key", "words"),
        [
            pytest.param(
                {"variants": [{"name": "b"}]}, "variants.0.model_artifact_location", "required", id="no model"
            ),
            pytest.param(
                {"variants": [{**OTHER, "model_package_name": PACKAGE}]},
                "variants.0.model_artifact_location",
                "one of the two",
                id="two models",
            ),
            pytest.param(
                {"variants": [{**OTHER, "name": "AllTraffic"}]},
                "variants.0.name",
                "own model",
                id="name of the main one",
            ),
            pytest.param({"variants": [OTHER, OTHER]}, "variants.1.name", "must differ", id="one name twice"),
            pytest.param(
                {"variants": [OTHER], "shadow_variant": SHADOW}, "shadow_variant", "beside variants", id="with a shadow"
            ),
            pytest.param(
                {"variants": [{**OTHER, "inference_instance": "ml.m5.tiny"}]},
                "variants.0.inference_instance",
                "sizes",
                id="instance type",
            ),
            pytest.param(
                {"shadow_variant": {**SHADOW, "sampling_percent": 0}},
                "shadow_variant.sampling_percent",
                "more than 0",
                id="no sampling",
            ),
            pytest.param({"variants": [OTHER], "containers": [SECOND]}, "containers", "model is of one", id="series"),
            pytest.param(
                {"shadow_variant": SHADOW, "containers": [SECOND]},
                "containers",
                "no shadow of an endpoint of several containers",
                id="shadow of a series",
            ),
            pytest.param(
                {
                    "shadow_variant": {
                        **SHADOW,
                        "model_artifact_location": "",
                        "inference_instance": "ml.inf1.xlarge",
                        "model_package_name": PACKAGE,
                    }
                },
                "shadow_variant.inference_instance",
                "no shadows with ml.inf1",
                id="inferentia",
            ),
            pytest.param(
                {"variants": [OTHER], "deployment": {"strategy": "rolling"}},
                "deployment.strategy",
                "must not be rolling",
                id="rolling",
            ),
        ],
    )
    def test_what_cannot_be_served_is_refused_in_words(
        self, changes: Body, key: str, words: str, builtin: Body, launch: Launch
    ) -> None:
        found = problems_of({**builtin, **changes}, launch)
        assert found.keys() == {key}
        assert words in found[key]

    def test_beside_a_package_there_are_packages_only(self, builtin: Body, launch: Launch) -> None:
        own = ("model_artifact_location", "model_framework", "model_framework_version")
        body: Any = changed({**builtin, "model_package_name": PACKAGE, "variants": [OTHER]}, dict.fromkeys(own, GONE))
        assert "names no image" in problems_of(body, launch)["variants.0.model_package_name"]
