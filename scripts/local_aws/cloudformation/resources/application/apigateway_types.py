# SPDX-License-Identifier: Apache-2.0
"""CloudFormation types of API Gateway's REST APIs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, ClassVar, Final

from scripts.local_aws.apigateway.throttling import ACCOUNT_BURST, ACCOUNT_RATE
from scripts.local_aws.cloudformation.resources.api_type import REF, ApiType
from scripts.local_aws.cloudformation.resources.base import Properties, ResourceContext, names
from scripts.local_aws.cloudformation.stacks import Made

# https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateStage.html
_METHOD_SETTINGS = {
    "LoggingLevel": "logging/loglevel", "DataTraceEnabled": "logging/dataTrace", "MetricsEnabled": "metrics/enabled",
    "ThrottlingRateLimit": "throttling/rateLimit", "ThrottlingBurstLimit": "throttling/burstLimit",
    "CachingEnabled": "caching/enabled", "CacheTtlInSeconds": "caching/ttlInSeconds",
    "CacheDataEncrypted": "caching/dataEncrypted",
}  # fmt: skip


class _ApiGatewayType(ApiType):
    service = "apigateway"
    gone = ("NotFoundException",)
    looked_up_by: ClassVar[str] = ""
    """Operation called before a removal: moto fails, instead of refusing, if the resource to delete does not exist."""

    def remove(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        if self.looked_up_by:
            self.send(context, self.looked_up_by, {}, self.place(made, properties))
        super().remove(context, made, properties)


class ApiGatewayRestApi(_ApiGatewayType):
    """An API, defined by its resources: OpenAPI documents are not read."""

    type_name = "AWS::ApiGateway::RestApi"
    is_tagged = True
    known_properties = names("BinaryMediaTypes Description EndpointConfiguration Name Policy Tags")
    creates, deletes, looked_up_by = "create_rest_api", "delete_rest_api", "get_rest_api"
    ref = "id"
    attributes = {"RootResourceId": "rootResourceId", "RestApiId": "id"}
    at = {"RestApiId": REF}

    def make(self, context: ResourceContext, name: str, properties: Properties, tags: dict[str, str]) -> dict[str, Any]:
        """Make the API. moto takes binary media types in changes only."""
        answer = super().make(context, name, properties, tags)
        if binary := _binary_types({}, properties):
            context.call(self.service, "update_rest_api", restApiId=answer["id"], patchOperations=binary)
        return answer

    def given(self, properties: Properties) -> Properties:
        """Return the properties; the API takes the policy as text."""
        policy = properties.get("Policy")
        return {**properties, "Policy": json.dumps(policy)} if policy else properties

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Change the name, description, kind of endpoint, policy or binary media types."""
        wanted = {
            "/name": new["Name"],
            "/description": new.get("Description", ""),
            "/endpointConfiguration/types/0": (new.get("EndpointConfiguration", {}).get("Types") or ["EDGE"])[0],
        }
        changes = _binary_types(old, new)
        if any(new.get(name) != old.get(name) for name in ("Description", "EndpointConfiguration", "Name")):
            changes += [_replace(path, value) for path, value in wanted.items()]
        if new.get("Policy") != old.get("Policy"):
            changes.append(_replace("/policy", json.dumps(new["Policy"]) if new.get("Policy") else ""))
        if changes:
            context.call(self.service, "update_rest_api", restApiId=made.physical_id, patchOperations=changes)


class ApiGatewayResource(_ApiGatewayType):
    """Part of a path, which may be `{name}` or `{name+}`."""

    type_name = "AWS::ApiGateway::Resource"
    known_properties = names("ParentId PathPart RestApiId")
    creates, deletes, looked_up_by = "create_resource", "delete_resource", "get_resource"
    ref = "id"
    attributes = {"ResourceId": "id"}
    at = {"RestApiId": "RestApiId", "ResourceId": REF}


class ApiGatewayMethod(_ApiGatewayType):
    """A method of a path with its integration. It is served from the next deployment on."""

    type_name = "AWS::ApiGateway::Method"
    known_properties = names(
        "ApiKeyRequired AuthorizationType HttpMethod Integration MethodResponses OperationName RequestModels "
        "RequestParameters ResourceId RestApiId"
    )
    # To put a method anew is to take its integration away.
    creates, deletes = "put_method", "delete_method"
    at = {name: name for name in ("RestApiId", "ResourceId", "HttpMethod")}

    def name(self, context: ResourceContext, properties: Properties) -> str:
        """Return the values that identify it, joined by dashes."""
        return "-".join(properties[name] for name in self.at)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Put the method and its integration again."""
        return self.create(context, new)

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Put the integration."""
        if integration := new.get("Integration"):
            self.send(context, "put_integration", integration, self.place(made, new))


class ApiGatewayDeployment(_ApiGatewayType):
    """Snapshot of the API's methods. Only another logical id makes a new one; a new description does not.

    API Gateway refuses an API without methods.
    """

    type_name = "AWS::ApiGateway::Deployment"
    known_properties = names("Description RestApiId StageName")
    creates, deletes = "create_deployment", "delete_deployment"
    ref = "id"
    attributes = {"DeploymentId": "id"}
    at = {"RestApiId": "RestApiId", "DeploymentId": REF}


class ApiGatewayStage(_ApiGatewayType):
    """First part of an API's public path, serving one deployment. Access logs are only stored."""

    type_name = "AWS::ApiGateway::Stage"
    name_property = "StageName"
    is_tagged = True
    known_properties = names(
        "AccessLogSetting DeploymentId Description MethodSettings RestApiId StageName Tags TracingEnabled Variables"
    )
    creates, deletes = "create_stage", "delete_stage"
    at = {"RestApiId": "RestApiId", "StageName": REF}

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Show another deployment and change settings."""
        changes = [
            _replace(f"/{name[0].lower()}{name[1:]}", new.get(name, default))
            for name, default in (("DeploymentId", None), ("Description", ""), ("TracingEnabled", False))
            if new.get(name) != old.get(name)
        ]
        before, after = old.get("Variables") or {}, new.get("Variables") or {}
        changes += [{"op": "remove", "path": f"/variables/{name}"} for name in before if name not in after]
        changes += [_replace(f"/variables/{name}", item) for name, item in after.items() if item != before.get(name)]
        if "AccessLogSetting" in old and "AccessLogSetting" not in new:
            changes.append({"op": "remove", "path": "/accessLogSettings"})
        if changes := [*changes, *_unset(old, new), *_stage_settings(new)]:
            self.send(context, "update_stage", {"PatchOperations": changes}, self.place(made, new))


class ApiGatewayAccount(_ApiGatewayType):
    """The role that API Gateway logs with, one for the whole account and Region."""

    type_name = "AWS::ApiGateway::Account"
    known_properties = names("CloudWatchRoleArn")

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Set the role."""
        if role := new.get("CloudWatchRoleArn"):
            context.call(self.service, "update_account", patchOperations=[_replace("/cloudwatchRoleArn", role)])

    def remove(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Do nothing: CloudFormation leaves the account's setting as it is."""


# What a setting says nothing of is the account's.
_UNLIMITED: Final = {"ThrottlingRateLimit": ACCOUNT_RATE, "ThrottlingBurstLimit": ACCOUNT_BURST}


def _stage_settings(properties: Properties) -> list[dict[str, Any]]:
    changes = []
    log = properties.get("AccessLogSetting") or {}
    for key, name in (("DestinationArn", "destinationArn"), ("Format", "format")):
        if key in log:
            changes.append(_replace(f"/accessLogSettings/{name}", log[key]))
    for path, setting in _method_settings(properties).items():
        given = {**_UNLIMITED, **setting}
        changes += [
            _replace(f"/{path}/{patch}", given[name]) for name, patch in _METHOD_SETTINGS.items() if name in given
        ]
    return changes


def _method_settings(properties: Properties) -> dict[str, Properties]:
    """Settings by path and method. "/*" and "*" mean all; a real path is written with "~1" for its slashes."""
    found = {}
    for setting in properties.get("MethodSettings") or []:
        path = str(setting.get("ResourcePath", "/*")).removeprefix("/").replace("/", "~1") or "~1"
        found[f"{path}/{setting.get('HttpMethod', '*')}"] = setting
    return found


def _unset(old: Properties, new: Properties) -> Iterator[dict[str, Any]]:
    """Yield changes that undo the throttles of settings that are gone: moto removes no setting."""
    for path in sorted({*_method_settings(old)} - {*_method_settings(new)}):
        yield from (_replace(f"/{path}/{_METHOD_SETTINGS[name]}", limit) for name, limit in _UNLIMITED.items())


def _binary_types(old: Properties, new: Properties) -> list[dict[str, str]]:
    before, after = (set(given.get("BinaryMediaTypes") or []) for given in (old, new))
    changed = [("add", one) for one in sorted(after - before)] + [("remove", one) for one in sorted(before - after)]
    return [{"op": op, "path": f"/binaryMediaTypes/{one.replace('/', '~1')}", "value": one} for op, one in changed]


def _replace(path: str, value: Any) -> dict[str, Any]:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return {"op": "replace", "path": path, "value": text}
