# SPDX-License-Identifier: Apache-2.0
"""From a signed call to scored data, with the real templates and the packaged bundle."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from tests.end_to_end.users import SERVED, Orchestrator

Until = Callable[[Callable[[], Any]], Any]
FILES = {"berths.csv": (0, 20), "cranes.csv": (20, 25)}
"""Which held-out rows stand in which file."""


class Scoring:
    """Batch requests about data in the assets bucket, and what comes of them."""

    def __init__(self, orchestrator: Orchestrator, model: TrainedModel, until: Until) -> None:
        self._orchestrator, self._model, self._until = orchestrator, model, until
        self._s3, self.sagemaker = orchestrator.client("s3"), orchestrator.client("sagemaker")
        self.bucket = orchestrator.deployment.outputs["AssetsBucketName"]

    def put(self, key: str, first: int, last: int) -> list[float]:
        """Store held-out rows as CSV; gives what the model predicts for them."""
        rows = self._model.holdout_rows[first:last]
        content = "\n".join(",".join(str(value) for value in row) for row in rows)
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=content.encode())
        return demo_model.predict(self._model, rows)

    def request(self, name: str, **changes: Any) -> dict[str, Any]:
        return self._orchestrator.request(
            name,
            pipeline_type="byom_batch_builtin",
            data_capture_location=None,
            **{
                "batch_inference_data": f"{self.bucket}/data/{name}/",
                "batch_job_output_location": f"{self.bucket}/scored/{name}",
                **changes,
            },
        )

    def jobs(self, name: str) -> list[str]:
        """Names of all jobs that a pipeline has started, over all of its models."""
        pages = self.sagemaker.get_paginator("list_transform_jobs").paginate()
        listed = [job for page in pages for job in page["TransformJobSummaries"]]
        jobs = [self.sagemaker.describe_transform_job(TransformJobName=job["TransformJobName"]) for job in listed]
        own = f"s3://{self.bucket}/scored/{name}"
        return [job["TransformJobName"] for job in jobs if job["TransformOutput"]["S3OutputPath"] == own]

    def completed(self, job: str) -> None:
        """Wait until a job has ended; it must have succeeded."""

        def ended() -> Any:
            described = self.sagemaker.describe_transform_job(TransformJobName=job)
            return described if described["TransformJobStatus"] not in {"InProgress", "Stopping"} else None

        described = self._until(ended)
        assert described["TransformJobStatus"] == "Completed", described.get("FailureReason")

    def result(self, key: str) -> list[float]:
        """The predictions in an object."""
        text = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read().decode()
        return [float(line) for line in text.split()]


@pytest.fixture
def scoring(orchestrator: Orchestrator, model: TrainedModel, until: Until) -> Scoring:
    return Scoring(orchestrator, model, until)


def stack_of(name: str) -> str:
    return f"mlops-pipeline-{name}-byompipelinebatchbuiltin"


def test_every_file_below_a_prefix_is_scored_and_a_schedule_scores_what_has_come_since(
    orchestrator: Orchestrator, scoring: Scoring
) -> None:
    """The schedule is fired through the address that `mlops local` has for that."""
    expected = {name: scoring.put(f"data/weekly/{name}", *rows) for name, rows in FILES.items()}
    orchestrator.provisioned(scoring.request("weekly", schedule_expression="cron(0 4 ? * MON *)", **SERVED))
    outputs = orchestrator.outputs(stack_of("weekly"))
    scoring.completed(outputs["BatchTransformJobName"])
    assert outputs["BatchTransformOutputLocation"] == f"s3://{scoring.bucket}/scored/weekly/"
    for name, predictions in expected.items():
        assert scoring.result(f"scored/weekly/{name}.out") == pytest.approx(predictions, abs=1e-6)

    later = scoring.put("data/weekly/tuesday.csv", 5, 12)
    pages = orchestrator.client("scheduler").get_paginator("list_schedules").paginate()
    (name,) = [schedule["Name"] for page in pages for schedule in page["Schedules"] if "weekly" in schedule["Name"]]
    fired = f"{orchestrator.deployment.aws.endpoint_url}/_scheduler/default/{name}"
    status, _ = orchestrator.deployment.api.client.post(fired, b"")
    assert status == 200
    (job,) = [job for job in scoring.jobs("weekly") if job.startswith("mlops-batch-")]
    scoring.completed(job)
    assert scoring.result("scored/weekly/tuesday.csv.out") == pytest.approx(later, abs=1e-6)


def test_only_a_changed_request_starts_a_job(orchestrator: Orchestrator, scoring: Scoring) -> None:
    """Lessons 31 and 32."""
    scoring.put("data/again/a.csv", 0, 5)
    request = scoring.request("again")
    pipeline_id = orchestrator.provisioned(request)
    assert len(scoring.jobs("again")) == 1
    assert orchestrator.provision(request)["message"].endswith("No updates are to be performed.")
    assert len(orchestrator.executions(pipeline_id)) == len(scoring.jobs("again")) == 1

    assert orchestrator.changed(pipeline_id, {**request, "strategy": "SingleRecord"}).has_succeeded
    name = orchestrator.outputs(stack_of("again"))["BatchTransformJobName"]
    assert len(scoring.jobs("again")) == 2
    described = scoring.sagemaker.describe_transform_job(TransformJobName=name)
    assert described["BatchStrategy"] == "SingleRecord"


def test_a_refused_job_fails_the_pipeline_with_aws_s_words(orchestrator: Orchestrator, scoring: Scoring) -> None:
    """Lesson 6. The data is there, and the bucket refuses it to the job's role; then the same pipeline gets it."""
    s3, bucket = orchestrator.client("s3"), "refuses-its-data"
    s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key="rows/a.csv", Body=b"1,2,3,4")
    to_the_job = {"Effect": "Deny", "Principal": "*", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    its_role = {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/mlops-pipeline-refused-*"}}
    statement = {**to_the_job, "Condition": its_role}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    request = scoring.request("refused", batch_inference_data=f"{bucket}/rows/")
    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    failed = orchestrator.ended(pipeline_id)
    assert failed.has_failed
    (detail,) = [action.detail for action in failed.actions if action.status == "Failed"]
    assert "ValidationException" in detail
    assert bucket in detail
    assert scoring.jobs("refused") == []

    scoring.put("data/refused/a.csv", 0, 5)
    assert orchestrator.changed(pipeline_id, scoring.request("refused")).has_succeeded
    assert scoring.jobs("refused") == [orchestrator.outputs(stack_of("refused"))["BatchTransformJobName"]]
