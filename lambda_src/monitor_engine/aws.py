# SPDX-License-Identifier: Apache-2.0
"""AWS calls of the engine, each a thin function."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from monitor_engine.problems import EngineError


def send_metrics(payloads: Iterable[Mapping[str, Any]]) -> None:
    """Send metrics to CloudWatch. Raise EngineError."""
    try:
        client = boto3.client("cloudwatch")
        for payload in payloads:
            client.put_metric_data(**payload)
    except (BotoCoreError, ClientError) as error:
        raise EngineError(f"CloudWatch did not take the metrics, the files are written: {error}") from error
