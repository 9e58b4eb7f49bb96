# SPDX-License-Identifier: Apache-2.0
"""The signed API in front of an endpoint, and the function behind it (compatibility 3.1)."""

from __future__ import annotations

from typing import Final

from awacs import sagemaker as sagemaker_actions
from troposphere import Equals, GetAtt, If, NoValue, Ref, Sub, Template, awslambda, iam

from generator import checkov, permissions
from generator.resources import functions, inline_code, rest_apis
from generator.resources.rest_apis import RestApi, Route
from generator.serving import smoke_test
from generator.serving.endpoints import ENDPOINT

FUNCTION: Final = "Inference"
NAME: Final = "InferenceApi"
_ACCESS_LOG: Final = "InferenceApiAccessLogs"
_LOGGED: Final = "ApiAccessLogsWanted"
_MEMORY_MB: Final = 512
_TIMEOUT_SECONDS: Final = 30


def add_to(built: Template) -> None:
    """Add the API, its function, their logs, and what asks the model at a deployment."""
    built.add_resource(functions.log_group(FUNCTION, functions.operator_key(built)))
    built.add_resource(function_role(built))
    built.add_resource(function(built))
    built.add_condition(_LOGGED, Equals(Ref("ApiAccessLogs"), "Yes"))
    built.add_resource(functions.expiring_log_group(_ACCESS_LOG, functions.operator_key(built), Condition=_LOGGED))
    api().add_to(built)
    smoke_test.add_to(built, smoke_test.Tested(NAME, address(), FUNCTION))


def function_role(built: Template) -> iam.Role:
    """Invoke this endpoint and no other; and what the function needs that asks the model at a deployment."""
    invoke = permissions.allow([sagemaker_actions.InvokeEndpoint], Ref(ENDPOINT))
    return functions.role(FUNCTION, [invoke], functions.network_policy(built), smoke_test.policy(built, NAME))


def function(built: Template) -> awslambda.Function:
    """The function behind the API; its code stands in the template, so that any account can deploy it."""
    return functions.function(
        built,
        FUNCTION,
        Description="Hands requests to the endpoint",
        Handler="index.handler",
        Code=awslambda.Code(ZipFile=inline_code.text("inference")),
        MemorySize=_MEMORY_MB,
        Timeout=_TIMEOUT_SECONDS,
        KmsKeyArn=functions.operator_key(built),
        Environment=awslambda.Environment(Variables={"SAGEMAKER_ENDPOINT_NAME": GetAtt(ENDPOINT, "EndpointName")}),
    )


def api() -> RestApi:
    """`POST /inference`.

    Its access log needs the logging role that an account has for API Gateway. The template must not set that (lesson
    70), so there is a log only if the operator confirms that the role exists.
    """
    return rest_apis.RestApi(
        name=NAME,
        description=Sub("Predictions of ${ModelName}"),
        function=FUNCTION,
        routes=[Route("Inference", "inference")],
        stage_properties={"AccessLogSetting": If(_LOGGED, rest_apis.access_log(_ACCESS_LOG), NoValue)},
        unfit_checks=[checkov.OPTIONAL_ACCESS_LOG],
        # A model may answer with bytes, of any type.
        binary_types=["*/*"],
    )


def address() -> Sub:
    """Address for predictions."""
    return Sub("${Api}/inference", Api=api().url())
