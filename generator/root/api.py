# SPDX-License-Identifier: Apache-2.0
"""The API of the solution (compatibility 1.5), with an access log."""

from __future__ import annotations

from troposphere import Equals, GetAtt, If, NoValue, Ref, Sub, Template, apigateway, iam

from generator import arns, permissions
from generator.resources import functions, rest_apis
from generator.resources.rest_apis import Route
from generator.root import orchestrator, roles
from generator.root.data import encryption
from orchestrator.routes import ROUTES

_RETAIN = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
_SETS_ROLE = "SetsApiLoggingRole"
_ACCESS_LOG = "ApiAccessLogs"
_REQUESTS_PER_SECOND = 20
_BURST = 40


def _setting(method: str, path: str) -> apigateway.MethodSetting:
    """Logs, metrics and throttle of a method; slashes of the path after the first are written as ~1."""
    return apigateway.MethodSetting(
        HttpMethod=method,
        ResourcePath=path,
        MetricsEnabled=True,
        # An execution log would be a group of API Gateway's own, without expiry and key, which stays when the stack
        # goes (lesson 119). The access log has the errors.
        LoggingLevel="OFF",
        ThrottlingRateLimit=_REQUESTS_PER_SECOND,
        ThrottlingBurstLimit=_BURST,
    )


API = rest_apis.RestApi(
    name=roles.API,
    description="Provisions machine-learning pipelines",
    function=orchestrator.FUNCTION,
    routes=[Route(route.name, route.path.removeprefix("/"), route.method, route.resource) for route in ROUTES],
    stage_properties={
        # It comes after the setting; DependsOn may not name what a condition may leave out.
        "Description": If(_SETS_ROLE, Sub("Logs under the role that ${ApiLogging} sets"), NoValue),
        "AccessLogSetting": rest_apis.access_log(_ACCESS_LOG),
        # Who looks must not keep others from provisioning and deleting: these three have a throttle of their own.
        "MethodSettings": [
            _setting("*", "/*"),
            _setting("POST", "/~1provisionpipeline"),
            _setting("DELETE", "/~1pipelines~1{id}"),
            _setting("POST", "/~1pipelines~1{id}~1runs"),
        ],
    },
)


def add_to(template: Template) -> None:
    """Add the API, its access log and the account's permission to write it."""
    template.add_condition(_SETS_ROLE, Equals(Ref("SetApiLoggingRole"), "Yes"))
    template.add_resource(functions.expiring_log_group(_ACCESS_LOG, encryption.key_arn()))
    template.add_resource(logging_role())
    template.add_resource(logging_setting())
    API.add_to(template)


def logging_role() -> iam.Role:
    """API Gateway writes logs under it."""
    return iam.Role(
        "ApiLoggingRole",
        Condition=_SETS_ROLE,
        AssumeRolePolicyDocument=permissions.trusted_by("apigateway.amazonaws.com"),
        ManagedPolicyArns=[arns.managed_policy("service-role/AmazonAPIGatewayPushToCloudWatchLogs")],
        **_RETAIN,
    )


def logging_setting() -> apigateway.Account:
    """The account has one such role a Region; one that is there already stays (lesson 118).

    Both stay when the stack goes, also when it could not be made: other APIs may log by them (lesson 70), and
    CloudFormation does not take the setting back, which would then name a role that is gone.
    """
    role = GetAtt("ApiLoggingRole", "Arn")
    return apigateway.Account("ApiLogging", Condition=_SETS_ROLE, CloudWatchRoleArn=role, **_RETAIN)
