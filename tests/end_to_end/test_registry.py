# SPDX-License-Identifier: Apache-2.0
"""The model registry option from launch to prediction, with the package group that the launch has made."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from scripts import demo_model
from scripts.cli import local_stack
from scripts.demo_model import TrainedModel
from scripts.launch import EMAIL_PARAMETER, Launching
from tests.end_to_end.users import ARTIFACT_KEY, Nobody, Orchestrator

pytestmark = pytest.mark.xdist_group("registry")

IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
STACK = "mlops-pipeline-packaged-byompipelinerealtimebuiltin"
OWN_KEYS = ("model_framework", "model_framework_version", "model_artifact_location")


@pytest.fixture(scope="module")
def orchestrator() -> Iterator[Orchestrator]:
    """An orchestrator launched for the registry, with a package group of its own."""
    options = {EMAIL_PARAMETER: "you@example.com", "UseModelRegistry": "Yes", "CreateModelRegistry": "Yes"}
    with local_stack.deployed(Launching(parameters=options), Nobody()) as deployment:
        yield Orchestrator(deployment)


@pytest.fixture(scope="module")
def trained() -> TrainedModel:
    return demo_model.train()


@pytest.fixture(scope="module")
def package(orchestrator: Orchestrator, trained: TrainedModel) -> str:
    """A registered version of the demo's model; its ARN."""
    outputs = orchestrator.deployment.outputs
    bucket = outputs["AssetsBucketName"]
    orchestrator.client("s3").put_object(Bucket=bucket, Key=ARTIFACT_KEY, Body=demo_model.package(trained))
    created = orchestrator.client("sagemaker").create_model_package(
        ModelPackageGroupName=outputs["ModelRegistryArn"].rpartition("/")[2],
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataUrl": f"s3://{bucket}/{ARTIFACT_KEY}"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        },
        ModelApprovalStatus="Approved",
    )
    arn: str = created["ModelPackageArn"]
    return arn


def test_a_registered_version_is_deployed_and_predicts_what_the_model_predicts(
    orchestrator: Orchestrator, package: str, trained: TrainedModel
) -> None:
    assert ":model-package/mlops-model-registry-" in package
    request = orchestrator.request("packaged", model_package_name=package, **dict.fromkeys(OWN_KEYS))
    orchestrator.provisioned(request)
    sagemaker = orchestrator.client("sagemaker")
    model = sagemaker.describe_model(ModelName=orchestrator.outputs(STACK)["SageMakerModelName"])
    assert model["PrimaryContainer"]["ModelPackageName"] == package
    assert "Image" not in model["PrimaryContainer"]
    rows = trained.holdout_rows[:20]
    payload = "\n".join(",".join(str(value) for value in row) for row in rows)
    status, body = orchestrator.predict(STACK, {"payload": payload, "content_type": "text/csv"})
    assert status == 200
    predicted = [float(line) for line in body.decode().split()]
    assert predicted == pytest.approx(demo_model.predict(trained, rows), abs=1e-6)


def test_what_the_package_has_itself_is_answered_as_ignored(orchestrator: Orchestrator, package: str) -> None:
    answer = orchestrator.provision(orchestrator.request("both", model_package_name=package, dry_run=True))
    assert {warning.split()[0] for warning in answer["warnings"]} == set(OWN_KEYS)


def test_a_version_that_does_not_exist_fails_the_pipeline_in_sagemakers_words(
    orchestrator: Orchestrator, package: str
) -> None:
    missing = f"{package}9"
    request = orchestrator.request("missing", model_package_name=missing, **dict.fromkeys(OWN_KEYS))
    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    assert orchestrator.ended(pipeline_id).has_failed
    events = orchestrator.client("cloudformation").describe_stack_events(
        StackName="mlops-pipeline-missing-byompipelinerealtimebuiltin"
    )["StackEvents"]
    reasons = [
        event.get("ResourceStatusReason", "") for event in events if event["LogicalResourceId"].endswith("Model")
    ]
    assert any("not found" in reason for reason in reasons), reasons


def test_a_request_without_a_package_is_told_what_it_needs(orchestrator: Orchestrator) -> None:
    answer = orchestrator.deployment.api.provision(orchestrator.request("none"))
    assert answer.status == 400
    (error,) = answer.body["errors"]
    assert error["key"] == "model_package_name"
    assert "model registry" in error["problem"]
