# SPDX-License-Identifier: Apache-2.0
"""Runs of the monitors that need ground truth, or ask the endpoint: what is merged, and what is found."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.local_aws.sagemaker import install as sagemaker
from scripts.local_aws.sagemaker.jobs.processing.processing_jobs import ProcessingJob
from scripts.local_aws.sagemaker.monitors import monitor_runs
from scripts.local_aws.serving.images import SERVED
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.monitoring import (
    ANALYZER,
    BUCKET,
    CLARIFY,
    CLUSTER,
    ENVIRONMENT,
    ROLE,
    baseline_request,
    clarify_request,
    keys,
    read_json,
)
from tests.local_aws.serving import BUCKET as MODELS
from tests.local_aws.serving import CAPTURE, CUSTOM_IMAGE, csv_of, make_config, make_endpoint, make_model
from tests.local_aws.waiting import SECONDS

ROWS = 40
QUALITY = {
    "analysis_type": "MODEL_QUALITY",
    "problem_type": "BinaryClassification",
    "probability_attribute": "probability",
    "ground_truth_attribute": "label",
}
PREDICTOR = {"endpoint_name": "Endpoint", "content_type": "text/csv", "accept_type": "text/csv"}


@pytest.fixture(scope="module")
def header() -> list[str]:
    return demo_model.DATA.read_text().splitlines()[0].split(",")


@pytest.fixture(scope="module", autouse=True)
def endpoint(client: ClientFactory, trained: TrainedModel, header: list[str]) -> None:
    """An endpoint with traffic, and baselines of quality, bias and attribution by what its model says itself."""
    s3, sm = client("s3"), client("sagemaker")
    for bucket in (BUCKET, MODELS, "captures"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=MODELS, Key="model.tar.gz", Body=demo_model.package(trained))
    make_endpoint(sm, DataCaptureConfig=CAPTURE)
    scores = demo_model.predict(trained, trained.holdout_rows)
    told = "".join(f"{int(label)},{score}\n" for label, score in zip(trained.holdout_labels, scores, strict=True))
    s3.put_object(Bucket=BUCKET, Key="scored.csv", Body=f"label,probability\n{told}")
    s3.put_object(Bucket=BUCKET, Key="baseline.csv", Body=demo_model.DATA.read_bytes())
    facet = {"name_or_index": header[1], "value_or_threshold": [14]}
    of_bias = {"label": header[0], "label_values_or_threshold": [1], "facet": [facet]}
    of_bias |= {"methods": {"pre_training_bias": {"methods": "all"}}, "headers": header, "predictor": PREDICTOR}
    shap = {"baseline": [trained.holdout_rows[0].tolist()], "num_samples": 62}
    of_shap = {"methods": {"shap": shap}, "headers": header, "label": header[0], "predictor": PREDICTOR}
    for name, config in {"bias": of_bias, "shap": of_shap}.items():
        s3.put_object(Bucket=BUCKET, Key=f"{name}/analysis_config.json", Body=json.dumps(config))
        request = clarify_request(f"baselines/{name}", f"{name}/analysis_config.json")
        sm.create_processing_job(ProcessingJobName=f"baseline-{name}", **request)
    request = baseline_request("scored.csv", "baselines/quality", Environment=ENVIRONMENT | QUALITY)
    sm.create_processing_job(ProcessingJobName="baseline-quality", **request)
    runtime = client("sagemaker-runtime")
    for number in range(ROWS):
        row = csv_of(TrainedModel(trained.booster, trained.holdout_rows[number:], trained.holdout_labels), 1)
        runtime.invoke_endpoint(EndpointName="Endpoint", ContentType="text/csv", Body=row, InferenceId=f"row-{number}")
    assert sagemaker.wait_idle(SECONDS)
    found = {one["ProcessingJobName"]: one for one in sm.list_processing_jobs()["ProcessingJobSummaries"]}
    assert {one["ProcessingJobStatus"] for one in found.values()} == {"Completed"}, found


def monitored(client: ClientFactory, prefix: str, **specification: Any) -> ProcessingJob:
    """Make a monitor of a kind, and run it now."""
    sm, analysis = client("sagemaker"), "quality/constraints" if prefix == "ModelQuality" else ""
    analysis = analysis or ("bias/analysis" if prefix == "ModelBias" else "shap/analysis")
    output = {"S3Uri": f"s3://{BUCKET}/reports", "LocalPath": "/opt/ml/processing/output", "S3UploadMode": "EndOfJob"}
    endpoint = {"EndpointName": "Endpoint", "LocalPath": "/opt/ml/processing/input/endpoint"}
    inputs: dict[str, Any] = {"EndpointInput": endpoint}
    if prefix != "ModelExplainability":
        endpoint |= {"ProbabilityAttribute": "0", "ProbabilityThresholdAttribute": 0.5}
        inputs["GroundTruthS3Input"] = {"S3Uri": f"s3://{BUCKET}/truth"}
    definition = {
        f"{prefix}AppSpecification": specification,
        f"{prefix}BaselineConfig": {"ConstraintsResource": {"S3Uri": f"s3://{BUCKET}/baselines/{analysis}.json"}},
        f"{prefix}JobInput": inputs,
        f"{prefix}JobOutputConfig": {"MonitoringOutputs": [{"S3Output": output}]},
    }
    name = f"{prefix}-{len(sm.list_monitoring_schedules()['MonitoringScheduleSummaries'])}"
    resources = {"JobResources": {"ClusterConfig": CLUSTER}, "RoleArn": ROLE}
    make = {"ModelQuality": "model_quality", "ModelBias": "model_bias"}.get(prefix, "model_explainability")
    getattr(sm, f"create_{make}_job_definition")(JobDefinitionName=name, **definition, **resources)
    when = {"ScheduleConfig": {"ScheduleExpression": "cron(0 * ? * * *)"}}
    config = {"MonitoringJobDefinitionName": name, "MonitoringType": prefix, **when}
    sm.create_monitoring_schedule(MonitoringScheduleName=name, MonitoringScheduleConfig=config)
    return monitor_runs.fire(name)


@pytest.fixture
def truth(client: ClientFactory, trained: TrainedModel) -> Any:
    """`truth(flipped)` uploads labels of all rows: the true ones, or the opposite."""

    def upload(flipped: bool) -> None:
        hour, records = f"{datetime.now(UTC):%Y/%m/%d/%H}", []
        for number in range(ROWS):
            label = str(int(trained.holdout_labels[number] != flipped))
            data, event = {"data": label, "encoding": "CSV"}, {"eventId": f"row-{number}"}
            records.append({"groundTruthData": data, "eventMetadata": event, "eventVersion": "0"})
        body = "".join(f"{json.dumps(record)}\n" for record in records)
        client("s3").put_object(Bucket=BUCKET, Key=f"truth/{hour}/labels.jsonl", Body=body)

    return upload


def test_quality_is_compared_once_ground_truth_is_there(client: ClientFactory, truth: Any) -> None:
    specification = {"ImageUri": ANALYZER, "ProblemType": "BinaryClassification"}
    for key in keys(client("s3"), "truth/"):
        client("s3").delete_object(Bucket=BUCKET, Key=key)
    none = monitored(client, "ModelQuality", **specification)
    assert none.failure_reason.startswith("Job inputs had no data: nothing that has ground truth was captured")
    truth(True)
    job = monitored(client, "ModelQuality", **specification)
    assert job.exit_message.startswith("CompletedWithViolations: Job completed successfully with "), job.failure_reason
    merged = [one["S3Input"]["S3Uri"] for one in job.request["ProcessingInputs"][1:]]
    assert merged[0].startswith(f"s3://{BUCKET}/reports/merge/Endpoint/")
    name = job.request["Environment"]["sagemaker_monitoring_schedule_name"]
    key = f"{merged[0]}/{name}.jsonl".removeprefix(f"s3://{BUCKET}/")
    lines = client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read().splitlines()
    assert len(lines) == ROWS
    assert json.loads(lines[0]).keys() >= {"captureData", "eventMetadata", "groundTruthData"}
    target = job.request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"].removeprefix(f"s3://{BUCKET}/")
    violated = read_json(client("s3"), f"{target}/constraint_violations.json")["violations"]
    assert "accuracy" in {one["description"].split()[1] for one in violated}, violated


def test_bias_is_compared_with_the_ground_truth(client: ClientFactory, truth: Any) -> None:
    truth(False)
    config = f"s3://{BUCKET}/bias/analysis_config.json"
    job = monitored(client, "ModelBias", ImageUri=CLARIFY, ConfigUri=config)
    assert (job.status, job.failure_reason) == ("Completed", "")
    target = job.request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"].removeprefix(f"s3://{BUCKET}/")
    assert read_json(client("s3"), f"{target}/analysis.json")["pre_training_bias_metrics"]["facets"]


def test_attribution_asks_the_endpoint(client: ClientFactory) -> None:
    config = f"s3://{BUCKET}/shap/analysis_config.json"
    job = monitored(client, "ModelExplainability", ImageUri=CLARIFY, ConfigUri=config)
    assert (job.status, job.failure_reason) == ("Completed", "")
    target = job.request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"].removeprefix(f"s3://{BUCKET}/")
    assert read_json(client("s3"), f"{target}/analysis.json")["explanations"]["kernel_shap"]


def test_attribution_says_why_its_endpoint_does_not_answer(client: ClientFactory, header: list[str]) -> None:
    sm, name = client("sagemaker"), "Unserved"
    make_model(sm, name, CUSTOM_IMAGE, "")
    make_config(sm, name, name)
    sm.create_endpoint(EndpointName=name, EndpointConfigName=name)
    config = {"methods": {"shap": {"num_samples": 62}}, "headers": header, "label": header[0]}
    config |= {"predictor": PREDICTOR | {"endpoint_name": name}}
    client("s3").put_object(Bucket=BUCKET, Key=f"{name}/analysis_config.json", Body=json.dumps(config))
    request = clarify_request(f"baselines/{name}", f"{name}/analysis_config.json")
    sm.create_processing_job(ProcessingJobName=name, **request)
    assert sagemaker.wait_idle(SECONDS)
    assert sm.describe_processing_job(ProcessingJobName=name)["ExitMessage"] == (
        "The local AWS recorded this job and computed nothing: the endpoint Unserved does not answer. "
        f"The local AWS cannot run the image {CUSTOM_IMAGE}: it runs {SERVED} only. "
        f"Nothing was written to s3://{BUCKET}/baselines/{name}."
    )
