# SPDX-License-Identifier: Apache-2.0
"""A bucket for configurations, uploads to it, and the events that tell of them."""

from __future__ import annotations

import json
from typing import Any

from orchestrator import api
from orchestrator.aws import calls
from orchestrator.launch.settings import Settings
from tests.orchestrator import telling
from tests.orchestrator.conftest import Context, read_json

BUCKET, KEY = "quayside-config", "berths/mlops-config.json"
RESULT = f"{KEY}.result.json"


def with_buckets(settings: Settings) -> Settings:
    """The settings of an orchestrator that has a topic, and versioned buckets for configurations and pipelines."""
    s3 = calls.client("s3")
    for name in (BUCKET, settings.launch.pipelines_bucket):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": settings.launch.region})
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    topic = calls.client("sns").create_topic(Name="notifications")["TopicArn"]
    return telling.by_topic(settings, topic)


def upload(content: Any) -> str:
    """Upload a configuration, JSON unless it is bytes; gives its version id."""
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return str(calls.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=body)["VersionId"])


def deliver(version_id: str | None, invocation: str = "first") -> Any:
    """Invoke the function with the event of that upload; `None` is a bucket without versions."""
    event = read_json("events/config_uploaded.json")
    uploaded = event["detail"]["object"]
    del uploaded["version-id"]
    if version_id:
        uploaded["version-id"] = version_id
    return api.handler(event, Context(aws_request_id=invocation))  # type: ignore[arg-type]


def result() -> dict[str, Any]:
    """The result beside the configuration."""
    found: dict[str, Any] = json.loads(calls.client("s3").get_object(Bucket=BUCKET, Key=RESULT)["Body"].read())
    return found
