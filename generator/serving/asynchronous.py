# SPDX-License-Identifier: Apache-2.0
"""Endpoints that answer later: requests wait in SageMaker's queue, answers are written to S3, topics hear of them."""

from __future__ import annotations

from typing import Any, Final

from awacs import s3, sns
from troposphere import And, Condition, If, Not, Ref, Sub, Template, sagemaker

from generator import arns, permissions
from generator.conditions import if_provided, provided
from generator.serving import capacity
from orchestrator.pipeline_types.built_in.serving.asynchronous import REQUESTS

_OUTPUT: Final = "AsyncOutput"
_FAILURES: Final = "AsyncFailures"
_SUCCESS: Final = "AsyncSuccess"
_ERROR: Final = "AsyncError"
_AT_ONCE: Final = "AsyncAtOnce"
_CAPTURES: Final = "CapturesCalls"


def is_async(built: Template) -> str:
    """Name of the condition that the endpoint answers later."""
    return provided(built, _OUTPUT)


def captures(built: Template) -> str:
    """Name of the condition that the endpoint captures its calls: what waits in a queue is in S3 anyway."""
    later = Condition(is_async(built))
    built.conditions.setdefault(_CAPTURES, And(Condition(capacity.has_instances(built)), Not(later)))
    return _CAPTURES


def config_properties(built: Template) -> dict[str, Any]:
    """Property of the endpoint's configuration; absent, the endpoint answers at once."""
    at_once = sagemaker.AsyncInferenceClientConfig(MaxConcurrentInvocationsPerInstance=Ref(_AT_ONCE))
    config = sagemaker.AsyncInferenceConfig(
        ClientConfig=if_provided(built, _AT_ONCE, at_once),
        OutputConfig=sagemaker.AsyncInferenceOutputConfig(
            KmsKeyId=if_provided(built, "KmsKeyArn", Ref("KmsKeyArn")),
            NotificationConfig=sagemaker.AsyncInferenceNotificationConfig(
                SuccessTopic=if_provided(built, _SUCCESS, Ref(_SUCCESS)),
                ErrorTopic=if_provided(built, _ERROR, Ref(_ERROR)),
            ),
            S3FailurePath=Sub(f"s3://${{{_FAILURES}}}"),
            S3OutputPath=Sub(f"s3://${{{_OUTPUT}}}"),
        ),
    )
    return {"AsyncInferenceConfig": if_provided(built, _OUTPUT, config)}


def answer_later(built: Template) -> If:
    """Policy of the model's role: read requests, write answers and failures, tell topics.

    https://docs.aws.amazon.com/sagemaker/latest/dg/async-inference-create-endpoint-prerequisites.html
    """
    written = [arns.s3(f"${{{place}}}/*") for place in (_OUTPUT, _FAILURES)]
    policy = permissions.policy(
        "AsyncInference",
        permissions.allow([s3.GetObject], arns.s3(f"${{{_OUTPUT}}}/{REQUESTS}/*")),
        permissions.allow([s3.PutObject], written),
    )
    told = [if_provided(built, topic, permissions.allow([sns.Publish], Ref(topic))) for topic in (_SUCCESS, _ERROR)]
    # awacs takes functions of CloudFormation for everything but statements.
    policy.PolicyDocument.properties["Statement"].extend(told)
    return if_provided(built, _OUTPUT, policy)
