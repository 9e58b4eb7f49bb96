# SPDX-License-Identifier: Apache-2.0
"""CloudFormation types of API Gateway's REST APIs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scripts.local_aws.cloudformation.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceType,
    names,
)
from scripts.local_aws.cloudformation.stacks import Made

_SERVICE = "apigateway"
_GONE = "NotFoundException"
# Properties of AWS::ApiGateway::Method and its Integration, by the API's parameter names.
_METHOD = {
    "authorizationType": "AuthorizationType", "apiKeyRequired": "ApiKeyRequired", "operationName": "OperationName",
    "requestParameters": "RequestParameters", "requestModels": "RequestModels",
}  # fmt: skip
_INTEGRATION = {
    "type": "Type", "integrationHttpMethod": "IntegrationHttpMethod", "uri": "Uri", "credentials": "Credentials",
    "timeoutInMillis": "TimeoutInMillis", "passthroughBehavior": "PassthroughBehavior",
    "contentHandling": "ContentHandling", "requestParameters": "RequestParameters",
    "requestTemplates": "RequestTemplates",
}  # fmt: skip
# https://docs.aws.amazon.com/apigateway/latest/api/API_UpdateStage.html
_METHOD_SETTINGS = {
    "LoggingLevel": "logging/loglevel", "DataTraceEnabled": "logging/dataTrace", "MetricsEnabled": "metrics/enabled",
    "ThrottlingRateLimit": "throttling/rateLimit", "ThrottlingBurstLimit": "throttling/burstLimit",
    "CachingEnabled": "caching/enabled", "CacheTtlInSeconds": "caching/ttlInSeconds",
    "CacheDataEncrypted": "caching/dataEncrypted",
}  # fmt: skip


class ApiGatewayRestApi(ResourceType):
    """An API, defined by its resources: OpenAPI documents are not read."""

    type_name = "AWS::ApiGateway::RestApi"
    is_tagged = True
    known_properties = names("BinaryMediaTypes Description EndpointConfiguration Name Tags")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the API with its root resource."""
        api = context.call(
            _SERVICE, "create_rest_api", name=properties["Name"], description=properties.get("Description"),
            endpointConfiguration={"types": _endpoint_types(properties)}, tags=context.tags(properties.get("Tags")),
        )  # fmt: skip
        # moto takes them in changes only.
        if binary := _binary_types({}, properties):
            context.call(_SERVICE, "update_rest_api", restApiId=api["id"], patchOperations=binary)
        return Made(api["id"], {"RootResourceId": api["rootResourceId"], "RestApiId": api["id"]})

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Rename, describe, move to another kind of endpoint, or take other bodies for bytes."""
        changes = [_replace("/name", new["Name"]), _replace("/description", new.get("Description", ""))]
        changes.append(_replace("/endpointConfiguration/types/0", _endpoint_types(new)[0]))
        changes += _binary_types(old, new)
        context.call(_SERVICE, "update_rest_api", restApiId=made.physical_id, patchOperations=changes)
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the API with everything in it."""
        with IgnoreMissing(_GONE):
            context.call(_SERVICE, "get_rest_api", restApiId=made.physical_id)
            context.call(_SERVICE, "delete_rest_api", restApiId=made.physical_id)


class ApiGatewayResource(ResourceType):
    """One part of a path, which may be `{name}` or `{name+}`."""

    type_name = "AWS::ApiGateway::Resource"
    replaced_by = names("ParentId PathPart RestApiId")
    known_properties = replaced_by

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Add the part under its parent."""
        resource = context.call(
            _SERVICE, "create_resource", restApiId=properties["RestApiId"], parentId=properties["ParentId"],
            pathPart=properties["PathPart"],
        )  # fmt: skip
        return Made(resource["id"], {"ResourceId": resource["id"]})

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Nothing can change in place."""
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the part."""
        place = {"restApiId": properties["RestApiId"], "resourceId": made.physical_id}
        with IgnoreMissing(_GONE):
            context.call(_SERVICE, "get_resource", **place)
            context.call(_SERVICE, "delete_resource", **place)


class ApiGatewayMethod(ResourceType):
    """A method of a path with its integration. It is served from the next deployment on."""

    type_name = "AWS::ApiGateway::Method"
    replaced_by = names("HttpMethod ResourceId RestApiId")
    known_properties = replaced_by | {"Integration", "MethodResponses", *_METHOD.values()}

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Put the method, then its integration."""
        place = _place(properties)
        context.call(_SERVICE, "put_method", **place, **_named(_METHOD, properties))
        made = context.initiated(Made("-".join(place.values())))
        integration = properties.get("Integration")
        if integration:
            context.call(_SERVICE, "put_integration", **place, **_named(_INTEGRATION, integration))
        return made

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Put both anew."""
        return self.create(context, new)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the method."""
        with IgnoreMissing(_GONE):
            context.call(_SERVICE, "delete_method", **_place(properties))


class ApiGatewayDeployment(ResourceType):
    """A snapshot of the API's methods; only another logical id makes another snapshot."""

    type_name = "AWS::ApiGateway::Deployment"
    replaced_by = names("RestApiId")
    known_properties = names("Description RestApiId StageName")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Take the snapshot; API Gateway refuses an API without methods."""
        deployment = context.call(
            _SERVICE, "create_deployment", restApiId=properties["RestApiId"], stageName=properties.get("StageName"),
            description=properties.get("Description", ""),
        )  # fmt: skip
        return Made(deployment["id"], {"DeploymentId": deployment["id"]})

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """A new description is no new snapshot, on AWS neither."""
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Forget the snapshot."""
        with IgnoreMissing(_GONE):
            context.call(
                _SERVICE, "delete_deployment", restApiId=properties["RestApiId"], deploymentId=made.physical_id
            )


class ApiGatewayStage(ResourceType):
    """The first part of an API's public path, showing one deployment. Access logs and throttling are kept, not done."""

    type_name = "AWS::ApiGateway::Stage"
    replaced_by = names("RestApiId StageName")
    name_property = "StageName"
    is_tagged = True
    known_properties = names(
        "AccessLogSetting DeploymentId Description MethodSettings RestApiId StageName Tags TracingEnabled Variables"
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the stage and apply its settings."""
        context.call(
            _SERVICE, "create_stage", **_stage(properties), deploymentId=properties["DeploymentId"],
            description=properties.get("Description", ""), variables=properties.get("Variables"),
            tracingEnabled=properties.get("TracingEnabled"), tags=context.tags(properties.get("Tags")),
        )  # fmt: skip
        made = context.initiated(Made(properties["StageName"]))
        self._set(context, properties, _stage_settings(properties))
        return made

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Show another deployment and change settings."""
        changes = [_replace("/deploymentId", new["DeploymentId"]), _replace("/description", new.get("Description", ""))]
        changes.append(_replace("/tracingEnabled", new.get("TracingEnabled", False)))
        before, after = old.get("Variables") or {}, new.get("Variables") or {}
        changes += [{"op": "remove", "path": f"/variables/{name}"} for name in before if name not in after]
        changes += [_replace(f"/variables/{name}", value) for name, value in after.items()]
        if "AccessLogSetting" in old and "AccessLogSetting" not in new:
            changes.append({"op": "remove", "path": "/accessLogSettings"})
        self._set(context, new, changes + _stage_settings(new))
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Take the stage off the air."""
        with IgnoreMissing(_GONE):
            context.call(_SERVICE, "delete_stage", **_stage(properties))

    def _set(self, context: ResourceContext, properties: Properties, changes: list[dict[str, Any]]) -> None:
        if changes:
            context.call(_SERVICE, "update_stage", **_stage(properties), patchOperations=changes)


class ApiGatewayAccount(ResourceType):
    """The role that API Gateway logs with, one for the whole account and Region."""

    type_name = "AWS::ApiGateway::Account"
    known_properties = names("CloudWatchRoleArn")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Set the role."""
        role = properties.get("CloudWatchRoleArn")
        if role:
            context.call(_SERVICE, "update_account", patchOperations=[_replace("/cloudwatchRoleArn", role)])
        return Made(context.generated_name(64))

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set another role."""
        self.create(context, new)
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Nothing: CloudFormation leaves the account's setting as it is."""


def _named(names: Mapping[str, str], properties: Properties) -> dict[str, Any]:
    return {parameter: properties[name] for parameter, name in names.items() if name in properties}


def _endpoint_types(properties: Properties) -> list[str]:
    types: list[str] = (properties.get("EndpointConfiguration") or {}).get("Types") or ["EDGE"]
    return types


def _place(properties: Properties) -> dict[str, str]:
    return {
        "restApiId": properties["RestApiId"],
        "resourceId": properties["ResourceId"],
        "httpMethod": properties["HttpMethod"],
    }


def _stage(properties: Properties) -> dict[str, str]:
    return {"restApiId": properties["RestApiId"], "stageName": properties["StageName"]}


def _stage_settings(properties: Properties) -> list[dict[str, Any]]:
    changes = []
    log = properties.get("AccessLogSetting") or {}
    for key, name in (("DestinationArn", "destinationArn"), ("Format", "format")):
        if key in log:
            changes.append(_replace(f"/accessLogSettings/{name}", log[key]))
    for setting in properties.get("MethodSettings") or []:
        # "/*" and "*" stand for all paths and methods; a real path is written with "~1" for its slashes.
        path = str(setting.get("ResourcePath", "/*")).removeprefix("/").replace("/", "~1") or "~1"
        for name, patch in _METHOD_SETTINGS.items():
            if name in setting:
                changes.append(_replace(f"/{path}/{setting.get('HttpMethod', '*')}/{patch}", setting[name]))
    return changes


def _binary_types(old: Properties, new: Properties) -> list[dict[str, str]]:
    before, after = (set(given.get("BinaryMediaTypes") or []) for given in (old, new))
    changed = [("add", one) for one in sorted(after - before)] + [("remove", one) for one in sorted(before - after)]
    return [{"op": op, "path": f"/binaryMediaTypes/{one.replace('/', '~1')}", "value": one} for op, one in changed]


def _replace(path: str, value: Any) -> dict[str, Any]:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return {"op": "replace", "path": path, "value": text}
