# SPDX-License-Identifier: Apache-2.0
"""The first parts: publish and launch under the verification's own name, and receive SageMaker's job events."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from scripts.launch import launch
from scripts.launch.launch import EMAIL_PARAMETER, Launching, Option
from scripts.verification import probes, waiting
from scripts.verification.part import Part, calls
from scripts.verification.scene import PartFailedError, Scene

HELPERS: Final = "helpers"
_SAGEMAKER: Final = [
    "SageMaker Training Job State Change",
    "SageMaker Processing Job State Change",
    "SageMaker Transform Job State Change",
    "SageMaker HyperParameter Tuning Job State Change",
]


def bucket_of(scene: Scene) -> str:
    """The bucket that the verification publishes to; its own, so that it can go as a whole."""
    return f"{scene.name}-artifacts-{scene.aws.account}"


def launched(scene: Scene, option: Option, name: str, parameters: dict[str, str]) -> None:
    """Publish, and make a root stack with its permissions boundary."""
    launching = Launching(
        option=option,
        stack_name=name,
        parameters={EMAIL_PARAMETER: scene.email, **parameters},
        bucket=bucket_of(scene),
        tags={},
        with_boundary=True,
    )
    outcome = launch.deploy(scene.aws, launching, scene.audience, agree=lambda _: True)
    if outcome.state is None:
        raise PartFailedError(f"the stack {name} was not made")


def _launch(scene: Scene) -> None:
    launched(scene, "single-account", scene.name, {"UseModelRegistry": "Yes", "CreateModelRegistry": "Yes"})


def _listen(scene: Scene) -> None:
    rule = {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": {"source": ["aws.sagemaker"], "detail-type": _SAGEMAKER},
            "Targets": [{"Id": "Queue", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}],
        },
    }
    resources = {
        "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"MessageRetentionPeriod": 86400}},
        "Rule": rule,
        "MayTell": probes.queue_policy("Queue", "Rule"),
        "JobRole": probes.role_of_jobs(),
    }
    outputs = {"QueueUrl": {"Ref": "Queue"}, "JobRoleArn": {"Fn::GetAtt": ["JobRole", "Arn"]}}
    probes.whole(scene, HELPERS, resources, outputs)


def helpers(scene: Scene) -> dict[str, str]:
    """`QueueUrl`, where SageMaker's events arrive, and `JobRoleArn`, for jobs of experiments."""
    return scene.outputs(f"{scene.name}-{HELPERS}")


def heard(scene: Scene, what: str, is_it: Callable[[dict[str, Any]], bool], minutes: float = 10) -> dict[str, Any]:
    """Wait for the first matching event of SageMaker and return it. Other events are kept for later calls."""
    sqs, queue = scene.aws.client("sqs"), helpers(scene)["QueueUrl"]

    def found() -> dict[str, Any] | None:
        answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        for message in answer.get("Messages", ()):
            scene.heard.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return next(filter(is_it, scene.heard), None)

    return waiting.until(scene, what, minutes, found)


PARTS: Final = (
    Part(
        "launch",
        "publish to a bucket of its own; launch a permissions boundary and the root stack",
        minutes=8,
        costs=(calls(0.05),),
        run=_launch,
    ),
    Part(
        "listen",
        "a queue that hears of SageMaker's jobs, and a role for jobs of experiments",
        minutes=2,
        costs=(calls(0.01),),
        run=_listen,
        needs=("launch",),
    ),
)
