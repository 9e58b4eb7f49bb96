# SPDX-License-Identifier: Apache-2.0
"""The main job from beginning to end on the local AWS: launch, provision twice, predict. Run by `make demo`.

    python -m scripts.demo

Ends with exit status 0 only if the deployed endpoints predict what the model itself predicts.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from scripts import demo_model, pipeline_status, stack_following
from scripts.cli import errors
from scripts.cli.local_stack import LocalDeployment, deployed
from scripts.cli.output import Output
from scripts.demo_model import TrainedModel
from scripts.demo_notifications import Notifications
from scripts.launch import EMAIL_PARAMETER, Launching
from scripts.pipeline_status import WAITING, PipelineStatus
from scripts.stack_following import StackEvent

_ARTIFACT_KEY: Final = "models/breast-cancer/v1/model.tar.gz"
_CONFIG_KEY: Final = "mlops-config.json"
_SHOWN_PREDICTIONS: Final = 6
# The endpoint answers in decimal what the model computes in single precision.
_TOLERANCE: Final = 1e-6
_PIPELINE_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.2


class DemoError(Exception):
    """The demo did not show what it should; `str()` says what."""


class Story:
    """Tells the demo: numbered chapters, sentences, and of a stack only its beginning and end."""

    def __init__(self) -> None:
        self._output = Output()
        self._started = time.monotonic()
        self._made = 0
        self.table = self._output.table

    def chapter(self, title: str) -> None:
        """Begin a new part."""
        self._output.say(f"\n[{time.monotonic() - self._started:4.1f} s] {title}")

    def say(self, text: str) -> None:
        """A sentence."""
        self._output.say(f"  {text}")

    def event(self, event: StackEvent) -> None:
        """Hear of a stack's or resource's change of state."""
        self._made += event.status == "CREATE_COMPLETE" and not event.of_stack
        if event.is_failure:
            self._output.event(event)
        elif event.of_stack and event.status == "CREATE_COMPLETE":
            self.say(f"{event.logical_id}: {self._made} resources made")


def run(story: Story) -> None:
    """Tell the whole story; raises `DemoError`, or what the steps raise."""
    story.chapter("Launch: the local AWS starts, the solution is published and its root template deployed")
    with deployed(Launching(parameters={EMAIL_PARAMETER: "you@example.com"}), story) as deployment:
        notifications = Notifications(deployment)
        story.chapter("Model: XGBoost learns from 455 of 569 cell samples; 114 are held out")
        model = demo_model.train()
        artifact = demo_model.package(model)
        bucket = deployment.outputs["AssetsBucketName"]
        deployment.aws.client("s3").put_object(Bucket=bucket, Key=_ARTIFACT_KEY, Body=artifact)
        story.say(f"model.tar.gz ({len(artifact) / 1e3:.0f} kB) is at s3://{bucket}/{_ARTIFACT_KEY}")

        story.chapter("Provision: one signed call of the API")
        request = _request("breast-cancer", deployment)
        story.say(f"POST {deployment.api_url}/provisionpipeline {json.dumps(request)}")
        pipeline_id = _provision(request, deployment)
        _watch(pipeline_id, deployment, story)
        story.chapter("Predict: signed calls of the API that the pipeline has deployed")
        _compare(model, "breast-cancer", deployment, story)

        story.chapter(f"Provision again, for another model: {_CONFIG_KEY} is dropped into the config bucket")
        second = _request("breast-cancer-2", deployment)
        pipeline_id = _planned_stack(second, deployment)
        _upload_config(second, deployment, story)
        _wait_until(lambda: deployment.api.status(pipeline_id).is_success, "the upload made no pipeline")
        _watch(pipeline_id, deployment, story)
        _compare(model, "breast-cancer-2", deployment, story)

        story.chapter("Notifications: what the topic's subscribers have received")
        for subject, text in notifications.received(at_least=3):
            story.say(f"{subject or 'Pipeline'}: {' '.join(text.split())}")
    story.chapter("Done: both pipelines deployed, all predictions agree with the model's own")
    story.say("next: `mlops local` keeps such an AWS running for your own requests; README.md shows a launch on AWS")


def _request(model_name: str, deployment: LocalDeployment) -> dict[str, str]:
    return {
        "pipeline_type": "byom_realtime_builtin",
        "model_name": model_name,
        "model_framework": "xgboost",
        "model_framework_version": "1.7-1",
        "model_artifact_location": _ARTIFACT_KEY,
        "inference_instance": "ml.m5.large",
        "data_capture_location": f"{deployment.outputs['AssetsBucketName']}/captured",
    }


def _provision(request: dict[str, str], deployment: LocalDeployment) -> str:
    answer = deployment.api.provision(request)
    if not answer.is_success:
        raise DemoError(f"the API answered {answer.status}: {answer.body}")
    return str(answer.body["pipeline_id"])


def _planned_stack(request: dict[str, str], deployment: LocalDeployment) -> str:
    answer = deployment.api.provision({**request, "dry_run": True})
    return str(answer.body["plan"]["pipeline_stack_name"])


def _upload_config(request: dict[str, str], deployment: LocalDeployment, story: Story) -> None:
    bucket = deployment.outputs["ConfigBucketName"]
    deployment.aws.client("s3").put_object(Bucket=bucket, Key=_CONFIG_KEY, Body=json.dumps(request).encode())
    story.say(f"uploaded s3://{bucket}/{_CONFIG_KEY}")


def _watch(pipeline_id: str, deployment: LocalDeployment, story: Story) -> None:
    def ask() -> PipelineStatus:
        answer = deployment.api.status(pipeline_id)
        if not answer.is_success:
            raise DemoError(f"the API answered {answer.status}: {answer.body}")
        return pipeline_status.read(answer.body)

    told = set()
    for status in pipeline_status.watch(ask):
        for action in status.actions:
            if action.status != WAITING and action not in told:
                told.add(action)
                story.say(f"{action.stage} / {action.action}: {action.status} {action.detail}".rstrip())
        if status.has_failed:
            raise DemoError(
                f"the pipeline {status.pipeline} has failed"
                if status.pipeline
                else _first_cause(pipeline_id, deployment)
            )


def _first_cause(pipeline_id: str, deployment: LocalDeployment) -> str:
    cause = stack_following.first_cause(deployment.aws.client("cloudformation"), pipeline_id)
    return f"the pipeline was not made. First cause: {cause}"


def _compare(model: TrainedModel, model_name: str, deployment: LocalDeployment, story: Story) -> None:
    """Have all rows predicted that the model has not seen, and compare; raises `DemoError`."""
    url = _inference_url(model_name, deployment)
    rows = "\n".join(",".join(map(repr, row)) for row in model.holdout_rows.tolist())
    request = json.dumps({"payload": rows, "content_type": "text/csv"})
    story.say(f"POST {url}: {len(model.holdout_rows)} rows")
    status, content = deployment.api.client.post(url, request.encode())
    if status != 200:
        raise DemoError(f"{url} answered {status}: {content.decode(errors='replace')}")
    served = [float(number) for number in content.decode().replace(",", "\n").split()]
    own = demo_model.predict(model, model.holdout_rows)
    pairs = list(zip(served, own, strict=False))
    shown = [(f"{there:.6f}", f"{here:.6f}") for there, here in pairs[:_SHOWN_PREDICTIONS]]
    labels = ["malignant" if label else "benign" for label in model.holdout_labels.tolist()]
    story.table(
        ("endpoint", "model itself", "truth"), [(*pair, label) for pair, label in zip(shown, labels, strict=False)]
    )
    apart = sum(abs(there - here) > _TOLERANCE for there, here in pairs) + abs(len(served) - len(own))
    if apart:
        raise DemoError(f"{apart} of {len(own)} predictions of {model_name} do not agree with the model's own")
    story.say(f"all {len(own)} predictions agree")


def _inference_url(model_name: str, deployment: LocalDeployment) -> str:
    cloudformation = deployment.aws.client("cloudformation")
    for name in stack_following.names(cloudformation, f"mlops-pipeline-{model_name}-byom"):
        state = stack_following.find(cloudformation, name)
        if state is not None and "InferenceApiUrl" in state.outputs:
            return deployment.reachable(state.outputs["InferenceApiUrl"])
    raise DemoError(f"no stack of {model_name} has an InferenceApiUrl")


def _wait_until(condition: Callable[[], Any], otherwise: str) -> None:
    deadline = time.monotonic() + _PIPELINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise DemoError(f"{otherwise} within {_PIPELINE_SECONDS:.0f} s")
        threading.Event().wait(_POLL_SECONDS)


def main() -> int:
    """Run the demo; the exit status is 0 if everything agreed."""
    try:
        run(Story())
    except DemoError as error:
        sys.stderr.write(f"the demo failed: {error}\n")
        return errors.FAILED
    except KeyboardInterrupt:
        return errors.FAILED
    except Exception as error:
        status = errors.report(error, Output(), sys.stderr)
        if status is None:
            raise
        return status
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
