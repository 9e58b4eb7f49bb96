# SPDX-License-Identifier: Apache-2.0
"""REST APIs as every template makes them: regional or private, signed by IAM, one function behind all routes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from troposphere import AWSObject, GetAtt, If, NoValue, Ref, Split, Sub, Template, apigateway, awslambda

from generator import checkov

STAGE: Final = "prod"
ALWAYS: Final = "always"
"""In place of a condition."""
# The longest that a streamed answer may take:
# https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
_STREAMED_MS: Final = 900_000
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

    Paths below another path with a method, such as `things/{id}`, come after it. `resource` begins the path's logical
    id: where several routes have the same path it must be given to each, else it is the stem.
    """

    stem: str
    path: str
    method: str = "POST"
    resource: str = ""
    condition: str = ""
    """Condition without which the template has neither the method nor a path that no other route has."""
    streams: str = ""
    """Condition with which the function's answer is passed on as it comes, or `ALWAYS`."""

    @property
    def resource_id(self) -> str:
        """Logical id of the path."""
        return f"{self.resource or self.stem}Resource"

    def paths(self) -> Iterator[tuple[str, str]]:
        """The path and those above it, the shortest first, each with its logical id: `V1Resource` for `v1`."""
        parts = self.path.split("/")
        for length in range(1, len(parts)):
            yield "/".join(parts[:length]), f"{''.join(part.capitalize() for part in parts[:length])}Resource"
        yield self.path, self.resource_id


def access_log(log_group: str) -> apigateway.AccessLogSetting:
    """A line for each call in a log group of the same template; the account must let API Gateway write logs."""
    return apigateway.AccessLogSetting(DestinationArn=GetAtt(log_group, "Arn"), Format=json.dumps(_ACCESS_LOG_FIELDS))


def url(api: str) -> Sub:
    """Address of an API's stage, without a slash at the end."""
    return Sub(f"https://${{{api}}}.execute-api.${{AWS::Region}}.${{AWS::URLSuffix}}/{STAGE}")


@dataclass(frozen=True)
class Private:
    """Where an API may be private. A snapshot has the kind and the policy of the API, so each kind has its own."""

    condition: str
    """Condition that makes it private."""
    public: str
    """Condition that makes it public; if neither holds, there is no API."""
    endpoints: str
    """Parameter with the ids of the VPC endpoints that are let in, with commas between."""

    def configuration(self) -> If:
        """Kind of the API, and the endpoints that get an address for it."""
        endpoints = apigateway.EndpointConfiguration(Types=["PRIVATE"], VpcEndpointIds=self._ids())
        return If(self.condition, endpoints, _REGIONAL)

    def policy(self) -> If:
        """Keep out whoever comes another way. Whoever does not, needs a permission of its own as for any API.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
        """
        invoke = {"Action": ["execute-api:Invoke"], "Resource": ["execute-api:/*"]}
        others = {"StringNotEquals": {"aws:SourceVpce": self._ids()}}
        statements = [
            {"Effect": "Allow", "Principal": {"AWS": Ref("AWS::AccountId")}, **invoke},
            {"Effect": "Deny", "Principal": "*", **invoke, "Condition": others},
        ]
        return If(self.condition, {"Version": "2012-10-17", "Statement": statements}, NoValue)

    def _ids(self) -> Split:
        return Split(",", Ref(self.endpoints))


_REGIONAL: Final = apigateway.EndpointConfiguration(Types=["REGIONAL"])


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
    condition: str = ""
    """Condition without which the template has no API."""
    private: Private | None = None

    def add_to(self, template: Template) -> None:
        """Add the API, its routes, deployment and stage, and the permission to invoke the function."""
        routed = list(self._routed())
        for resource in (self._api(), *routed, self._permission()):
            template.add_resource(resource)
        if self.private is None:
            shown: Any = Ref(template.add_resource(self._deployment(routed, "", self.condition)))
        else:
            private = template.add_resource(self._deployment(routed, "Private", self.private.condition))
            public = template.add_resource(self._deployment(routed, "", self.private.public))
            shown = If(self.private.condition, Ref(private), Ref(public))
        template.add_resource(self._stage(shown))

    def full_name(self) -> str:
        """The API's name, by which CloudWatch knows it, as a text for `Fn::Sub`."""
        return f"${{AWS::StackName}}-{self.name}"

    def url(self) -> Sub:
        """Address of the stage, without a slash at the end."""
        return url(self.name)

    def _routed(self) -> Iterator[AWSObject]:
        """Each path once, and the methods."""
        paths: dict[str, str] = {}
        for route in self.routes:
            for path, title in route.paths():
                if path not in paths:
                    paths[path] = title
                    yield self._resource(path, paths, route.condition)
            yield self._method(route)

    def _api(self) -> apigateway.RestApi:
        return apigateway.RestApi(
            self.name,
            Name=Sub(self.full_name()),
            Description=self.description,
            **({"BinaryMediaTypes": list(self.binary_types)} if self.binary_types else {}),
            **self._reach(),
            **_under(self.condition),
        )

    def _reach(self) -> dict[str, Any]:
        if self.private is None:
            return {"EndpointConfiguration": _REGIONAL}
        return {"EndpointConfiguration": self.private.configuration(), "Policy": self.private.policy()}

    def _resource(self, path: str, paths: Mapping[str, str], condition: str) -> apigateway.Resource:
        above, _, part = path.rpartition("/")
        return apigateway.Resource(
            paths[path],
            RestApiId=Ref(self.name),
            ParentId=Ref(paths[above]) if above else GetAtt(self.name, "RootResourceId"),
            PathPart=part,
            **_under(condition or self.condition),
        )

    def _method(self, route: Route) -> apigateway.Method:
        return apigateway.Method(
            f"{route.stem}Method",
            RestApiId=Ref(self.name),
            ResourceId=Ref(route.resource_id),
            HttpMethod=route.method,
            AuthorizationType="AWS_IAM",
            Integration=apigateway.Integration(
                Type="AWS_PROXY", IntegrationHttpMethod="POST", **self._transfer(route.streams)
            ),
            **_under(route.condition or self.condition),
        )

    def _transfer(self, streams: str) -> dict[str, Any]:
        """How the function is invoked, and its answer passed on.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
        """
        streamed = {
            "Uri": self._uri("2021-11-15", "response-streaming-invocations"),
            "ResponseTransferMode": "STREAM",
            "TimeoutInMillis": _STREAMED_MS,
        }
        whole = {"Uri": self._uri("2015-03-31", "invocations")}
        if streams in ("", ALWAYS):
            return streamed if streams else whole
        return {name: If(streams, value, whole.get(name, NoValue)) for name, value in streamed.items()}

    def _uri(self, version: str, operation: str) -> Sub:
        lambda_ = "arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path"
        return Sub(f"{lambda_}/{version}/functions/${{{self.function}.Arn}}/{operation}")

    def _deployment(self, routed: Sequence[AWSObject], kind: str, condition: str) -> apigateway.Deployment:
        # A deployment is a snapshot and cannot be changed: new routes and types need a new one. This is the only
        # logical id that may differ from release to release.
        always = [resource for resource in routed if resource.resource.get("Condition", "") == self.condition]
        content = json.dumps([*(_content(resource) for resource in routed), *self.binary_types], sort_keys=True)
        digest = hashlib.sha256(content.encode()).hexdigest()[:8]
        return apigateway.Deployment(
            f"{self.name}{kind}Deployment{digest}",
            RestApiId=Ref(self.name),
            DependsOn=sorted(resource.title for resource in always if isinstance(resource, apigateway.Method)),
            **self._after_optional_method(),
            **_under(condition),
        )

    def _after_optional_method(self) -> dict[str, Any]:
        """DependsOn may not name what a condition may leave out: the description, which has room for one, names it."""
        optional = [route for route in self.routes if route.condition]
        if not optional:
            return {}
        (route,) = optional
        return {"Description": If(route.condition, Sub(f"With ${{{route.stem}Method}}"), NoValue)}

    def _stage(self, deployment: Any) -> apigateway.Stage:
        return apigateway.Stage(
            f"{self.name}Stage",
            Metadata=checkov.skipped(checkov.CACHE, *self.unfit_checks),
            RestApiId=Ref(self.name),
            DeploymentId=deployment,
            StageName=STAGE,
            TracingEnabled=True,
            **self.stage_properties,
            **_under(self.condition),
        )

    def _permission(self) -> awslambda.Permission:
        source = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:"
        return awslambda.Permission(
            f"{self.name}Permission",
            FunctionName=Ref(self.function),
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=Sub(f"{source}${{{self.name}}}/*"),
            **_under(self.condition),
        )


def _under(condition: str) -> dict[str, str]:
    return {"Condition": condition} if condition else {}


def _content(resource: AWSObject) -> dict[str, Any]:
    """What of a resource is in a snapshot."""
    return {name: value for name, value in resource.to_dict().items() if name != "Condition"}
