# SPDX-License-Identifier: Apache-2.0
"""Demo of the main job on the local AWS: launch, provision twice, predict. Run by `make demo`.

    python -m scripts.demo.single

Ends with exit status 0 only if the deployed endpoints predict the same as the model itself.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from mlops_orchestrator.settings import hints
from scripts.demo import demo_steps, demo_story
from scripts.demo.demo_model import TrainedModel
from scripts.demo.demo_notifications import Notifications
from scripts.demo.demo_steps import Watcher
from scripts.demo.demo_story import DemoError, Story
from scripts.launch.launch import EMAIL_PARAMETER, Launching
from scripts.launch.local_deployment import LocalDeployment
from scripts.launch.local_stack import deployed

_CONFIG_KEY: Final = "mlops-config.json"
_INSTANCE: Final = "ml.m5.large"
_PIPELINE_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.2


def run(story: Story) -> None:
    """Run the whole demo. Raise DemoError, and the errors of its steps."""
    story.chapter("Launch: the local AWS starts, the solution is published and its root template deployed")
    with deployed(Launching(parameters={EMAIL_PARAMETER: "you@example.com"}), story) as deployment:
        notifications = Notifications(deployment)
        story.chapter("Model: XGBoost learns from 455 of 569 cell samples; 114 are held out")
        model = demo_steps.train_and_upload(deployment, story)

        story.chapter("Provision: one signed call of the API")
        request = demo_steps.request("breast-cancer", _INSTANCE, _captured("breast-cancer", deployment))
        Watcher(demo_steps.provision(request, deployment, story), deployment, story).watch()
        story.chapter("Predict: signed calls of the API that the pipeline has deployed")
        _compare(model, "breast-cancer", deployment, story)

        story.chapter(f"Provision again, for another model: {_CONFIG_KEY} is dropped into the config bucket")
        second = demo_steps.request("breast-cancer-2", _INSTANCE, _captured("breast-cancer-2", deployment))
        pipeline_id = _planned_stack(second, deployment)
        _upload_config(second, deployment, story)
        _wait_until(lambda: deployment.api.status(pipeline_id).is_success, "the upload made no pipeline")
        Watcher(pipeline_id, deployment, story).watch()
        _compare(model, "breast-cancer-2", deployment, story)

        story.chapter("Notifications: what the topic's subscribers have received")
        for subject, text in notifications.received(at_least=3):
            story.mail(subject, text)
    story.chapter("Done: both pipelines deployed, all predictions agree with the model's own")
    running = hints.command("local")
    story.say(f"next: `{running}` keeps such an AWS running for your own requests; README.md shows a launch on AWS")


def _planned_stack(request: dict[str, Any], deployment: LocalDeployment) -> str:
    answer = deployment.api.provision({**request, "dry_run": True})
    return str(answer.body["plan"]["pipeline_stack_name"])


def _upload_config(request: dict[str, Any], deployment: LocalDeployment, story: Story) -> None:
    bucket = deployment.outputs["ConfigBucketName"]
    deployment.aws.client("s3").put_object(Bucket=bucket, Key=_CONFIG_KEY, Body=json.dumps(request).encode())
    story.say(f"uploaded s3://{bucket}/{_CONFIG_KEY}")


def _captured(model_name: str, deployment: LocalDeployment) -> str:
    return demo_steps.captures(model_name, deployment).location


def _compare(model: TrainedModel, model_name: str, deployment: LocalDeployment, story: Story) -> None:
    url = demo_steps.inference_url(model_name, deployment)
    served = demo_steps.predictions(model, url, deployment.aws, story)
    demo_steps.show(model, {"endpoint": served}, story)
    demo_steps.check(model, model_name, served, story)
    demo_steps.captures(model_name, deployment).check(1, story)


def _wait_until(condition: Callable[[], Any], otherwise: str) -> None:
    deadline = time.monotonic() + _PIPELINE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise DemoError(f"{otherwise} within {_PIPELINE_SECONDS:.0f} s")
        threading.Event().wait(_POLL_SECONDS)


if __name__ == "__main__":
    raise SystemExit(demo_story.tell(run, globals()))
