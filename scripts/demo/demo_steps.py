# SPDX-License-Identifier: Apache-2.0
"""Common steps of the demos: train and upload, provision, watch, predict."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from mlops_orchestrator.aws import pipeline_status, stack_following
from mlops_orchestrator.aws.api_client import SignedClient
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.aws.pipeline_status import WAITING, PipelineStatus
from mlops_orchestrator.client import waiting
from scripts.demo import demo_model
from scripts.demo.demo_captures import Captures
from scripts.demo.demo_model import TrainedModel
from scripts.demo.demo_story import DemoError, Story
from scripts.launch.local_deployment import LocalDeployment

_ARTIFACT_KEY: Final = "models/breast-cancer/v1/model.tar.gz"
# The endpoint answers in decimal, the model computes in single precision.
_TOLERANCE: Final = 1e-6
_SHOWN_PREDICTIONS: Final = 6


def train_and_upload(deployment: LocalDeployment, story: Story) -> TrainedModel:
    """Train the demo's model and upload it to where the platform reads models."""
    model = demo_model.train()
    artifact = demo_model.package(model)
    bucket = deployment.outputs["AssetsBucketName"]
    deployment.aws.client("s3").put_object(Bucket=bucket, Key=_ARTIFACT_KEY, Body=artifact)
    story.say(f"model.tar.gz ({len(artifact) / 1e3:.0f} kB) is at s3://{bucket}/{_ARTIFACT_KEY}")
    return model


def captures(model_name: str, deployment: LocalDeployment) -> Captures:
    """Return where an endpoint in the orchestrator's account captures calls."""
    return Captures(deployment.aws, deployment.outputs["AssetsBucketName"], f"captured/{model_name}")


def request(model_name: str, instance: str | Mapping[str, str], captured: str | Mapping[str, str]) -> dict[str, Any]:
    """Return a request for an endpoint of the uploaded model; instance and captures may differ by stage."""
    return {
        "pipeline_type": "byom_realtime_builtin",
        "model_name": model_name,
        "model_framework": "xgboost",
        "model_framework_version": "1.7-1",
        "model_artifact_location": _ARTIFACT_KEY,
        "inference_instance": instance,
        "data_capture_location": captured,
    }


def provision(asked: Mapping[str, Any], deployment: LocalDeployment, story: Story) -> str:
    """Make one signed call and return the pipeline's id."""
    story.say(f"POST {deployment.api_url}/provisionpipeline {json.dumps(asked)}")
    answer = deployment.api.provision(asked)
    if not answer.is_success:
        raise DemoError(f"the API answered {answer.status}: {answer.body}")
    return str(answer.body["pipeline_id"])


def status(pipeline_id: str, deployment: LocalDeployment) -> PipelineStatus:
    """Return the pipeline's current state from the API."""
    answer = deployment.api.status(pipeline_id)
    if not answer.is_success:
        raise DemoError(f"the API answered {answer.status}: {answer.body}")
    return pipeline_status.read(answer.body)


class Watcher:
    """Reporter of a pipeline's actions, each once, however often it is watched."""

    def __init__(self, pipeline_id: str, deployment: LocalDeployment, story: Story) -> None:
        self._pipeline_id = pipeline_id
        self._deployment = deployment
        self._story = story
        self._told: set[pipeline_status.ActionStatus] = set()

    def watch(self, until: Callable[[PipelineStatus], bool] = lambda _: False) -> None:
        """Wait for the end, or until `until` is true. Raise DemoError if the pipeline fails."""
        for found in waiting.watch(self._ask, until=until):
            self._tell(found)
            if found.has_failed:
                raise DemoError(f"the pipeline {found.pipeline} has failed" if found.pipeline else self._first_cause())

    def _ask(self) -> PipelineStatus:
        return status(self._pipeline_id, self._deployment)

    def _tell(self, found: PipelineStatus) -> None:
        for action in found.actions:
            if action.status != WAITING and action not in self._told:
                self._told.add(action)
                self._story.say(f"{action.stage} / {action.action}: {action.status} {action.detail}".rstrip())

    def _first_cause(self) -> str:
        cause = stack_following.first_cause(self._deployment.aws.client("cloudformation"), self._pipeline_id)
        return f"the pipeline was not made. First cause: {cause}"


def inference_url(model_name: str, deployment: LocalDeployment) -> str:
    """Return the prediction URL of a model's deployed real-time pipeline. Raise DemoError if there is none."""
    cloudformation = deployment.aws.client("cloudformation")
    for name in stack_following.names(cloudformation, f"mlops-pipeline-{model_name}-byom"):
        state = stack_following.find(cloudformation, name)
        if state is not None and "InferenceApiUrl" in state.outputs:
            return deployment.reachable(state.outputs["InferenceApiUrl"])
    raise DemoError(f"no stack of {model_name} has an InferenceApiUrl")


def predictions(model: TrainedModel, url: str, aws: Aws, story: Story) -> list[float]:
    """Return an inference API's predictions for the held-out rows; `aws` signs the call."""
    rows = "\n".join(",".join(map(repr, row)) for row in model.holdout_rows.tolist())
    asked = json.dumps({"payload": rows, "content_type": "text/csv"})
    story.say(f"POST {url}: {len(model.holdout_rows)} rows")
    code, content = SignedClient(aws).post(url, asked.encode())
    if code != 200:
        raise DemoError(f"{url} answered {code}: {content.decode(errors='replace')}")
    return [float(number) for number in content.decode().replace(",", "\n").split()]


def check(model: TrainedModel, name: str, served: list[float], story: Story) -> None:
    """Compare every prediction of an endpoint with the model's own. Raise DemoError if any differs."""
    own = demo_model.predict(model, model.holdout_rows)
    apart = sum(abs(there - here) > _TOLERANCE for there, here in zip(served, own, strict=False))
    apart += abs(len(served) - len(own))
    if apart:
        raise DemoError(f"{apart} of {len(own)} predictions of {name} do not agree with the model's own")
    story.say(f"all {len(own)} predictions agree")


def show(model: TrainedModel, served: Mapping[str, list[float]], story: Story) -> None:
    """Show the first predictions of each endpoint, by its name, beside the model's own and the true labels."""
    own = demo_model.predict(model, model.holdout_rows)
    labels = ["malignant" if label else "benign" for label in model.holdout_labels.tolist()]
    columns = [*served.values(), own]
    shown = [(*(f"{number:.6f}" for number in row), label) for *row, label in zip(*columns, labels, strict=False)]
    story.table((*served, "model itself", "truth"), shown[:_SHOWN_PREDICTIONS])
