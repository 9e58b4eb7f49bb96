# SPDX-License-Identifier: Apache-2.0
"""A monitor of data quality that has something to find: the wind was stronger than in the training data."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tests.end_to_end import foreign
from tests.end_to_end.users import Orchestrator

_TRAIN: Final = (Path(__file__).parents[2] / "docs" / "examples" / "monitors" / "train.csv").read_text("utf-8")


def _captures(at: datetime) -> str:
    """What the endpoint captured while the wind was stronger than in the training data."""
    lines = []
    for number, row in enumerate(_TRAIN.splitlines()[1:]):
        delayed, draught, cargo, wind, berth = row.split(",")
        sent = f"{draught},{cargo},{float(wind) + 3:.1f},{berth}"
        sides = {"endpointInput": sent, "endpointOutput": delayed}
        data = {
            name: {"observedContentType": "text/csv", "mode": "INPUT", "data": side, "encoding": "CSV"}
            for name, side in sides.items()
        }
        event = {"eventId": f"event-{number}", "inferenceTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"}
        lines.append(json.dumps({"captureData": data, "eventMetadata": event, "eventVersion": "0"}))
    return "\n".join(lines) + "\n"


def _request(bucket: str, model: str, endpoint: str) -> dict[str, Any]:
    return {
        "pipeline_type": "byom_data_quality_monitor",
        "model_name": model,
        "endpoint_name": endpoint,
        "baseline_data": f"baselines/{model}.csv",
        "baseline_job_output_location": f"{bucket}/monitoring/baselines",
        "data_capture_location": f"{bucket}/captured/{model}",
        "monitoring_output_location": f"{bucket}/monitoring/reports",
        "schedule_expression": "rate(6 hours)",
        "monitor_max_runtime_seconds": 1800,
        "instance_type": "ml.m5.large",
        "instance_volume_size": 20,
    }


def watch(orchestrator: Orchestrator, model: str, endpoint: str) -> None:
    """Make an endpoint that has captured something half an hour ago, and deploy a monitor of it."""
    bucket, s3 = orchestrator.deployment.outputs["AssetsBucketName"], orchestrator.client("s3")
    foreign.make_endpoint(orchestrator.deployment.aws, endpoint)
    at = datetime.now(UTC) - timedelta(minutes=30)
    s3.put_object(Bucket=bucket, Key=f"baselines/{model}.csv", Body=_TRAIN.encode())
    key = f"captured/{model}/{endpoint}/AllTraffic/{at:%Y/%m/%d/%H}/a.jsonl"
    s3.put_object(Bucket=bucket, Key=key, Body=_captures(at).encode())
    orchestrator.provisioned(_request(bucket, model, endpoint))
