# SPDX-License-Identifier: Apache-2.0
"""AWS calls of the engine, each a thin function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from monitor_engine.problems import EngineError


def ask(endpoint: str, body: str, inference_id: str) -> tuple[str, str]:
    """Return what an endpoint answers to rows of CSV, and the answer's content type. Raise EngineError."""
    try:
        answer = boto3.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint,
            Body=body.encode(),
            ContentType="text/csv",
            Accept="text/csv",
            InferenceId=inference_id,
        )
        return answer["Body"].read().decode(), str(answer.get("ContentType", ""))
    except (BotoCoreError, ClientError, UnicodeDecodeError) as error:
        raise EngineError(f"the endpoint {endpoint} did not answer: {error}") from error


def send_metrics(payloads: Iterable[Mapping[str, Any]]) -> None:
    """Send metrics to CloudWatch. Raise EngineError."""
    try:
        client = boto3.client("cloudwatch")
        for payload in payloads:
            client.put_metric_data(**payload)
    except (BotoCoreError, ClientError) as error:
        raise EngineError(f"CloudWatch did not take the metrics, the files are written: {error}") from error
