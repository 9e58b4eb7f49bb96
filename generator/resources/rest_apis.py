# SPDX-License-Identifier: Apache-2.0
"""REST APIs as every template makes them: regional, signed by IAM, one function behind all routes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from troposphere import AWSObject, GetAtt, Ref, Sub, Template, apigateway, awslambda

from generator import checkov

STAGE: Final = "prod"
# Who called what, when, and how it went; no bodies.
_ACCESS_LOG_FIELDS: Final = {
    "requestId": "$context.requestId",
    "time": "$context.requestTime",
    "caller": "$context.identity.userArn",
    "sourceIp": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "latencyMs": "$context.responseLatency",
    "error": "$context.error.message",
}


@dataclass(frozen=True)
class Route:
    """A method of a path, as `Route("Provision", "provisionpipeline")`; `stem` begins its logical id.

    Paths below another path, such as `things/{id}`, come after it. `resource` begins the logical id of the path: where
    several routes have the same path it must be given to each, else it is the stem.
    """

    stem: str
    path: str
    method: str = "POST"
    resource: str = ""

    @property
    def resource_id(self) -> str:
        """Logical id of the path."""
        return f"{self.resource or self.stem}Resource"


def access_log(log_group: str) -> apigateway.AccessLogSetting:
    """A line for each call in a log group of the same template; the account must let API Gateway write logs."""
    return apigateway.AccessLogSetting(DestinationArn=GetAtt(log_group, "Arn"), Format=json.dumps(_ACCESS_LOG_FIELDS))


@dataclass(frozen=True)
class RestApi:
    """A REST API of one function. `name` starts every logical id."""

    name: str
    description: Any
    function: str
    routes: Sequence[Route]
    stage_properties: dict[str, Any]
    unfit_checks: Sequence[str] = ()
    """Checks of checkov that the stage does not fit, beside the one of all stages."""
    binary_types: Sequence[str] = ()
    """Media types of bodies that are bytes: without one, what a function answers in base64 arrives as that text.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/lambda-proxy-binary-media.html
    """

    def add_to(self, template: Template) -> None:
        """Add the API, its routes, deployment and stage, and the permission to invoke the function."""
        routed = list(self._routed())
        for resource in (self._api(), *routed, self._permission()):
            template.add_resource(resource)
        deployment = self._deployment(routed)
        template.add_resource(deployment)
        template.add_resource(self._stage(deployment))

    def full_name(self) -> str:
        """The API's name, by which CloudWatch knows it, as a text for `Fn::Sub`."""
        return f"${{AWS::StackName}}-{self.name}"

    def url(self) -> Sub:
        """Address of the stage, without a slash at the end."""
        return Sub(f"https://${{{self.name}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{STAGE}")

    def _routed(self) -> Iterator[AWSObject]:
        """Each path once, and the methods."""
        paths: dict[str, str] = {}
        for route in self.routes:
            if route.path not in paths:
                yield self._resource(route, paths)
                paths[route.path] = route.resource_id
            yield self._method(route)

    def _api(self) -> apigateway.RestApi:
        return apigateway.RestApi(
            self.name,
            Name=Sub(self.full_name()),
            Description=self.description,
            **({"BinaryMediaTypes": list(self.binary_types)} if self.binary_types else {}),
            EndpointConfiguration=apigateway.EndpointConfiguration(Types=["REGIONAL"]),
        )

    def _resource(self, route: Route, paths: Mapping[str, str]) -> apigateway.Resource:
        above, _, part = route.path.rpartition("/")
        return apigateway.Resource(
            route.resource_id,
            RestApiId=Ref(self.name),
            ParentId=Ref(paths[above]) if above else GetAtt(self.name, "RootResourceId"),
            PathPart=part,
        )

    def _method(self, route: Route) -> apigateway.Method:
        invoke = (
            "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions"
            f"/${{{self.function}.Arn}}/invocations"
        )
        return apigateway.Method(
            f"{route.stem}Method",
            RestApiId=Ref(self.name),
            ResourceId=Ref(route.resource_id),
            HttpMethod=route.method,
            AuthorizationType="AWS_IAM",
            Integration=apigateway.Integration(Type="AWS_PROXY", IntegrationHttpMethod="POST", Uri=Sub(invoke)),
        )

    def _deployment(self, routed: Sequence[AWSObject]) -> apigateway.Deployment:
        # A deployment is a snapshot and cannot be changed: new routes and types need a new one. This is the only
        # logical id that may differ from release to release.
        content = json.dumps([*(resource.to_dict() for resource in routed), *self.binary_types], sort_keys=True)
        digest = hashlib.sha256(content.encode()).hexdigest()[:8]
        return apigateway.Deployment(
            f"{self.name}Deployment{digest}",
            RestApiId=Ref(self.name),
            DependsOn=sorted(resource.title for resource in routed if isinstance(resource, apigateway.Method)),
        )

    def _stage(self, deployment: apigateway.Deployment) -> apigateway.Stage:
        return apigateway.Stage(
            f"{self.name}Stage",
            Metadata=checkov.skipped(checkov.CACHE, *self.unfit_checks),
            RestApiId=Ref(self.name),
            DeploymentId=Ref(deployment),
            StageName=STAGE,
            TracingEnabled=True,
            **self.stage_properties,
        )

    def _permission(self) -> awslambda.Permission:
        source = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:"
        return awslambda.Permission(
            f"{self.name}Permission",
            FunctionName=Ref(self.function),
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=Sub(f"{source}${{{self.name}}}/*"),
        )
