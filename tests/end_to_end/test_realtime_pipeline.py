# SPDX-License-Identifier: Apache-2.0
"""From a signed call to a prediction, with the real templates and the packaged bundle."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from tests import making
from tests.end_to_end.users import ARTIFACT_KEY, SERVED, Orchestrator

Until = Callable[[Callable[[], Any]], Any]


def request_of_live(orchestrator: Orchestrator) -> dict[str, Any]:
    return orchestrator.request("live", endpoint_name="Live-Endpoint", **SERVED)


@pytest.fixture(scope="module")
def live(orchestrator: Orchestrator, model: TrainedModel) -> str:
    """A deployed pipeline; the name of its blueprint stack."""
    orchestrator.provisioned(request_of_live(orchestrator))
    return "mlops-pipeline-live-byompipelinerealtimebuiltin"


def _csv(rows: Any) -> str:
    return "\n".join(",".join(str(value) for value in row) for row in rows)


def test_the_deployed_endpoint_predicts_what_the_model_predicts(
    orchestrator: Orchestrator, live: str, model: TrainedModel
) -> None:
    rows = model.holdout_rows[:20]
    status, body = orchestrator.predict(live, {"payload": _csv(rows), "content_type": "text/csv"})
    assert status == 200
    predicted = [float(line) for line in body.decode().split()]
    assert predicted == pytest.approx(demo_model.predict(model, rows), abs=1e-6)


def test_what_the_endpoint_was_asked_is_captured(
    orchestrator: Orchestrator, live: str, model: TrainedModel, until: Until
) -> None:
    payload = _csv(model.holdout_rows[20:21])
    orchestrator.predict(live, {"payload": payload, "content_type": "text/csv"})
    s3, bucket = orchestrator.client("s3"), orchestrator.deployment.outputs["AssetsBucketName"]

    def captured() -> list[str]:
        found = s3.list_objects_v2(Bucket=bucket, Prefix="captured/live/live-endpoint/AllTraffic/")
        keys = [entry["Key"] for entry in found.get("Contents", [])]
        lines = [s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode() for key in keys]
        records = [json.loads(line) for text in lines for line in text.splitlines()]
        return [record["captureData"]["endpointInput"]["data"] for record in records]

    assert until(lambda: payload in captured())


def test_an_inference_call_without_content_type_is_told_so(orchestrator: Orchestrator, live: str) -> None:
    status, body = orchestrator.predict(live, {"payload": "1,2"})
    assert status == 400
    assert [error["key"] for error in json.loads(body)["errors"]] == ["content_type"]


def test_the_models_own_refusal_reaches_the_caller(orchestrator: Orchestrator, live: str) -> None:
    status, body = orchestrator.predict(live, {"payload": "1,2", "content_type": "text/csv"})
    assert status == 400
    assert "detailedMessage" in json.loads(body)


def test_the_same_request_again_changes_nothing(orchestrator: Orchestrator, live: str) -> None:
    """Lesson 31."""
    stacks = orchestrator.stacks("-live-")
    again = orchestrator.provision(request_of_live(orchestrator))
    assert f":stack/{live}-codepipeline/" in again["pipeline_id"]
    assert again["message"].endswith("is already provisioned. No updates are to be performed.")
    assert len(orchestrator.executions(again["pipeline_id"])) == 1
    assert orchestrator.stacks("-live-") == stacks


def test_a_changed_request_runs_the_same_pipeline_once_more(orchestrator: Orchestrator) -> None:
    pipeline_id = orchestrator.provisioned(orchestrator.request("changed"))
    stack = "mlops-pipeline-changed-byompipelinerealtimebuiltin"
    before = orchestrator.outputs(stack)
    first = orchestrator.executions(pipeline_id)[0]["pipelineExecutionId"]

    changed = orchestrator.request("changed", inference_instance="ml.c5.xlarge")
    answer = orchestrator.provision(changed)
    assert answer["pipeline_id"] == pipeline_id
    assert answer["message"].endswith("is already provisioned. Updating template parameters.")
    assert orchestrator.ended(pipeline_id, after=first).has_succeeded
    assert len(orchestrator.executions(pipeline_id)) == 2
    assert orchestrator.outputs(stack)["SageMakerEndpointName"] == before["SageMakerEndpointName"]
    configuration = orchestrator.outputs(stack)["SageMakerEndpointConfigName"]
    described = orchestrator.client("sagemaker").describe_endpoint_config(EndpointConfigName=configuration)
    assert described["ProductionVariants"][0]["InstanceType"] == "ml.c5.xlarge"


def test_a_failed_deployment_says_why_and_the_same_request_repairs_it(
    orchestrator: Orchestrator,
) -> None:
    """Lesson 33."""
    making.endpoint("repaired-live", orchestrator.client)
    request = orchestrator.request("repaired", endpoint_name="repaired-live")
    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    failed = orchestrator.ended(pipeline_id)
    assert failed.has_failed
    (detail,) = [action.detail for action in failed.actions if action.status == "Failed"]
    assert "repaired-live" in detail

    orchestrator.client("sagemaker").delete_endpoint(EndpointName="repaired-live")
    assert orchestrator.changed(pipeline_id, request).has_succeeded


def test_what_sagemaker_receives_is_what_is_promised(orchestrator: Orchestrator, live: str) -> None:
    """Compatibility 3.1."""
    outputs, sagemaker = orchestrator.outputs(live), orchestrator.client("sagemaker")
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    made = sagemaker.describe_model(ModelName=outputs["SageMakerModelName"])
    image = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
    assert made["PrimaryContainer"]["Image"] == image
    assert made["PrimaryContainer"]["ModelDataUrl"] == f"s3://{bucket}/{ARTIFACT_KEY}"
    configuration = sagemaker.describe_endpoint_config(EndpointConfigName=outputs["SageMakerEndpointConfigName"])
    (variant,) = configuration["ProductionVariants"]
    assert (variant["VariantName"], variant["InitialInstanceCount"], variant["InitialVariantWeight"]) == (
        "AllTraffic",
        1,
        1.0,
    )
    capture = configuration["DataCaptureConfig"]
    assert capture["EnableCapture"] is True
    assert capture["InitialSamplingPercentage"] == 100
    assert capture["DestinationS3Uri"] == f"s3://{bucket}/captured/live"
    assert [option["CaptureMode"] for option in capture["CaptureOptions"]] == ["Output", "Input"]
    # Lesson 107.
    types = {"CsvContentTypes": ["text/csv"], "JsonContentTypes": ["application/json", "application/jsonlines"]}
    assert capture["CaptureContentTypeHeader"] == types
    assert outputs["SageMakerEndpointName"] == "live-endpoint"


def test_status_is_codepipelines_own_answer(orchestrator: Orchestrator, live: str) -> None:
    answer = orchestrator.deployment.api.status(f"{live}-codepipeline")
    assert [stage["stageName"] for stage in answer.body["stageStates"]] == ["Source", "DeployPipeline"]
    actions = [action["actionName"] for stage in answer.body["stageStates"] for action in stage["actionStates"]]
    assert actions == ["S3Source", "deploy_stack"]


def test_status_of_an_unknown_pipeline_is_refused(orchestrator: Orchestrator) -> None:
    answer = orchestrator.deployment.api.status("mlops-pipeline-nobody-codepipeline")
    assert answer.status == 400
    assert answer.body["errors"][0]["key"] == "pipeline_id"


def test_a_dry_run_answers_the_plan_and_touches_nothing(orchestrator: Orchestrator) -> None:
    plan = orchestrator.provision(orchestrator.request("dry", dry_run=True))["plan"]
    assert plan["stack_name"] == "mlops-pipeline-dry-byompipelinerealtimebuiltin"
    assert plan["parameters"]["template_params.json"]["InferenceInstance"] == "ml.m5.large"
    assert orchestrator.stacks("-dry-") == set()
    bucket = orchestrator.deployment.outputs["PipelinesBucketName"]
    found = orchestrator.client("s3").list_objects_v2(Bucket=bucket, Prefix=f"provisioned/{plan['stack_name']}/")
    assert found["KeyCount"] == 0
