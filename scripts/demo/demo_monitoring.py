# SPDX-License-Identifier: Apache-2.0
"""Monitors of the demo: baselines, requests, runs, reports."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from scripts.demo import demo_model, demo_steps
from scripts.demo.demo_steps import Watcher
from scripts.demo.demo_story import DemoError, Story
from scripts.demo.demo_traffic import FEATURES, LABEL, TRUTH, Traffic
from scripts.launch.local_deployment import LocalDeployment

_THRESHOLD: Final = 0.5
_OK: Final = 200
_BASELINES: Final = {
    "data_quality": "baselines/predicted.csv",
    "model_quality": "baselines/tested.csv",
    "model_bias": "baselines/labelled.csv",
}


@dataclass(frozen=True)
class Run:
    """How a run ended."""

    status: str
    message: str
    violations: Sequence[dict[str, str]]
    report: str
    """S3 URI."""


@dataclass(frozen=True)
class Monitors:
    """Deployed monitors of an endpoint: their pipelines by kind."""

    pipelines: dict[str, str]
    deployment: LocalDeployment
    reports: Path
    """Folder of reports that stays when the local AWS is gone."""

    def run(self, kind: str, story: Story) -> Run:
        """Fire a monitor's schedule, and return how its run ended. Raise DemoError if it failed."""
        schedule = self.deployment.api.details(self.pipelines[kind]).body["monitor"]["schedule"]
        url = f"{self.deployment.aws.endpoint_url}/_monitoring/{schedule}"
        story.say(f"POST {url}")
        status, content = self.deployment.api.client.post(url, b"")
        job = json.loads(content)
        if status != _OK or job["ProcessingJobStatus"] != "Completed":
            raise DemoError(f"the run of {schedule} failed: {job.get('FailureReason', job)}")
        path = f"/pipelines/{quote(self.pipelines[kind], safe='')}/runs"
        _, content = self.deployment.api.client.send("GET", f"{self.deployment.api_url}{path}")
        newest = json.loads(content)["runs"][0]
        story.say(f"{kind}: {newest['message']}")
        return Run(newest["status"], newest["message"], newest["violations"], newest["report"])

    def keep(self, kind: str, ended: Run, story: Story) -> None:
        """Copy the report of a run to a file that stays."""
        bucket, _, key = ended.report.removeprefix("s3://").partition("/")
        content = self.deployment.aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
        path = self.reports / f"{kind}.html"
        path.write_bytes(content)
        story.say(f"report: {path} ({len(content) / 1e3:.0f} kB), a copy of {ended.report}")


def provision(traffic: Traffic, facet: str, threshold: float, story: Story) -> Monitors:
    """Upload the baselines and make the monitors, side by side. Raise DemoError if one fails."""
    deployment, bucket = traffic.deployment, traffic.captured.bucket
    for kind, rows in _baselines(traffic).items():
        body = "\n".join(",".join(map(str, row)) for row in rows).encode()
        deployment.aws.client("s3").put_object(Bucket=bucket, Key=_BASELINES[kind], Body=body)
        story.say(f"s3://{bucket}/{_BASELINES[kind]}: baseline of {kind}")
    groups = {"label_values_or_threshold": [1], "facet_name": facet, "facet_values_or_threshold": [threshold]}
    own: dict[str, dict[str, Any]] = {
        "data_quality": {},
        "model_quality": _predictions(bucket)
        | {"baseline_inference_attribute": "predicted", "baseline_probability_attribute": "probability"}
        | {"baseline_ground_truth_attribute": LABEL},
        "model_bias": _predictions(bucket) | {"bias_config": groups},
    }
    pipelines = {
        kind: demo_steps.provision(_request(kind, traffic) | more, deployment, story) for kind, more in own.items()
    }
    for pipeline_id in pipelines.values():
        Watcher(pipeline_id, deployment, story).watch()
    return Monitors(pipelines, deployment, Path(tempfile.mkdtemp(prefix="mlops-demo-monitor-")))


def _request(kind: str, traffic: Traffic) -> dict[str, Any]:
    bucket = traffic.captured.bucket
    return {
        "pipeline_type": f"byom_{kind}_monitor",
        "model_name": traffic.captured.prefix.rpartition("/")[2],
        "endpoint_name": traffic.endpoint,
        "baseline_data": _BASELINES[kind],
        "baseline_job_output_location": f"{bucket}/monitoring/baselines",
        "data_capture_location": traffic.captured.location,
        "monitoring_output_location": f"{bucket}/monitoring/reports",
        "schedule_expression": "rate(1 hour)",
        "monitor_max_runtime_seconds": 1800,
        "instance_type": "ml.m5.large",
        "instance_volume_size": 20,
    }


def _predictions(bucket: str) -> dict[str, Any]:
    return {
        "problem_type": "BinaryClassification",
        "monitor_probability_attribute": "0",
        "probability_threshold_attribute": _THRESHOLD,
        "monitor_ground_truth_input": f"{bucket}/{TRUTH}",
    }


def _baselines(traffic: Traffic) -> dict[str, Iterable[Sequence[object]]]:
    """The rows of each baseline, below their header."""
    model = traffic.model
    learned, tested = demo_model.split()
    predicted = demo_model.predict(model, learned[:, 1:])
    scores = demo_model.predict(model, tested[:, 1:])
    labels = [int(row[0]) for row in tested.tolist()]
    features = [row[1:] for row in tested.tolist()]
    return {
        # As Model Monitor takes it: the prediction first.
        "data_quality": [
            ["prediction", *FEATURES],
            *([score, *row[1:]] for score, row in zip(predicted, learned.tolist(), strict=True)),
        ],
        "model_quality": [
            [LABEL, "predicted", "probability"],
            *([label, int(score >= _THRESHOLD), score] for label, score in zip(labels, scores, strict=True)),
        ],
        "model_bias": [[LABEL, *FEATURES], *([label, *row] for label, row in zip(labels, features, strict=True))],
    }
