# SPDX-License-Identifier: Apache-2.0
"""CloudFormation types of Lambda: functions, permissions and the settings of asynchronous invocations."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from moto.utilities.utils import load_resource_as_str

from scripts.local_aws.cloudformation.resources.api_type import REF, ApiType, Setting
from scripts.local_aws.cloudformation.resources.base import Properties, ResourceContext, ResourceFailedError, names
from scripts.local_aws.cloudformation.stacks import Made

_CFNRESPONSE = load_resource_as_str("awslambda/resources/cfnresponse.py.txt")


class _LambdaType(ApiType):
    service = "lambda"
    gone = ("ResourceNotFoundException",)


class LambdaFunction(_LambdaType):
    """Function whose code is an object in S3 or inline in the template."""

    type_name = "AWS::Lambda::Function"
    name_property = "FunctionName"
    is_tagged = True
    known_properties = names(
        "Architectures Code DeadLetterConfig Description Environment EphemeralStorage FunctionName Handler KmsKeyArn "
        "Layers LoggingConfig MemorySize PackageType ReservedConcurrentExecutions Role Runtime Tags Timeout "
        "TracingConfig VpcConfig"
    )
    creates, updates, deletes = "create_function", "update_function_configuration", "delete_function"
    attributes = {"Arn": "FunctionArn"}
    at = {"FunctionName": REF}
    defaults = {
        "DeadLetterConfig": {}, "Description": "", "Environment": {"Variables": {}}, "KmsKeyArn": "", "Layers": [],
        "LoggingConfig": {}, "MemorySize": 128, "Timeout": 3, "TracingConfig": {"Mode": "PassThrough"},
        "VpcConfig": {"SecurityGroupIds": [], "SubnetIds": []},
    }  # fmt: skip
    settings = {
        "ReservedConcurrentExecutions": Setting("put_function_concurrency", "delete_function_concurrency"),
    }
    tagging, tagged_at = ("tag_resource", "untag_resource"), "Resource"

    def make(self, context: ResourceContext, name: str, properties: Properties, tags: dict[str, str]) -> dict[str, Any]:
        """Create the function, with its code at hand."""
        return super().make(context, name, _fetched(context, properties), tags)

    def given(self, properties: Properties) -> Properties:
        """Return the properties, with the code in the form of the API."""
        return properties | ({"Code": _code(properties)} if "Code" in properties else {})

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Also change the code."""
        if new["Code"] != old.get("Code"):
            context.call(
                self.service, "update_function_code", FunctionName=made.physical_id, **_code(_fetched(context, new))
            )
        super().settle(context, made, old, new)


class LambdaPermission(_LambdaType):
    """Statement of a function's policy, under a generated id. It cannot be changed, only replaced."""

    type_name = "AWS::Lambda::Permission"
    known_properties = names("Action EventSourceToken FunctionName Principal PrincipalOrgID SourceAccount SourceArn")
    creates, deletes = "add_permission", "remove_permission"
    named, name_limit = "StatementId", 100
    at = {"FunctionName": "FunctionName", "StatementId": REF}


class LambdaEventInvokeConfig(_LambdaType):
    """Retries and destinations of a function's asynchronous invocations; by default, two retries, no destination."""

    type_name = "AWS::Lambda::EventInvokeConfig"
    known_properties = names("DestinationConfig FunctionName MaximumEventAgeInSeconds MaximumRetryAttempts Qualifier")
    creates, deletes = "put_function_event_invoke_config", "delete_function_event_invoke_config"
    at = {"FunctionName": "FunctionName"}

    def check(self, properties: Properties) -> None:
        """Also refuse versions."""
        super().check(properties)
        if properties.get("Qualifier", "$LATEST") != "$LATEST":
            raise ResourceFailedError("The local AWS runs functions without versions: Qualifier must be $LATEST.")

    def name(self, context: ResourceContext, properties: Properties) -> str:
        """Return the function and its version, which identify it."""
        return f"{properties['FunctionName']}:$LATEST"

    def given(self, properties: Properties) -> Properties:
        """Drop the qualifier, which can only be `$LATEST`, the default."""
        return {name: value for name, value in properties.items() if name != "Qualifier"}

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Delete and create: moto would keep the first setting beside the second."""
        self.delete(context, made, old)
        return self.create(context, new)


def _fetched(context: ResourceContext, properties: Properties) -> Properties:
    """Fetch code from S3: Lambda reads it in the name of whoever makes the function, also in another account's bucket.

    moto reads its own account's buckets only, and asks nobody. https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html
    """
    code = properties.get("Code") or {}
    if "S3Bucket" not in code:
        return properties
    place = {"Bucket": code["S3Bucket"], "Key": code["S3Key"], "VersionId": code.get("S3ObjectVersion")}
    return properties | {"Code": {"ZipFile": context.call("s3", "get_object", **place)["Body"].read()}}


def _code(properties: Properties) -> dict[str, Any]:
    """The code for the API: text in the template becomes a zip of `index.py`, with `cfnresponse` beside it as on AWS.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-lambda-function-code.html
    """
    code: dict[str, Any] = properties["Code"]
    if not isinstance(code.get("ZipFile"), str):
        return code
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
