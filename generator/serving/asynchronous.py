# SPDX-License-Identifier: Apache-2.0
"""Endpoints that answer later: requests wait in SageMaker's queue, answers are written to S3, topics hear of them."""

from __future__ import annotations

from typing import Any, Final

from awacs import s3, sns
from awacs import sagemaker as sagemaker_actions
from awacs.aws import Condition, Statement, StringLike
from troposphere import If, Ref, Split, Sub, Template, sagemaker

from generator import arns, permissions
from generator.conditions import if_provided, provided
from orchestrator import reach
from orchestrator.pipeline_types.built_in.serving.asynchronous import REQUESTS

_OUTPUT: Final = "AsyncOutput"
_FAILURES: Final = "AsyncFailures"
_SUCCESS: Final = "AsyncSuccess"
_ERROR: Final = "AsyncError"
_AT_ONCE: Final = "AsyncAtOnce"


def is_async(built: Template) -> str:
    """Name of the condition that the endpoint answers later."""
    return provided(built, _OUTPUT)


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
    told = [if_provided(built, topic, permissions.allow([sns.Publish], Ref(topic))) for topic in (_SUCCESS, _ERROR)]
    policy = permissions.policy(
        "AsyncInference",
        permissions.allow([s3.GetObject], _requests()),
        permissions.allow([s3.PutObject], written),
        *told,
    )
    return if_provided(built, _OUTPUT, policy)


def output(built: Template) -> If:
    """Place of the answers; absent, they come at once."""
    return if_provided(built, _OUTPUT, Ref(_OUTPUT))


def or_later(built: Template, at_once: Statement, endpoint: str) -> list[If]:
    """Let a function ask the endpoint at once, or where that answers later, put requests and have them wait."""
    later = permissions.allow([sagemaker_actions.InvokeEndpointAsync], Ref(endpoint))
    owners = Condition(StringLike("aws:ResourceAccount", Split(",", Ref(reach.ACCOUNTS))))
    put = permissions.allow([s3.PutObject], _requests(), owners)
    return [If(is_async(built), later, at_once), if_provided(built, _OUTPUT, put)]


def _requests() -> Sub:
    return arns.s3(f"${{{_OUTPUT}}}/{REQUESTS}/*")
