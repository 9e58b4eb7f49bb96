# SPDX-License-Identifier: Apache-2.0
"""From descriptions of completed jobs to CreateModelPackage: outcomes, the gate, the request. All pure."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import pytest
from botocore import session
from botocore.validate import ParamValidator

from orchestrator.events.jobs import outcomes, versions
from orchestrator.events.jobs.outcomes import Container, Outcome
from orchestrator.events.jobs.versions import Source
from orchestrator.sagemaker.registration import Instructions
from tests.orchestrator.conftest import read_json

JOB = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/berths-1"
SOURCE = Source(JOB, "berths", "mlops-pipeline-berths-modeltraining")
IMAGE = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost:1.7-1"
ARTIFACT = "s3://quayside-assets/out/berths-1/output/model.tar.gz"
URI = "s3://quayside-pipelines/registered/TrainingJob/berths-1/metrics.json"
# As SageMaker has them: in single precision.
AUC, ERROR = 0.8999999761581421, 0.10000000149011612
METRICS = {"validation:auc": AUC, "validation:error": ERROR}


def asked(**more: Any) -> Instructions:
    return Instructions(model_package_group_name="berths", **more)


@pytest.fixture
def trained() -> dict[str, Any]:
    description: dict[str, Any] = read_json("events/training_job_description.json")
    return description


class TestGate:
    @pytest.mark.parametrize("status", ["Approved", "PendingManualApproval", "Rejected"])
    def test_without_one_the_status_is_as_asked(self, status: str) -> None:
        assert versions.decide(asked(approval_status=status), {}) == versions.Decision(status)

    @pytest.mark.parametrize(
        "gate",
        [
            {"min_metric": {"validation:auc": 0.8}},
            {"max_metric": {"validation:error": 0.2}},
            {"min_metric": {"validation:auc": 0.8}, "max_metric": {"validation:auc": 0.95}},
            # The bounds themselves, although single precision puts the metrics beside them.
            {"min_metric": {"validation:auc": 0.9}},
            {"max_metric": {"validation:error": 0.1}},
        ],
    )
    def test_a_model_that_is_good_enough_passes(self, gate: dict[str, Any]) -> None:
        assert versions.decide(asked(approval_status="Approved", **gate), METRICS).status == "Approved"

    @pytest.mark.parametrize(
        ("gate", "reason"),
        [
            (
                {"min_metric": {"validation:auc": 0.91}},
                "validation:auc is 0.9, and 0.91 is the least that min_metric allows.",
            ),
            (
                {"max_metric": {"validation:error": 0.09}},
                "validation:error is 0.1, and 0.09 is the most that max_metric allows.",
            ),
            (
                {"min_metric": {"validation:f1": 0.1}},
                "The job has no metric validation:f1; it has validation:auc, validation:error.",
            ),
        ],
    )
    def test_one_that_is_not_is_rejected_with_the_reason(self, gate: dict[str, Any], reason: str) -> None:
        decision = versions.decide(asked(approval_status="Approved", **gate), METRICS)
        assert (decision.status, decision.reason) == ("Rejected", reason)

    def test_all_reasons_are_told(self) -> None:
        gate = {"min_metric": {"validation:auc": 1}, "max_metric": {"validation:error": 0, "x": 1}}
        assert versions.decide(asked(**gate), METRICS).reason.count(".") >= 3
        assert versions.decide(asked(**gate), {}).reason.count("it has none") == 3

    def test_the_reason_is_no_longer_than_sagemaker_takes(self) -> None:
        gate = {f"metric-{number}": 1.0 for number in range(40)}
        decision = versions.decide(asked(min_metric=gate), {})
        assert len(decision.reason) == 1024
        assert decision.reason.endswith("...")


class TestOutcome:
    def test_of_a_training_job(self, trained: dict[str, Any]) -> None:
        outcome = outcomes.of_training(trained)
        assert outcome == Outcome((Container(IMAGE, ARTIFACT, {}),), METRICS, JOB)

    @pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
    def test_a_metric_that_is_no_number_is_none(self, trained: dict[str, Any], value: float) -> None:
        """It would pass a gate: nothing is less than what is no number."""
        trained["FinalMetricDataList"][0]["Value"] = value
        outcome = outcomes.of_training(trained)
        assert outcome.metrics == {"validation:error": ERROR}
        assert versions.decide(asked(min_metric={"validation:auc": 0}), outcome.metrics).status == "Rejected"

    def test_of_a_job_that_has_left_nothing(self, trained: dict[str, Any]) -> None:
        del trained["ModelArtifacts"]
        assert outcomes.of_training(trained) == Outcome(missing="The job has left no model artifact.")

    def test_of_an_autopilot_job(self) -> None:
        """Each container of the best candidate has an image and an environment of its own."""
        outcome = outcomes.of_autopilot(read_json("events/automl_job_description.json"))
        assert [made.artifact.rsplit("/", 1)[-1] for made in outcome.containers] == ["dpp.tar.gz", "xgb.tar.gz"]
        assert outcome.containers[0].environment == {"AUTOML_TRANSFORM_MODE": "feature-transform"}
        assert outcome.metrics == {"validation:F1": 0.75, "train:Accuracy": 0.875, "F1": 0.75}

    def test_of_one_that_found_nothing(self) -> None:
        reasons = [{"PartialFailureMessage": "There was no time."}]
        missing = outcomes.of_autopilot({"PartialFailureReasons": reasons}).missing
        assert missing == "The job has no best candidate. There was no time."


def request_for(outcome: Outcome, **more: Any) -> dict[str, Any]:
    request = versions.request(asked(**more), outcome, versions.Decision("Approved"), SOURCE, URI)
    shape = session.get_session().get_service_model("sagemaker").operation_model("CreateModelPackage").input_shape
    report = ParamValidator().validate(request, shape)
    assert not report.has_errors(), report.generate_report()
    return request


class TestRequest:
    def test_it_is_what_the_registry_needs(self, trained: dict[str, Any]) -> None:
        request = request_for(outcomes.of_training(trained), description="Weekly", inference_image_uri="own:1")
        token = request.pop("ClientToken")
        assert request == {
            "ModelPackageGroupName": "berths",
            "ModelPackageDescription": "Weekly",
            "ModelApprovalStatus": "Approved",
            "InferenceSpecification": {
                "Containers": [{"Image": "own:1", "ModelDataUrl": ARTIFACT}],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["text/csv"],
            },
            "MetadataProperties": {"GeneratedBy": JOB},
            "CustomerMetadataProperties": {
                "validation:auc": "0.8999999761581421",
                "validation:error": "0.10000000149011612",
                "job_arn": JOB,
                "model_name": "berths",
                "stack_name": "mlops-pipeline-berths-modeltraining",
            },
            "ModelMetrics": {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": URI}}},
        }
        assert re.fullmatch("[a-zA-Z0-9-]{1,36}", token)

    def test_a_repeat_is_the_same_call(self, trained: dict[str, Any]) -> None:
        """SageMaker recognises it by the token and makes no second version; another job has another token."""
        outcome = outcomes.of_training(trained)
        other = versions.request(asked(), outcome, versions.Decision("Approved"), Source(f"{JOB}2", "berths", "s"), URI)
        assert request_for(outcome) == request_for(outcome)
        assert request_for(outcome)["ClientToken"] != other["ClientToken"]

    def test_the_image_of_the_job_serves_where_no_other_is_known(self, trained: dict[str, Any]) -> None:
        (container,) = request_for(outcomes.of_training(trained))["InferenceSpecification"]["Containers"]
        assert container["Image"] == IMAGE

    def test_only_the_chosen_metrics_are_told(self, trained: dict[str, Any]) -> None:
        outcome = outcomes.of_training(trained)
        told = asked(metrics=["validation:auc", "unknown"])
        metadata = request_for(outcome, metrics=["validation:auc", "unknown"])["CustomerMetadataProperties"]
        assert versions.kept_metrics(told, outcome) == {"validation:auc": AUC}
        assert metadata.keys() == {"validation:auc", "job_arn", "model_name", "stack_name"}

    def test_the_gate_stands_in_the_version(self, trained: dict[str, Any]) -> None:
        bounds = {"min_metric": {"validation:auc": 0.8, "f1 (macro)": 0.75}, "max_metric": {"m" * 255: 1}}
        metadata = request_for(outcomes.of_training(trained), **bounds)["CustomerMetadataProperties"]
        assert metadata["min_metric"] == "validation:auc=0.8 f1 _macro_=0.75"
        assert metadata["max_metric"] == f"{'m' * 255}="

    def test_names_of_metrics_become_keys_that_sagemaker_takes(self) -> None:
        """https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateModelPackage.html"""
        metrics = {"f1 (macro)%": 0.5, "m" * 255: 0.25, "\u00e9cart": 1.0}
        metadata = request_for(Outcome((Container(IMAGE, ARTIFACT, {}),), metrics, JOB))["CustomerMetadataProperties"]
        assert metadata["f1 _macro__"] == "0.5"
        assert metadata["m" * 128] == "0.25"
        assert metadata["\u00e9cart"] == "1.0"

    def test_a_job_without_metrics_has_no_model_metrics(self) -> None:
        outcome = Outcome((Container(IMAGE, ARTIFACT, {}),), {}, JOB)
        assert "ModelMetrics" not in versions.request(asked(), outcome, versions.Decision("Approved"), SOURCE, "")

    def test_all_containers_of_autopilot_are_registered(self) -> None:
        """No other image could serve what they hold."""
        outcome = outcomes.of_autopilot(read_json("events/automl_job_description.json"))
        containers = request_for(outcome, inference_image_uri="own:1")["InferenceSpecification"]["Containers"]
        assert [container["Image"] for container in containers] == [made.image for made in outcome.containers]
        assert containers[0]["Environment"] == {"AUTOML_TRANSFORM_MODE": "feature-transform"}
        assert "Environment" not in containers[1]

    def test_the_metrics_file_names_the_job(self) -> None:
        document = json.loads(versions.metrics_document(SOURCE, METRICS))
        assert document == {
            "job": JOB,
            "metrics": {"validation:auc": {"value": AUC}, "validation:error": {"value": ERROR}},
        }
