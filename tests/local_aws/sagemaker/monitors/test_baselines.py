# SPDX-License-Identifier: Apache-2.0
"""Baselines as Model Monitor's and Clarify's images make them: the engine's files, in these images' way."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scripts.local_aws.sagemaker import install as sagemaker
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.monitoring import BUCKET, ENVIRONMENT, baseline_request, clarify_request, keys, read_json
from tests.local_aws.waiting import SECONDS

BASELINE = "late,length,prediction\n1,120,1\n0,301,0\n1,288,1\n0,95,1\n"
BIAS = {
    "dataset_type": "text/csv",
    "headers": ["late", "length", "prediction"],
    "label": "late",
    "label_values_or_threshold": [1],
    "facet": [{"name_or_index": "length", "value_or_threshold": [120]}],
    "methods": {"pre_training_bias": {"methods": "all"}},
}


@pytest.fixture(scope="module")
def s3(client: ClientFactory) -> Any:
    client("s3").create_bucket(Bucket=BUCKET)
    client("s3").put_object(Bucket=BUCKET, Key="baseline.csv", Body=BASELINE)
    return client("s3")


@pytest.fixture
def ended(client: ClientFactory, s3: Any) -> Any:
    """`ended(name, request)`: the description of a job that has ended."""

    def run(name: str, request: dict[str, Any]) -> dict[str, Any]:
        client("sagemaker").create_processing_job(ProcessingJobName=name, **request)
        assert sagemaker.wait_idle(SECONDS)
        return dict(client("sagemaker").describe_processing_job(ProcessingJobName=name))

    return run


def test_a_baseline_of_data_quality_has_model_monitors_files(s3: Any, ended: Any) -> None:
    job = ended("data", baseline_request("baseline.csv", "results/data"))
    assert job["ExitMessage"] == "Completed: Job completed successfully with no violations."
    assert keys(s3, "results/data/") == ["results/data/constraints.json", "results/data/statistics.json"]
    found = {name: read_json(s3, f"results/data/{name}.json")["features"] for name in ("statistics", "constraints")}
    for features in found.values():
        assert [one["name"] for one in features] == ["late", "length", "prediction"]


def test_a_baseline_of_model_quality_is_computed_from_its_columns(s3: Any, ended: Any) -> None:
    columns = {"inference_attribute": "prediction", "ground_truth_attribute": "late"}
    environment = ENVIRONMENT | {"analysis_type": "MODEL_QUALITY", "problem_type": "BinaryClassification"} | columns
    job = ended("quality", baseline_request("baseline.csv", "results/quality", Environment=environment))
    assert job["ProcessingJobStatus"] == "Completed", job["FailureReason"]
    found = read_json(s3, "results/quality/constraints.json")["binary_classification_constraints"]
    assert found["recall"]["threshold"] == 1.0
    assert found["accuracy"]["threshold"] == 0.75


def test_a_baseline_of_bias_is_clarifys_file(s3: Any, ended: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="bias/analysis_config.json", Body=json.dumps(BIAS))
    job = ended("bias", clarify_request("results/bias", "bias/analysis_config.json"))
    assert job["ProcessingJobStatus"] == "Completed", job["FailureReason"]
    (facet,) = read_json(s3, "results/bias/analysis.json")["pre_training_bias_metrics"]["facets"]["length"]
    metrics = {one["name"]: one["value"] for one in facet["metrics"]}
    # One of four rows is of the group, and it was late; so was one of the other three.
    assert (metrics["CI"], metrics["DPL"]) == (pytest.approx(0.5), pytest.approx(1 / 3 - 1))


def test_a_configuration_that_is_none_fails_the_job(s3: Any, ended: Any) -> None:
    s3.put_object(Bucket=BUCKET, Key="bad/analysis_config.json", Body="[")
    job = ended("none", clarify_request("results/none", "bad/analysis_config.json"))
    assert job["FailureReason"].startswith("ClientError: The analysis configuration at /opt/ml/processing/input/config")


def test_a_key_encrypts_the_results(client: ClientFactory, s3: Any) -> None:
    key = client("kms").create_key()["KeyMetadata"]["Arn"]
    request = baseline_request("baseline.csv", "results/secret/")
    request["ProcessingOutputConfig"]["KmsKeyId"] = key
    client("sagemaker").create_processing_job(ProcessingJobName="secret", **request)
    assert sagemaker.wait_idle(SECONDS)
    for name in ("constraints", "statistics"):
        head = s3.head_object(Bucket=BUCKET, Key=f"results/secret/{name}.json")
        assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("missing", None, f'No S3 objects found under S3 URL "s3://{BUCKET}/bad/missing.csv"'),
        ("header-only", b"a,b\n", "has no rows"),
        ("binary", b"a,b\n\xff\xfe,1\n", "binary.csv is not UTF-8"),
    ],
)
def test_data_that_cannot_be_used_fails_the_job_in_words(
    s3: Any, ended: Any, name: str, body: bytes | None, words: str
) -> None:
    if body is not None:
        s3.put_object(Bucket=BUCKET, Key=f"bad/{name}.csv", Body=body)
    job = ended(name, baseline_request(f"bad/{name}.csv", f"results/{name}"))
    assert job["ProcessingJobStatus"] == "Failed"
    assert words in job["FailureReason"]
    assert keys(s3, f"results/{name}") == []


def test_a_bucket_that_refuses_the_results_fails_the_job(client: ClientFactory, s3: Any) -> None:
    request = baseline_request("baseline.csv", "results/lost")
    request["ProcessingOutputConfig"]["Outputs"][0]["S3Output"]["S3Uri"] = "s3://not-there/results"
    client("sagemaker").create_processing_job(ProcessingJobName="lost", **request)
    assert sagemaker.wait_idle(SECONDS)
    assert "NoSuchBucket" in client("sagemaker").describe_processing_job(ProcessingJobName="lost")["FailureReason"]
