# SPDX-License-Identifier: Apache-2.0
"""What the pictures show: an endpoint, and a monitor of its data that has found something."""

from __future__ import annotations

import csv
import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from mlops_orchestrator.aws import pipeline_status
from scripts.demo import demo_model
from scripts.launch.local_deployment import LocalDeployment
from scripts.paths import ROOT
from scripts.pictures import terminal

MODEL: Final = "ship-delay"
MONITOR: Final = f"{MODEL}/data-quality"
_ENDPOINT: Final = f"{MODEL}-live"
_BASELINE: Final = ROOT / "docs" / "examples" / "monitors" / "train.csv"
_STORM: Final = 3.0
_SECONDS: Final = 240.0
_POLL_SECONDS: Final = 0.2
_GOOD: Final = 200

_Found = TypeVar("_Found")


class SceneError(Exception):
    """Raised if the scene could not be made; `str()` gives the reason."""


def request(bucket: str, **changes: Any) -> dict[str, Any]:
    """Return a request for the endpoint."""
    return {
        "pipeline_type": "byom_realtime_builtin",
        "model_name": MODEL,
        "model_framework": "xgboost",
        "model_framework_version": "1.7-1",
        "model_artifact_location": f"models/{MODEL}/model.tar.gz",
        "inference_instance": "ml.m5.large",
        "endpoint_name": _ENDPOINT,
        "data_capture_location": f"{bucket}/captured/{MODEL}",
        **changes,
    }


def upload(deployment: LocalDeployment) -> str:
    """Put what the requests name into the assets bucket; return its name."""
    bucket, s3 = deployment.outputs["AssetsBucketName"], deployment.aws.client("s3")
    s3.put_object(Bucket=bucket, Key=f"models/{MODEL}/model.tar.gz", Body=demo_model.package(demo_model.train()))
    s3.put_object(Bucket=bucket, Key=f"baselines/{MODEL}.csv", Body=_BASELINE.read_bytes())
    at = datetime.now(UTC) - timedelta(minutes=30)
    key = f"captured/{MODEL}/{_ENDPOINT}/AllTraffic/{at:%Y/%m/%d/%H}/a.jsonl"
    s3.put_object(Bucket=bucket, Key=key, Body="".join(f"{json.dumps(line)}\n" for line in _captures(at)).encode())
    return bucket


def make(deployment: LocalDeployment) -> None:
    """Provision both pipelines, and wait for their ends. Raise SceneError if one fails."""
    bucket = upload(deployment)
    for asked in (request(bucket), _monitor(bucket)):
        status = ended(deployment, provision(deployment, asked))
        if not status.has_succeeded:
            raise SceneError(f"the pipeline of {asked['pipeline_type']} failed: {status}")


def run_monitor(folder: Path) -> None:
    """Have the monitor run, by the command, in the folder of `mlops local`. Raise SceneError if it failed."""
    command = (*terminal.MLOPS, "monitor", "run", MONITOR, "--watch")
    done = subprocess.run(command, cwd=folder, env=terminal.variables(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SceneError(done.stderr)


def wait_for_approval(deployment: LocalDeployment) -> None:
    """Provision the endpoint through stages, and wait until somebody must decide. Raise SceneError if nobody must."""
    status = ended(deployment, provision(deployment, request(upload(deployment))))
    if not status.needs_person:
        raise SceneError(f"the pipeline does not wait: {status}")


def provision(deployment: LocalDeployment, asked: dict[str, Any]) -> str:
    """Send a request; return the pipeline's id. Raise SceneError for a refusal."""
    answer = deployment.api.provision(asked)
    if answer.status != _GOOD:
        raise SceneError(f"{asked['pipeline_type']}: {answer.body}")
    return str(answer.body["pipeline_id"])


def ended(deployment: LocalDeployment, pipeline_id: str) -> pipeline_status.PipelineStatus:
    """Wait until a pipeline has ended, or waits for somebody; return how far it is."""
    return until(lambda: _still(deployment, pipeline_id))


def until(condition: Callable[[], _Found | None]) -> _Found:
    """Wait for a true value, and return it. Raise SceneError if it does not come."""
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline:
        if found := condition():
            return found
        threading.Event().wait(_POLL_SECONDS)
    raise SceneError(f"waited for {_SECONDS:.0f} s")


def _still(deployment: LocalDeployment, pipeline_id: str) -> pipeline_status.PipelineStatus | None:
    answer = deployment.api.status(pipeline_id)
    if answer.status != _GOOD:
        return None
    status = pipeline_status.read(answer.body)
    return status if status.has_ended or status.needs_person else None


def _monitor(bucket: str) -> dict[str, Any]:
    return {
        "pipeline_type": "byom_data_quality_monitor",
        "model_name": MODEL,
        "endpoint_name": _ENDPOINT,
        "baseline_data": f"baselines/{MODEL}.csv",
        "baseline_job_output_location": f"{bucket}/monitoring/baselines",
        "data_capture_location": f"{bucket}/captured/{MODEL}",
        "monitoring_output_location": f"{bucket}/monitoring/reports",
        "schedule_expression": "rate(6 hours)",
        "monitor_max_runtime_seconds": 1800,
        "instance_type": "ml.m5.large",
        "instance_volume_size": 20,
    }


def _captures(at: datetime) -> Iterator[dict[str, Any]]:
    """What the endpoint captured while the wind was stronger than in the training data."""
    with _BASELINE.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file)):
            sent = f"{row['draught']},{row['cargo']},{float(row['wind']) + _STORM:.1f},{row['berth']}"
            yield {
                "captureData": {
                    "endpointInput": _side("INPUT", sent),
                    "endpointOutput": _side("OUTPUT", row["delayed"]),
                },
                "eventMetadata": {"eventId": f"event-{number}", "inferenceTime": f"{at:%Y-%m-%dT%H:%M:%SZ}"},
                "eventVersion": "0",
            }


def _side(mode: str, data: str) -> dict[str, str]:
    return {"observedContentType": "text/csv", "mode": mode, "data": data, "encoding": "CSV"}
