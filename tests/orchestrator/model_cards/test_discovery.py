# SPDX-License-Identifier: Apache-2.0
"""What is found of a model and its training: SageMaker's answers -> sections (compatibility 5.1, lesson 88)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
from botocore.stub import Stubber

from tests.orchestrator.model_cards.conftest import ARN, MADE, NAME, card
from tests.orchestrator.model_cards.published_schema import violations

Body = dict[str, Any]
Ask = Callable[..., Body]
Refused = Callable[..., dict[str, str]]
MODEL_ARN, PACKAGE = f"{ARN}:model/berth-model", f"{ARN}:model-package/berth-models/4"
ARTIFACT = "s3://quayside-assets/models/7/model.tar.gz"
IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"
OWN = {"Image": IMAGE, "ModelDataUrl": ARTIFACT}


def model(sagemaker: Stubber, **containers: Any) -> None:
    described = {
        "ModelName": "berth-model",
        "ModelArn": MODEL_ARN,
        "CreationTime": MADE,
        **(containers or {"PrimaryContainer": OWN}),
    }
    sagemaker.add_response("describe_model", described, {"ModelName": "berth-model"})


def package(sagemaker: Stubber, *containers: Body, **metadata: str) -> None:
    described = {
        "ModelPackageName": "berth-models",
        "ModelPackageArn": PACKAGE,
        "CreationTime": MADE,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
        "InferenceSpecification": {"Containers": list(containers)},
        **({"CustomerMetadataProperties": metadata} if metadata else {}),
    }
    sagemaker.add_response("describe_model_package", described, {"ModelPackageName": PACKAGE})


def searched(sagemaker: Stubber, resource: str, name: str, value: str, *found: Body) -> None:
    asked = {
        "Resource": resource,
        "SearchExpression": {"Filters": [{"Name": name, "Operator": "Equals", "Value": value}]},
    }
    sagemaker.add_response("search", {"Results": [{resource: each} for each in found]}, asked)


def cards(sagemaker: Stubber, *names: str) -> None:
    searched(sagemaker, "ModelCard", "ModelId", MODEL_ARN, *({"ModelCardName": name} for name in names))


def jobs(sagemaker: Stubber, *found: Body) -> None:
    searched(sagemaker, "TrainingJob", "ModelArtifacts.S3ModelArtifacts", ARTIFACT, *found)


def job(**more: Any) -> Body:
    return {
        "TrainingJobName": "berth-delay-7",
        "TrainingJobArn": f"{ARN}:training-job/berth-delay-7",
        "ModelArtifacts": {"S3ModelArtifacts": ARTIFACT},
        "AlgorithmSpecification": {"TrainingImage": IMAGE, "TrainingInputMode": "File"},
        "HyperParameters": {"max_depth": "5", "objective": "binary:logistic"},
        "FinalMetricDataList": [{"MetricName": "validation:auc", "Value": 0.93, "Timestamp": MADE}],
        **more,
    }


FILLED = {
    "training_job_details": {
        "training_arn": f"{ARN}:training-job/berth-delay-7",
        "training_environment": {"container_image": [IMAGE]},
        "training_metrics": [{"name": "validation:auc", "value": pytest.approx(0.93)}],
        "hyper_parameters": [{"name": "max_depth", "value": "5"}, {"name": "objective", "value": "binary:logistic"}],
    }
}


def planned(ask: Ask, **sections: Any) -> tuple[Body, list[str]]:
    answer = ask("create_model_card", name=NAME, dry_run=True, **sections)
    content: Body = answer["plan"]["Content"]
    assert violations(content) == []
    return content, answer.get("warnings", [])


class TestModel:
    def test_its_arn_artifact_and_image_are_found_and_the_rest_is_kept(self, ask: Ask, sagemaker: Stubber) -> None:
        model(sagemaker)
        cards(sagemaker)
        content, warnings = planned(ask, model_overview={"model_name": "berth-model", "model_owner": "Pilots"})
        assert content["model_overview"] == {
            "model_name": "berth-model",
            "model_owner": "Pilots",
            "model_id": MODEL_ARN,
            "model_artifact": [ARTIFACT],
            "inference_environment": {"container_image": [IMAGE]},
        }
        assert warnings == []

    def test_what_is_found_overrides_what_was_sent_and_says_so(self, ask: Ask, sagemaker: Stubber) -> None:
        model(sagemaker)
        cards(sagemaker)
        overview = {"model_name": "berth-model", "model_id": "mine", "model_artifact": [ARTIFACT]}
        content, warnings = planned(ask, model_overview=overview)
        assert content["model_overview"]["model_id"] == MODEL_ARN
        assert [warning.split()[0] for warning in warnings] == ["model_overview.model_id"]

    def test_a_model_of_a_package_has_the_package_s_image_and_artifact(self, ask: Ask, sagemaker: Stubber) -> None:
        """Lesson 88."""
        model(sagemaker, PrimaryContainer={"ModelPackageName": PACKAGE})
        package(sagemaker, OWN)
        cards(sagemaker)
        content, _ = planned(ask, model_overview={"model_name": "berth-model"})
        assert content["model_overview"]["inference_environment"] == {"container_image": [IMAGE]}
        assert content["model_overview"]["model_artifact"] == [ARTIFACT]

    def test_a_version_that_was_trained_again_says_why(self, ask: Ask, sagemaker: Stubber) -> None:
        """It costs no call, and what the request says of it wins."""
        model(sagemaker, PrimaryContainer={"ModelPackageName": PACKAGE})
        package(sagemaker, OWN, job_arn="x", retrained_by_monitor="m", retrained_by_run="r")
        cards(sagemaker)
        own = {"caveats_and_recommendations": "None.", "custom_details": {"retrained_by_run": "mine", "ticket": "7"}}
        content, _ = planned(ask, model_overview={"model_name": "berth-model"}, additional_information=own)
        assert content["additional_information"] == {
            "caveats_and_recommendations": "None.",
            "custom_details": {"retrained_by_monitor": "m", "retrained_by_run": "mine", "ticket": "7"},
        }

    @pytest.mark.parametrize("origin", [{}, {"retrained_by_run": "r"}], ids=["trained once", "trained again"])
    def test_a_new_card_has_the_section_only_if_there_is_something_to_say(
        self, ask: Ask, sagemaker: Stubber, origin: dict[str, str]
    ) -> None:
        model(sagemaker, PrimaryContainer={"ModelPackageName": PACKAGE})
        package(sagemaker, OWN, **origin)
        cards(sagemaker)
        content, _ = planned(ask, model_overview={"model_name": "berth-model"})
        assert content.get("additional_information", {}).get("custom_details", {}) == origin

    def test_every_container_of_a_pipeline_counts(self, ask: Ask, sagemaker: Stubber) -> None:
        source = {"S3DataSource": {"S3Uri": "s3://a/b/", "S3DataType": "S3Prefix", "CompressionType": "None"}}
        model(sagemaker, Containers=[OWN, {"Image": IMAGE, "ModelDataSource": source}, {"Image": "other:1"}])
        cards(sagemaker)
        content, _ = planned(ask, model_overview={"model_name": "berth-model"})
        assert content["model_overview"]["model_artifact"] == [ARTIFACT, "s3://a/b/"]
        assert content["model_overview"]["inference_environment"] == {"container_image": [IMAGE, "other:1"]}

    def test_a_model_with_a_card_gets_no_second_one(self, refused: Refused, sagemaker: Stubber) -> None:
        model(sagemaker)
        cards(sagemaker, "first-card")
        found = refused("create_model_card", name=NAME, model_overview={"model_name": "berth-model"})
        assert "first-card" in found["model_overview.model_name"]

    def test_an_update_of_that_very_card_is_none(self, ask: Ask, sagemaker: Stubber) -> None:
        sagemaker.add_response("describe_model_card", card())
        model(sagemaker)
        cards(sagemaker, NAME)
        answer = ask("update_model_card", name=NAME, model_overview={"model_name": "berth-model"}, dry_run=True)
        assert answer["plan"]["Content"]["model_overview"]["model_id"] == MODEL_ARN

    def test_a_model_that_is_not_there_is_the_caller_s_mistake(self, refused: Refused, sagemaker: Stubber) -> None:
        for _ in range(2):
            sagemaker.add_client_error("describe_model", "ValidationException", "Could not find model", 400)
        found = refused(
            "create_model_card",
            name=NAME,
            model_overview={"model_name": "none"},
            training_details={"model_name": "none"},
        )
        assert found.keys() == {"model_overview.model_name", "training_details.model_name"}
        assert all("Could not find model" in problem for problem in found.values())


class TestTraining:
    def test_of_a_job_by_name(self, ask: Ask, sagemaker: Stubber) -> None:
        described = job(
            TrainingJobStatus="Completed",
            SecondaryStatus="Completed",
            ResourceConfig={"VolumeSizeInGB": 1},
            StoppingCondition={},
            CreationTime=MADE,
        )
        sagemaker.add_response("describe_training_job", described, {"TrainingJobName": "berth-delay-7"})
        details = {"training_job_name": "berth-delay-7", "training_observations": "lost"}
        content, warnings = planned(ask, training_details=details)
        assert content["training_details"] == FILLED
        assert warnings == ["training_details.training_observations is ignored, because training_job_name is given"]

    def test_of_the_one_job_that_made_a_model(self, ask: Ask, sagemaker: Stubber) -> None:
        """The model is described once for both sections."""
        model(sagemaker)
        cards(sagemaker)
        jobs(sagemaker, job())
        content, warnings = planned(
            ask, model_overview={"model_name": "berth-model"}, training_details={"model_name": "berth-model"}
        )
        assert content["training_details"] == FILLED
        assert warnings == []

    @pytest.mark.parametrize(
        ("found", "words"), [((), "no training job"), ((job(), job()), "more than one training job")]
    )
    def test_no_or_more_than_one_job_leaves_the_section_empty_and_says_so(
        self, ask: Ask, sagemaker: Stubber, found: tuple[Body, ...], words: str
    ) -> None:
        model(sagemaker)
        jobs(sagemaker, *found)
        content, warnings = planned(ask, training_details={"model_name": "berth-model"})
        assert content == {}
        (warning,) = warnings
        assert words in warning

    def test_an_update_leaves_the_stored_section_when_no_job_is_found(self, ask: Ask, sagemaker: Stubber) -> None:
        sagemaker.add_response(
            "describe_model_card", card({"training_details": FILLED["training_job_details"]["training_environment"]})
        )
        model(sagemaker)
        jobs(sagemaker)
        answer = ask("update_model_card", name=NAME, training_details={"model_name": "berth-model"}, dry_run=True)
        assert answer["plan"] == {"ModelCardName": NAME}

    def test_a_model_of_two_artifacts_has_no_one_job(self, ask: Ask, sagemaker: Stubber) -> None:
        model(sagemaker, Containers=[OWN, OWN | {"ModelDataUrl": "s3://a/b"}])
        content, warnings = planned(ask, training_details={"model_name": "berth-model"})
        assert content == {}
        assert "2 artifacts" in warnings[0]

    def test_what_no_card_takes_is_left_out(self, ask: Ask, sagemaker: Stubber) -> None:
        model(sagemaker)
        metrics = [{"MetricName": "loss", "Value": math.nan, "Timestamp": MADE}]
        given = {"long": "v" * 256, "empty": "", "lines": "a\nb", "depth": "5"}
        jobs(sagemaker, job(FinalMetricDataList=metrics, HyperParameters=given))
        content, (warning,) = planned(ask, training_details={"model_name": "berth-model"})
        details = content["training_details"]["training_job_details"]
        assert details["hyper_parameters"] == [{"name": "depth", "value": "5"}]
        assert "training_metrics" not in details
        assert warning.endswith("left out: empty, lines, long")

    def test_a_job_that_is_not_there_is_the_caller_s_mistake(self, refused: Refused, sagemaker: Stubber) -> None:
        sagemaker.add_client_error("describe_training_job", "ResourceNotFound", "Requested resource not found", 400)
        found = refused("create_model_card", name=NAME, training_details={"training_job_name": "none"})
        assert "Requested resource not found" in found["training_details.training_job_name"]
