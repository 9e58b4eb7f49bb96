# SPDX-License-Identifier: Apache-2.0
"""Stacks of the experiments, one for each, so that it can be deleted as a whole in any state."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from mlops_orchestrator.aws import stack_following
from mlops_orchestrator.aws.stack_following import StackState
from orchestrator.sagemaker.images import ImageQuery, resolve
from scripts.launch import deployment
from scripts.verification.scene import PartFailedError, Scene

TAG: Final = "mlops:verification"
"""On everything that experiments make; its value is the name of the verification."""
SMALL: Final = "ml.t3.medium"
_TEMPLATE: Final = "2010-09-09"

Document = dict[str, Any]


def made(scene: Scene, short: str, resources: Document, outputs: Mapping[str, Any] | None = None) -> StackState:
    """Make a stack, or use an existing one, and wait until CloudFormation has ended, successfully or not."""
    cloudformation = scene.aws.client("cloudformation")
    name = f"{scene.name}-{short}"
    shown = {key: {"Value": value} for key, value in (outputs or {}).items()}
    template = {"AWSTemplateFormatVersion": _TEMPLATE, "Resources": resources, **({"Outputs": shown} if shown else {})}
    if stack_following.find(cloudformation, name) is None:
        cloudformation.create_stack(
            StackName=name,
            TemplateBody=json.dumps(template),
            Capabilities=["CAPABILITY_IAM"],
            OnFailure="DO_NOTHING",
            Tags=tags(scene),
        )
    state = deployment.at_rest(cloudformation, name, scene.audience)
    if state is None:
        raise PartFailedError(f"the stack {name} is gone")
    return state


def whole(scene: Scene, short: str, resources: Document, outputs: Mapping[str, Any] | None = None) -> StackState:
    """Make such a stack. Raise `PartFailedError` if it was not created."""
    state = made(scene, short, resources, outputs)
    if state.status != "CREATE_COMPLETE":
        cause = stack_following.first_cause(scene.aws.client("cloudformation"), state.arn)
        raise PartFailedError(f"the stack {state.name} ended in {state.status}: {cause}")
    return state


def removed(scene: Scene, short: str) -> None:
    """Delete such a stack, if there is one."""
    cloudformation = scene.aws.client("cloudformation")
    state = deployment.at_rest(cloudformation, f"{scene.name}-{short}", scene.audience)
    if state is not None:
        deployment.delete(cloudformation, state, scene.audience)


def tags(scene: Scene) -> list[dict[str, str]]:
    """The tag of what experiments make."""
    return [{"Key": TAG, "Value": scene.name}]


def scikit_learn(scene: Scene) -> str:
    """SageMaker's scikit-learn image, the smallest that has a shell and Python."""
    return resolve(ImageQuery("sklearn", "1.2-1", scene.aws.region, SMALL, "inference"))


def monitor_image(scene: Scene) -> str:
    """SageMaker's image of Model Monitor."""
    return resolve(ImageQuery("model-monitor", "", scene.aws.region, None, "processing"))


def role_of_jobs() -> Document:
    """A role for processing jobs that only write their log."""
    allowed = [
        "ecr:GetAuthorizationToken",
        "ecr:BatchCheckLayerAvailability",
        "ecr:GetDownloadUrlForLayer",
        "ecr:BatchGetImage",
        "logs:CreateLogGroup",
        "logs:CreateLogStream",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
    ]
    return {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": policy("sts:AssumeRole", Principal={"Service": "sagemaker.amazonaws.com"}),
            "Policies": [{"PolicyName": "Log", "PolicyDocument": policy(*allowed, Resource="*")}],
        },
    }


def policy(*actions: str, **rest: Any) -> Document:
    """A policy of one statement."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": [*actions], **rest}]}


def queue_policy(queue: str, rule: str) -> Document:
    """Lets one rule of EventBridge send to one queue, both named by their logical ids."""
    return {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": {
            "Queues": [{"Ref": queue}],
            "PolicyDocument": policy(
                "sqs:SendMessage",
                Principal={"Service": "events.amazonaws.com"},
                Resource={"Fn::GetAtt": [queue, "Arn"]},
                Condition={"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [rule, "Arn"]}}},
            ),
        },
    }
