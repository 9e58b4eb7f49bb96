# SPDX-License-Identifier: Apache-2.0
"""The model registry option from launch to prediction, with the package group that the launch has made."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from tests.end_to_end.users import ARTIFACT_KEY, Orchestrator

STACK = "mlops-pipeline-packaged-byompipelinerealtimebuiltin"
OWN_KEYS = ("model_framework", "model_framework_version", "model_artifact_location")


def test_a_registered_version_is_deployed_and_predicts_what_the_model_predicts(
    with_options: Orchestrator, package: str, model: TrainedModel
) -> None:
    assert ":model-package/mlops-model-registry-" in package
    request = with_options.request("packaged", model_package_name=package, **dict.fromkeys(OWN_KEYS))
    pipeline = with_options.provisioned(request)
    assert with_options.deployment.api.details(pipeline).body["model_package_arn"] == package
    (listed,) = with_options.deployment.api.list(model_name="packaged").body["pipelines"]
    assert listed["model_package_arn"] == package
    sagemaker = with_options.client("sagemaker")
    made = sagemaker.describe_model(ModelName=with_options.outputs(STACK)["SageMakerModelName"])
    assert made["PrimaryContainer"]["ModelPackageName"] == package
    assert "Image" not in made["PrimaryContainer"]
    rows = model.holdout_rows[:20]
    payload = "\n".join(",".join(str(value) for value in row) for row in rows)
    status, body = with_options.predict(STACK, {"payload": payload, "content_type": "text/csv"})
    assert status == 200
    predicted = [float(line) for line in body.decode().split()]
    assert predicted == pytest.approx(demo_model.predict(model, rows), abs=1e-6)


def test_what_the_package_has_itself_is_answered_as_ignored(with_options: Orchestrator, package: str) -> None:
    answer = with_options.provision(with_options.request("both", model_package_name=package, dry_run=True))
    assert {warning.split()[0] for warning in answer["warnings"]} == set(OWN_KEYS)


def test_an_orchestrator_without_the_registry_deploys_a_version(orchestrator: Orchestrator, package: str) -> None:
    """As the earlier solution did (compatibility 2.11)."""
    asked = orchestrator.request("unregistered", model_package_name=package)
    orchestrator.provisioned(asked)
    name = orchestrator.outputs("mlops-pipeline-unregistered-byompipelinerealtimebuiltin")["SageMakerModelName"]
    model = orchestrator.client("sagemaker").describe_model(ModelName=name)
    assert model["PrimaryContainer"]["ModelPackageName"] == package


def test_a_version_that_does_not_exist_is_refused(with_options: Orchestrator, package: str) -> None:
    """In SageMaker's words, before anything is made."""
    request = with_options.request("missing", model_package_name=f"{package}9", **dict.fromkeys(OWN_KEYS))
    answer = with_options.deployment.api.provision(request)
    assert answer.status == 400
    (error,) = answer.body["errors"]
    assert error["key"] == "model_package_name"
    assert "not found" in error["problem"]


def test_the_endpoint_reads_the_version_s_model_and_nothing_else(with_options: Orchestrator, package: str) -> None:
    """Whoever can make the container run code has what its role has."""
    with_options.provisioned(with_options.request("packaged", model_package_name=package, **dict.fromkeys(OWN_KEYS)))
    bucket = with_options.deployment.outputs["AssetsBucketName"]
    with_options.client("s3").put_object(Bucket=bucket, Key="training/salaries.csv", Body=b"1,2")
    s3 = with_options.acting_as(STACK, "SageMakerRole", "s3")
    assert s3.get_object(Bucket=bucket, Key=ARTIFACT_KEY)["Body"].read(1)
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.get_object(Bucket=bucket, Key="training/salaries.csv")


def test_a_request_without_a_package_is_told_what_it_needs(with_options: Orchestrator) -> None:
    answer = with_options.deployment.api.provision(with_options.request("none"))
    assert answer.status == 400
    (error,) = answer.body["errors"]
    assert error["key"] == "model_package_name"
    assert "model registry" in error["problem"]
