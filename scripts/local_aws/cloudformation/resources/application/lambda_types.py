# SPDX-License-Identifier: Apache-2.0
"""CloudFormation types of Lambda: functions, permissions and the settings of asynchronous invocations."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from moto.utilities.utils import load_resource_as_str

from scripts.local_aws.cloudformation.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceFailedError,
    ResourceType,
    names,
)
from scripts.local_aws.cloudformation.stacks import Made

_NAME_LIMIT = 64
_GONE = "ResourceNotFoundException"
# CloudFormation's name of a property where it differs from the API's.
_RENAMED = {"KmsKeyArn": "KMSKeyArn"}
_SETTINGS = names(
    "Architectures DeadLetterConfig Description Environment EphemeralStorage Handler KmsKeyArn Layers LoggingConfig "
    "MemorySize PackageType Role Runtime Timeout TracingConfig VpcConfig"
)
# What a property falls back to when it leaves the template; the others have to be there.
_DEFAULTS: dict[str, Any] = {
    "DeadLetterConfig": {},
    "Description": "",
    "Environment": {"Variables": {}},
    "KmsKeyArn": "",
    "Layers": [],
    "LoggingConfig": {},
    "MemorySize": 128,
    "Timeout": 3,
    "TracingConfig": {"Mode": "PassThrough"},
    "VpcConfig": {"SecurityGroupIds": [], "SubnetIds": []},
}
_FIXED = {"Architectures", "EphemeralStorage", "PackageType"}


class LambdaFunction(ResourceType):
    """A function whose code is an object in S3 or stands in the template."""

    type_name = "AWS::Lambda::Function"
    replaced_by = names("FunctionName PackageType")
    name_property = "FunctionName"
    is_tagged = True
    known_properties = _SETTINGS | names("Code FunctionName ReservedConcurrentExecutions Tags")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the function, and reserve concurrency if the template says so."""
        name = properties.get("FunctionName") or context.generated_name(_NAME_LIMIT)
        made = context.call(
            "lambda", "create_function", FunctionName=name, Code=_code(properties),
            Tags=context.tags(properties.get("Tags")), **_settings(properties),
        )  # fmt: skip
        function = context.initiated(Made(name, {"Arn": made["FunctionArn"]}))
        self._reserve(context, name, {}, properties)
        return function

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Change settings and code; settings that have left the template go back to Lambda's defaults."""
        name = made.physical_id
        dropped = {key: _DEFAULTS[key] for key in old if key in _DEFAULTS and key not in new}
        settings = {key: value for key, value in _settings(dropped | new).items() if key not in _FIXED}
        context.call("lambda", "update_function_configuration", FunctionName=name, **settings)
        context.call("lambda", "update_function_code", FunctionName=name, **_code(new))
        self._reserve(context, name, old, new)
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the function; its processes end."""
        with IgnoreMissing(_GONE):
            context.call("lambda", "delete_function", FunctionName=made.physical_id)

    def _reserve(self, context: ResourceContext, name: str, old: Properties, new: Properties) -> None:
        wanted = new.get("ReservedConcurrentExecutions")
        if wanted is not None:
            context.call("lambda", "put_function_concurrency", FunctionName=name, ReservedConcurrentExecutions=wanted)
        elif old.get("ReservedConcurrentExecutions") is not None:
            context.call("lambda", "delete_function_concurrency", FunctionName=name)


class LambdaPermission(ResourceType):
    """One statement of a function's policy; it cannot be changed, only replaced."""

    type_name = "AWS::Lambda::Permission"
    replaced_by = names("Action EventSourceToken FunctionName Principal PrincipalOrgID SourceAccount SourceArn")
    known_properties = replaced_by

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Add the statement under a generated id."""
        statement_id = context.generated_name(100)
        context.call("lambda", "add_permission", StatementId=statement_id, **properties)
        return Made(statement_id)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Nothing can change in place."""
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Take the statement out of the policy."""
        with IgnoreMissing(_GONE):
            context.call(
                "lambda", "remove_permission", FunctionName=properties["FunctionName"], StatementId=made.physical_id
            )


class LambdaEventInvokeConfig(ResourceType):
    """Retries and destinations of a function's asynchronous invocations."""

    type_name = "AWS::Lambda::EventInvokeConfig"
    replaced_by = names("FunctionName Qualifier")
    known_properties = replaced_by | names("DestinationConfig MaximumEventAgeInSeconds MaximumRetryAttempts")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Set them for the function's `$LATEST`."""
        if properties.get("Qualifier", "$LATEST") != "$LATEST":
            raise ResourceFailedError("The local AWS runs functions without versions: Qualifier must be $LATEST.")
        given = {name: value for name, value in properties.items() if name != "Qualifier"}
        context.call("lambda", "put_function_event_invoke_config", **given)
        return Made(f"{properties['FunctionName']}:$LATEST")

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set them anew; moto would keep the first setting beside the second."""
        self.delete(context, made, old)
        return self.create(context, new)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Go back to two retries and no destination."""
        with IgnoreMissing(_GONE):
            context.call("lambda", "delete_function_event_invoke_config", FunctionName=properties["FunctionName"])


def _settings(properties: Properties) -> dict[str, Any]:
    return {_RENAMED.get(name, name): properties[name] for name in _SETTINGS if name in properties}


def _code(properties: Properties) -> dict[str, Any]:
    """The code for the API: text in the template becomes a zip of `index.py`, with `cfnresponse` beside it as on AWS.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
    """
    code = properties["Code"]
    if "ZipFile" not in code:
        return {name: code[name] for name in ("S3Bucket", "S3Key", "S3ObjectVersion", "ImageUri") if name in code}
    if not str(properties.get("Runtime", "")).startswith("python"):
        raise ResourceFailedError(
            f"The local AWS runs Python only; inline code of {properties.get('Runtime')} is refused."
        )
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (("index.py", code["ZipFile"]), ("cfnresponse.py", _CFNRESPONSE)):
            # A fixed date, so that the same text is the same code.
            archive.writestr(zipfile.ZipInfo(name), text)
    return {"ZipFile": content.getvalue()}


_CFNRESPONSE = load_resource_as_str("awslambda/resources/cfnresponse.py.txt")
