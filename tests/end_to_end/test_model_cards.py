# SPDX-License-Identifier: Apache-2.0
"""The whole life of a model card by signed calls, with the packaged bundle on the local AWS (compatibility 5)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import ARTIFACT_KEY, Orchestrator
from tests.local_aws.training import store_channels, training_request
from tests.orchestrator.model_cards.published_schema import content_schema, violations

Body = dict[str, Any]
Until = Callable[[Callable[[], Any]], Any]
FILES = Path(__file__).parents[1] / "model_cards"
IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
ROLE = "arn:aws:iam::123456789012:role/model"
TYPES = ("regression", "binary_classification", "multiclass_classification", "clarify_bias", "clarify_explainability",
         "model_card_metric_schema")  # fmt: skip


def ask(orchestrator: Orchestrator, pipeline_type: str, **keys: Any) -> Body:
    return orchestrator.provision({"pipeline_type": pipeline_type, **keys})


def errors(orchestrator: Orchestrator, pipeline_type: str, **keys: Any) -> dict[str, str]:
    answer = orchestrator.deployment.api.provision({"pipeline_type": pipeline_type, **keys})
    assert answer.status == 400, answer.body
    return {error["key"]: error["problem"] for error in answer.body["errors"]}


def content_of(answer: Body) -> Body:
    content: Body = json.loads(answer["message"]["Content"])
    assert violations(content) == []
    return content


def make_model(orchestrator: Orchestrator, name: str, **container: Any) -> str:
    sagemaker = orchestrator.client("sagemaker")
    made = sagemaker.create_model(ModelName=name, ExecutionRoleArn=ROLE, PrimaryContainer=container)
    return str(made["ModelArn"])


def artifact(orchestrator: Orchestrator) -> str:
    return f"s3://{orchestrator.deployment.outputs['AssetsBucketName']}/{ARTIFACT_KEY}"


def test_a_card_from_its_creation_to_its_end(orchestrator: Orchestrator) -> None:
    arn = make_model(orchestrator, "card-model", Image=IMAGE, ModelDataUrl=artifact(orchestrator))
    overview = {"model_name": "card-model", "model_owner": "Harbour office"}
    created = ask(
        orchestrator,
        "create_model_card",
        name="life",
        model_overview=overview,
        training_details={"model_name": "card-model"},
    )
    assert content_of(created) == {
        "model_overview": {
            **overview,
            "model_id": arn,
            "model_artifact": [artifact(orchestrator)],
            "inference_environment": {"container_image": [IMAGE]},
        }
    }
    assert "no training job" in created["warnings"][0]
    cards = ask(orchestrator, "list_model_cards", name_contains="life")["message"]
    assert {"ModelCardSummaries"} == cards.keys()
    assert "ResponseMetadata" not in created["message"]

    second = errors(orchestrator, "create_model_card", name="second", model_overview=overview)
    assert "life" in second["model_overview.model_name"]
    assert "update_model_card" in errors(orchestrator, "create_model_card", name="life")["name"]

    ask(orchestrator, "update_model_card", name="life", status="Approved")
    uses = {"purpose_of_model": "Plan pilots.", "risk_rating": "Low"}
    updated = ask(orchestrator, "update_model_card", name="life", intended_uses=uses, model_overview=overview)
    assert updated["message"]["ModelCardStatus"] == "Approved"
    assert content_of(updated).keys() == {"model_overview", "intended_uses"}
    repeated = ask(orchestrator, "update_model_card", name="life", intended_uses=uses)
    assert repeated["message"]["ModelCardVersion"] == updated["message"]["ModelCardVersion"]
    assert "not changed" in repeated["warnings"][0]

    first = ask(orchestrator, "describe_model_card", name="life", version=1)
    assert content_of(first) == content_of(created)
    assert ask(orchestrator, "describe_model_card", name="life")["message"]["ModelCardStatus"] == "Approved"

    exported = ask(orchestrator, "export_model_cards", name="life", wait=True)
    assert exported["status"] == "Completed"
    assert exported["message"] == f"Model card with the name: life has been exported to {exported['location']}"
    again = ask(orchestrator, "describe_model_card_export", name="life", export_job_name=exported["export_job_name"])
    assert again == exported
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    key = exported["artifact"].removeprefix(f"s3://{bucket}/")
    assert key.startswith("model_card_exports/")
    assert orchestrator.client("s3").head_object(Bucket=bucket, Key=key)["ContentLength"]

    deleted = ask(orchestrator, "delete_model_card", name="life")
    assert deleted == {"message": "Model card with the name: life has been deleted"}
    for operation in ("describe_model_card", "update_model_card", "delete_model_card", "export_model_card"):
        assert list(errors(orchestrator, operation, name="life")) == ["name"]


def test_every_section_is_stored_as_the_published_schema_has_it(orchestrator: Orchestrator) -> None:
    request = json.loads((FILES / "create_model_card.json").read_text(encoding="utf-8"))
    created = orchestrator.provision({**request, "name": "full"})
    assert content_of(created).keys() == content_schema()["properties"].keys() - {"model_package_details"}
    assert created["message"]["SecurityConfig"] == {"KmsKeyId": request["security_config"]["kms_key_id"]}
    assert created["message"]["ModelCardStatus"] == "PendingReview"
    again = orchestrator.provision({**request, "pipeline_type": "update_model_card", "name": "full"})
    assert [warning.split()[0] for warning in again["warnings"]] == ["security_config", "nothing"]


@pytest.mark.parametrize("metric_type", TYPES)
def test_metrics_are_read_from_files_of_each_type(orchestrator: Orchestrator, metric_type: str) -> None:
    bucket, key = orchestrator.deployment.outputs["AssetsBucketName"], f"evaluation/{metric_type}.json"
    body = (FILES / f"{metric_type}.json").read_bytes()
    orchestrator.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    entry = {"name": metric_type, "metric_file_s3_url": f"s3://{bucket}/{key}", "metric_type": metric_type}
    name = f"of-{metric_type.replace('_', '-')}"
    (evaluation,) = content_of(ask(orchestrator, "create_model_card", name=name, evaluation_details=[entry]))[
        "evaluation_details"
    ]
    assert evaluation["metric_groups"]
    missing = {**entry, "metric_file_s3_url": f"s3://{bucket}/evaluation/none.json"}
    assert (
        "no such file"
        in errors(orchestrator, "create_model_card", name="x", evaluation_details=[missing])[
            "evaluation_details.0.metric_file_s3_url"
        ]
    )


def test_a_model_of_a_package_has_a_card(orchestrator: Orchestrator) -> None:
    """Lesson 88."""
    sagemaker = orchestrator.client("sagemaker")
    sagemaker.create_model_package_group(ModelPackageGroupName="card-models")
    package = sagemaker.create_model_package(
        ModelPackageGroupName="card-models",
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": artifact(orchestrator)}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
    )["ModelPackageArn"]
    make_model(orchestrator, "packaged-card-model", ModelPackageName=package)
    created = ask(
        orchestrator, "create_model_card", name="of-package", model_overview={"model_name": "packaged-card-model"}
    )
    overview = content_of(created)["model_overview"]
    assert overview["model_artifact"] == [artifact(orchestrator)]
    assert overview["inference_environment"] == {"container_image": [IMAGE]}


@pytest.mark.parametrize("way", [{"model_name": "trained-card-model"}, {"training_job_name": "trained-for-a-card"}])
def test_training_is_told_by_the_job_that_really_ran(orchestrator: Orchestrator, trained: Body, way: Body) -> None:
    answer = ask(orchestrator, "create_model_card", name="trained", training_details=way, dry_run=True)
    assert "warnings" not in answer
    details = answer["plan"]["Content"]["training_details"]["training_job_details"]
    assert details["training_arn"] == trained["TrainingJobArn"]
    assert details["training_environment"] == {"container_image": [IMAGE]}
    assert {each["name"]: each["value"] for each in details["hyper_parameters"]} == trained["HyperParameters"]
    metrics = {each["MetricName"]: each["Value"] for each in trained["FinalMetricDataList"]}
    assert {each["name"]: each["value"] for each in details["training_metrics"]} == metrics


@pytest.fixture(scope="module")
def trained(orchestrator: Orchestrator) -> Body:
    """A training job that has run, and the model `trained-card-model` of its artifact."""
    sagemaker = orchestrator.client("sagemaker")
    store_channels(orchestrator.client("s3"))
    sagemaker.create_training_job(**training_request("trained-for-a-card"))
    sagemaker.get_waiter("training_job_completed_or_stopped").wait(
        TrainingJobName="trained-for-a-card", WaiterConfig={"Delay": 0.05, "MaxAttempts": 4800}
    )
    job: Body = sagemaker.describe_training_job(TrainingJobName="trained-for-a-card")
    make_model(orchestrator, "trained-card-model", Image=IMAGE, ModelDataUrl=job["ModelArtifacts"]["S3ModelArtifacts"])
    return job


def test_lists_have_every_page_and_filters(orchestrator: Orchestrator) -> None:
    """Lesson 87: 101 cards are more than one page of SageMaker."""
    sagemaker = orchestrator.client("sagemaker")
    names = [f"many-{place:03}" for place in range(101)]
    for name in names:
        sagemaker.create_model_card(ModelCardName=name, Content="{}", ModelCardStatus="Draft")
    asked = {"name_contains": "many", "sort_by": "Name", "sort_order": "Ascending"}
    found = ask(orchestrator, "list_model_cards", **asked)["message"]
    assert [each["ModelCardName"] for each in found["ModelCardSummaries"]] == names
    page = ask(orchestrator, "list_model_cards", **asked, max_results=40)["message"]
    rest = ask(orchestrator, "list_model_cards", **asked, max_results=40, next_token=page["NextToken"])["message"]
    assert [each["ModelCardName"] for each in rest["ModelCardSummaries"]] == names[40:80]
    later = ask(orchestrator, "list_model_cards", **asked, creation_time_after="2999-01-01T00:00:00Z")["message"]
    assert later["ModelCardSummaries"] == []


def test_an_uploaded_operation_is_carried_out_and_told(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    """Lesson 42: model cards could not be reached by upload."""
    request = {"pipeline_type": "create_model_card", "name": "uploaded", "business_details": {"business_problem": "b"}}
    bucket = orchestrator.deployment.outputs["ConfigBucketName"]
    orchestrator.client("s3").put_object(
        Bucket=bucket, Key="cards/mlops-config.json", Body=json.dumps(request).encode()
    )
    subscriber.next_about("was accepted", until, '"ModelCardName": "uploaded"')
    assert content_of(ask(orchestrator, "describe_model_card", name="uploaded")) == {
        "business_details": {"business_problem": "b"}
    }


def test_who_mistypes_an_operation_is_told_the_nearest(orchestrator: Orchestrator) -> None:
    """Lesson 40."""
    assert "the nearest is create_model_card" in errors(orchestrator, "create_model_crad")["pipeline_type"]
