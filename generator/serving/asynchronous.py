# SPDX-License-Identifier: Apache-2.0
"""Endpoints that answer later: requests wait in SageMaker's queue, answers are written to S3, topics hear of them."""

from __future__ import annotations

from typing import Any, Final

from awacs import s3, sns
from awacs import sagemaker as sagemaker_actions
from awacs.aws import Condition, StringLike
from troposphere import If, Ref, Split, Sub, Template, iam, sagemaker

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
    policy = permissions.policy(
        "AsyncInference",
        permissions.allow([s3.GetObject], _requests()),
        permissions.allow([s3.PutObject], written),
    )
    for topic in (_SUCCESS, _ERROR):
        _extend(policy, if_provided(built, topic, permissions.allow([sns.Publish], Ref(topic))))
    return if_provided(built, _OUTPUT, policy)


def output(built: Template) -> If:
    """Place of the answers; absent, they come at once."""
    return if_provided(built, _OUTPUT, Ref(_OUTPUT))


def or_later(built: Template, policy: iam.Policy, endpoint: str) -> None:
    """Have a policy whose last statement lets a function invoke the endpoint let it put requests and have them wait.

    The function may do the one or the other, as the endpoint takes it.
    """
    statements = policy.PolicyDocument.properties["Statement"]
    later = permissions.allow([sagemaker_actions.InvokeEndpointAsync], Ref(endpoint))
    statements.append(If(is_async(built), later, statements.pop()))
    owners = Condition(StringLike("aws:ResourceAccount", Split(",", Ref(reach.ACCOUNTS))))
    _extend(policy, if_provided(built, _OUTPUT, permissions.allow([s3.PutObject], _requests(), owners)))


def _requests() -> Sub:
    return arns.s3(f"${{{_OUTPUT}}}/{REQUESTS}/*")


def _extend(policy: iam.Policy, statement: If) -> None:
    # awacs takes functions of CloudFormation for everything but statements.
    policy.PolicyDocument.properties["Statement"].append(statement)
