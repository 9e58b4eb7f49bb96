# SPDX-License-Identifier: Apache-2.0
"""`mlops-config.json` in the configuration bucket, and what its author hears of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]


def _upload(orchestrator: Orchestrator, key: str, content: Any) -> str:
    bucket = orchestrator.deployment.outputs["ConfigBucketName"]
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return str(orchestrator.client("s3").put_object(Bucket=bucket, Key=key, Body=body)["VersionId"])


def test_an_uploaded_configuration_makes_a_pipeline(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    _upload(orchestrator, "team-a/mlops-config.json", orchestrator.request("uploaded"))
    subscriber.next_about("was accepted", until, "team-a/mlops-config.json")
    assert orchestrator.ended("mlops-pipeline-uploaded-byompipelinerealtimebuiltin-codepipeline").has_succeeded
    finished = subscriber.next_about("finished executing", until, "mlops-pipeline-uploaded-")
    assert "Pipeline execution result is SUCCEEDED" in finished


def test_a_refused_configuration_is_reported_with_every_problem(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    """Lesson 41."""
    pipelines = orchestrator.pipelines()
    version = _upload(orchestrator, "mlops-config.json", {"pipeline_type": "byom_realtime_builtin", "model_nam": "x"})
    notification = subscriber.next_about("refused", until, version)
    assert orchestrator.deployment.outputs["ConfigBucketName"] in notification
    assert "mlops-config.json" in notification
    for key in ("model_nam", "model_name", "inference_instance", "data_capture_location", "model_framework"):
        assert f"- {key}: " in notification
    assert orchestrator.pipelines() <= pipelines


def test_a_configuration_that_is_not_json_is_reported(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    version = _upload(orchestrator, "mlops-config.json", b"pipeline_type: byom")
    assert "not valid JSON" in subscriber.next_about("refused", until, version)


def test_only_the_exact_name_counts(orchestrator: Orchestrator, subscriber: Subscriber, until: Until) -> None:
    """Lesson 42."""
    for key in ("mlops-config.json.bak", "mlops-config.json/x", "my-mlops-config.json"):
        _upload(orchestrator, key, {"model_name": key})
    _upload(orchestrator, "mlops-config.json", {"model_name": "the last one"})
    # Events keep their order, so whatever the first three had caused would have come before.
    assert "mlops-config.json (version" in subscriber.next_about("refused", until)


def test_a_list_is_carried_out_entry_by_entry_and_leaves_its_result(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    """Compatibility 1.5. The result causes nothing, although its name begins with that of the configuration."""
    good = orchestrator.request("listed", dry_run=True)
    version = _upload(orchestrator, "listed/mlops-config.json", [good, {"pipeline_type": "nothing"}])
    told = subscriber.next_about("listed/mlops-config.json", until)
    assert f"(version {version}) holds 2 requests: 1 accepted, 1 refused." in told
    bucket = orchestrator.deployment.outputs["ConfigBucketName"]
    found = orchestrator.client("s3").get_object(Bucket=bucket, Key="listed/mlops-config.json.result.json")
    result = json.loads(found["Body"].read())
    assert result["version_id"] == version
    assert [(entry["index"], entry["outcome"]) for entry in result["entries"]] == [(1, "accepted"), (2, "refused")]
    # Events keep their order: had the result caused something, it would be told before this one.
    _upload(orchestrator, "after/mlops-config.json", {})
    assert "after/mlops-config.json" in subscriber.next_about("mlops-config.json", until)
