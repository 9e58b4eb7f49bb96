# SPDX-License-Identifier: Apache-2.0
"""The deployed orchestrator as its users meet it, and an audience for its launch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts import aws_access, demo_model, pipeline_status
from scripts.cli.local_stack import LocalDeployment
from scripts.demo_model import TrainedModel
from scripts.pipeline_status import PipelineStatus
from scripts.stack_following import StackEvent

ARTIFACT_KEY = "models/demo/model.tar.gz"
LONGEST_WAIT_SECONDS = 60.0


def trained_and_stored(deployment: LocalDeployment) -> TrainedModel:
    """The demo's model, with its artifact in the assets bucket."""
    trained = demo_model.train()
    bucket = deployment.outputs["AssetsBucketName"]
    deployment.aws.client("s3").put_object(Bucket=bucket, Key=ARTIFACT_KEY, Body=demo_model.package(trained))
    return trained


@contextmanager
def mlops_local(folder: Path, *options: str) -> Iterator[LocalDeployment]:
    """Start `mlops local` in a folder of its own, wait until it is ready, and stop it at the end."""
    ready, log = folder / "ready.json", folder / "log"
    command = [sys.executable, "-c", "from scripts.cli import main; main()", "local", "--ready-file", str(ready)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with log.open("w") as output:
        process = subprocess.Popen([*command, *options], cwd=folder, env=environment, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        while not ready.exists():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            threading.Event().wait(0.05)
        told = json.loads(ready.read_text())
        aws = aws_access.local(told["endpoint_url"], told["region"])
        accounts = {stage: account for stage, account in told["accounts"].items() if stage != "orchestrator"}
        yield LocalDeployment(aws, told["api_url"], told["stack_name"], told["outputs"], accounts)
    finally:
        process.terminate()
        process.wait(timeout=LONGEST_WAIT_SECONDS)


def logged(deployment: LocalDeployment) -> Iterator[str]:
    """Every line of every log group: those of the functions, the API and the pipelines."""
    logs = deployment.aws.client("logs")
    groups = logs.get_paginator("describe_log_groups").paginate()
    for group in (found["logGroupName"] for page in groups for found in page["logGroups"]):
        for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group):
            yield from (event["message"] for event in page["events"])


class Nobody:
    """An audience that does not listen."""

    def say(self, text: str) -> None:
        """Hear a sentence."""

    def event(self, event: StackEvent) -> None:
        """Hear of a change of state."""


class Orchestrator:
    """The deployed orchestrator as its users meet it."""

    def __init__(self, deployment: LocalDeployment) -> None:
        self.deployment = deployment
        self.client = deployment.aws.client

    def request(self, model_name: str, **changes: Any) -> dict[str, Any]:
        """A valid request of the built-in real-time type; a change to `None` leaves the key out."""
        request = {
            "pipeline_type": "byom_realtime_builtin",
            "model_name": model_name,
            "model_framework": "xgboost",
            "model_framework_version": "1.7-1",
            "model_artifact_location": ARTIFACT_KEY,
            "inference_instance": "ml.m5.large",
            "data_capture_location": f"{self.deployment.outputs['AssetsBucketName']}/captured/{model_name}",
            **changes,
        }
        return {key: value for key, value in request.items() if value is not None}

    def provision(self, request: dict[str, Any]) -> dict[str, Any]:
        """Provision and give the answer's body; the call must succeed."""
        answer = self.deployment.api.provision(request)
        assert answer.status == 200, answer.body
        return answer.body

    def provisioned(self, request: dict[str, Any]) -> str:
        """Provision, wait for the end, and give the pipeline's id; the pipeline must succeed."""
        pipeline_id: str = self.provision(request)["pipeline_id"]
        status = self.ended(pipeline_id)
        assert status.has_succeeded, status
        return pipeline_id

    def ended(self, pipeline_id: str, after: str | None = None) -> PipelineStatus:
        """The status of a pipeline that has ended; `after` is an execution that is over."""
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        for status in pipeline_status.watch(lambda: self.status(pipeline_id), before=after):
            if status.has_ended:
                return status
            assert time.monotonic() < deadline, status
        raise AssertionError(f"{pipeline_id} did not end")

    def status(self, pipeline_id: str) -> PipelineStatus:
        answer = self.deployment.api.status(pipeline_id)
        assert answer.status == 200, answer.body
        return pipeline_status.read(answer.body)

    def executions(self, pipeline_id: str) -> list[dict[str, Any]]:
        """Every execution of a pipeline, newest first."""
        name = self.status(pipeline_id).pipeline
        found = self.client("codepipeline").list_pipeline_executions(pipelineName=name)
        return list(found["pipelineExecutionSummaries"])

    def outputs(self, stack_name: str) -> dict[str, str]:
        """Outputs of a deployed blueprint."""
        (stack,) = self.client("cloudformation").describe_stacks(StackName=stack_name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def stacks(self) -> set[str]:
        """Names of all stacks there are."""
        pages = self.client("cloudformation").get_paginator("describe_stacks").paginate()
        return {stack["StackName"] for page in pages for stack in page["Stacks"]}

    def predict(self, stack_name: str, body: dict[str, Any]) -> tuple[int, bytes]:
        """A signed call of a deployed inference API."""
        url = self.deployment.reachable(self.outputs(stack_name)["InferenceApiUrl"])
        return self.deployment.api.client.post(url, json.dumps(body).encode())
