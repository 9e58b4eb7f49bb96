# SPDX-License-Identifier: Apache-2.0
"""The signed API in front of an endpoint, and the function behind it (compatibility 3.1)."""

from __future__ import annotations

from typing import Final

from awacs import sagemaker as sagemaker_actions
from troposphere import (
    And,
    Condition,
    Equals,
    GetAtt,
    If,
    Not,
    NoValue,
    Output,
    Ref,
    Sub,
    Template,
    apigateway,
    awslambda,
    iam,
)

from generator import checkov, parameters, permissions
from generator.conditions import if_provided, provided
from generator.resources import functions, rest_apis
from generator.resources.rest_apis import Private, RestApi, Route
from generator.serving import asynchronous, components, smoke_test
from generator.serving.endpoints import ENDPOINT

_API: Final = "InferenceApi"
_FUNCTION: Final = "Inference"
_ACCESS_LOG: Final = "InferenceApiAccessLogs"
_LOGGED: Final = "ApiAccessLogsWanted"
WITH_API: Final = "WithApi"
"""Condition of whatever needs the API or its function."""
_PRIVATE: Final = "PrivateApi"
_PUBLIC: Final = "PublicApi"
_CHAT: Final = "WithOpenAIRoute"
_RAW: Final = "RawApi"
_ENDPOINTS: Final = "ApiVpcEndpoints"
_TIMEOUT_SECONDS: Final = 30
_STREAMING: Final = "ApiStreaming"
_STREAMED_SECONDS: Final = 900
_WRAPPER: Final = "/var/task/stream.sh"


def add_to(built: Template) -> None:
    """Add the API, its function, their logs, and what asks the model at a deployment."""
    add_conditions(built)
    under = {"Condition": WITH_API}
    built.add_resource(functions.log_group(_FUNCTION, functions.operator_key(built), **under))
    built.add_resource(function_role(built))
    built.add_resource(function(built))
    built.add_resource(functions.expiring_log_group(_ACCESS_LOG, functions.operator_key(built), Condition=_LOGGED))
    api(built).add_to(built)
    smoke_test.add_to(built, smoke_test.Tested(_API, address(), _FUNCTION, WITH_API))


def add_conditions(built: Template) -> None:
    """Add what makes the API another one, or leaves it out."""
    with_api = Condition(WITH_API)
    built.add_condition(WITH_API, Not(Equals(Ref("ApiMode"), "none")))
    built.add_condition(_RAW, Equals(Ref("ApiMode"), "raw"))
    built.add_condition(_PRIVATE, And(with_api, Not(Equals(Ref(_ENDPOINTS), ""))))
    built.add_condition(_PUBLIC, And(with_api, Equals(Ref(_ENDPOINTS), "")))
    built.add_condition(_CHAT, And(with_api, Equals(Ref("OpenAIRoute"), "Yes")))
    built.add_condition(_LOGGED, And(with_api, Equals(Ref("ApiAccessLogs"), "Yes")))


def function_role(built: Template) -> iam.Role:
    """Invoke this endpoint and no other; and what asking the model at a deployment needs."""
    invoke = permissions.allow([sagemaker_actions.InvokeEndpoint], _asked(built))
    policies = functions.network_policy(built), smoke_test.policy(built, _API, WITH_API), _streaming_policy(built)
    return functions.role(_FUNCTION, asynchronous.or_later(built, invoke, ENDPOINT), *policies, Condition=WITH_API)


def _asked(built: Template) -> list[Ref | If]:
    """The endpoint, and the inference component where its model is one."""
    return [Ref(ENDPOINT), components.arn(built, ENDPOINT)]


def _streaming_policy(built: Template) -> If:
    """The operation's page wants InvokeEndpoint, and the list of actions has one of the operation's own name.

    https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointWithResponseStream.html
    https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
    """
    stream = permissions.allow([sagemaker_actions.InvokeEndpointWithResponseStream], _asked(built))
    return if_provided(built, _STREAMING, permissions.policy("Streaming", stream))


def function(built: Template) -> awslambda.Function:
    """The function behind the API, `lambda_src/inference/`; its archive is an object of the pipeline.

    Where the API streams, a wrapper starts a client of the Runtime API that does, too: Lambda's own does not in Python.
    """
    bucket, key = (parameters.part("ApiCode", place) for place in range(2))
    made = functions.function(
        built,
        _FUNCTION,
        Description="Hands requests to the endpoint",
        Handler="index.handler",
        Code=awslambda.Code(S3Bucket=bucket, S3Key=key),
        MemorySize=Ref("ApiMemory"),
        Timeout=if_provided(built, _STREAMING, _STREAMED_SECONDS, _TIMEOUT_SECONDS),
        KmsKeyArn=functions.operator_key(built),
        Environment=awslambda.Environment(
            Variables={
                "SAGEMAKER_ENDPOINT_NAME": GetAtt(ENDPOINT, "EndpointName"),
                "MODE": Ref("ApiMode"),
                "MAX_BYTES": Ref("ApiMaxBytes"),
                "INFERENCE_COMPONENT": components.if_component(built, GetAtt(ENDPOINT, "EndpointName")),
                "ASYNC_OUTPUT": asynchronous.output(built),
                "STREAMS": if_provided(built, _STREAMING, Ref(_STREAMING)),
                "AWS_LAMBDA_EXEC_WRAPPER": if_provided(built, _STREAMING, _WRAPPER),
            }
        ),
        Condition=WITH_API,
    )
    made.ReservedConcurrentExecutions = if_provided(
        built, "ApiConcurrency", Ref("ApiConcurrency"), made.ReservedConcurrentExecutions
    )
    return made


def api(built: Template) -> RestApi:
    """`POST /inference`, and for models that chat `POST /v1/chat/completions` and whatever else OpenAI's protocol has.

    Its access log needs the logging role that an account has for API Gateway. The template must not set that (lesson
    70), so there is a log only if the operator confirms that the role exists.
    """
    settings = if_provided(built, "ApiThrottle", [throttle()])
    return rest_apis.RestApi(
        name=_API,
        description=Sub("Predictions of ${ModelName}"),
        function=_FUNCTION,
        routes=[
            Route("Inference", "inference", streams=provided(built, _STREAMING)),
            Route("OpenAI", "v1/{proxy+}", condition=_CHAT, streams=rest_apis.ALWAYS),
        ],
        stage_properties={
            "AccessLogSetting": If(_LOGGED, rest_apis.access_log(_ACCESS_LOG), NoValue),
            "MethodSettings": settings,
        },
        unfit_checks=[checkov.OPTIONAL_ACCESS_LOG],
        # A model may answer with bytes, of any type.
        binary_types=["*/*"],
        condition=WITH_API,
        private=Private(_PRIVATE, _PUBLIC, _ENDPOINTS),
    )


def throttle() -> apigateway.MethodSetting:
    """The limit of each method, for all callers together; execution logs stay off (lesson 119)."""
    rate, burst = (parameters.part("ApiThrottle", place) for place in range(2))
    return apigateway.MethodSetting(
        HttpMethod="*",
        ResourcePath="/*",
        ThrottlingRateLimit=rate,
        ThrottlingBurstLimit=burst,
    )


def address() -> Sub:
    """Address for predictions."""
    return Sub("${Api}/inference", Api=rest_apis.url(_API))


def outputs() -> list[Output]:
    """Address for predictions, and how to ask where that is not in JSON."""
    return [
        Output("InferenceApiUrl", Description="Address for predictions", Value=address(), Condition=WITH_API),
        Output("InferenceApiMode", Description="raw: the body is the payload", Value=Ref("ApiMode"), Condition=_RAW),
    ]
