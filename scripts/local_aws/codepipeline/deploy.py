# SPDX-License-Identifier: Apache-2.0
"""CloudFormation deploy action: makes a stack from a template and its parameters in an artifact.

https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-CloudFormation.html
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from botocore.exceptions import ClientError

from scripts.local_aws.codepipeline.actions import ActionContext, ActionFailedError

_SECONDS_BETWEEN_LOOKS = 0.1
_MOST_BYTES_IN_A_REQUEST = 51_200
# States in which REPLACE_ON_FAILURE makes a stack anew.
_REPLACEABLE = frozenset(
    {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED", "UPDATE_ROLLBACK_FAILED"}
)
_BEGINNINGS = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"})
_NO_CHANGE = "No updates are to be performed"


def cloudformation(context: ActionContext) -> str:
    """Do what the action mode requires, and wait until CloudFormation has finished."""
    mode = context.configuration["ActionMode"]
    action = _MODES.get(mode)
    if action is None:
        known = ", ".join(_MODES)
        raise ActionFailedError("ConfigurationError", f"The local AWS knows the action modes {known}, not {mode}.")
    try:
        return action(context)
    except ClientError as error:
        raise ActionFailedError("JobFailed", error.response["Error"]["Message"]) from error


def _create_or_update(context: ActionContext) -> str:
    stack = _find(context)
    return _create(context) if stack is None else _update(context)


def _replace_on_failure(context: ActionContext) -> str:
    stack = _find(context)
    if stack is not None and stack["StackStatus"] in _REPLACEABLE:
        _delete(context, stack["StackId"])
        stack = None
    return _create(context) if stack is None else _update(context)


def _delete_only(context: ActionContext) -> str:
    stack = _find(context)
    if stack is None:
        return "Stack does not exist: nothing to delete."
    _delete(context, stack["StackId"])
    return "Stack deleted."


_MODES: dict[str, Callable[[ActionContext], str]] = {
    "CREATE_UPDATE": _create_or_update,
    "REPLACE_ON_FAILURE": _replace_on_failure,
    "DELETE_ONLY": _delete_only,
}


def _create(context: ActionContext) -> str:
    stack_id = context.client("cloudformation").create_stack(**_request(context))["StackId"]
    return _wait(context, stack_id, "CREATE_COMPLETE")


def _update(context: ActionContext) -> str:
    try:
        stack_id = context.client("cloudformation").update_stack(**_request(context))["StackId"]
    except ClientError as error:
        # CloudFormation has no error code for this.
        if _NO_CHANGE in error.response["Error"]["Message"]:
            return f"{_NO_CHANGE}."
        raise
    return _wait(context, stack_id, "UPDATE_COMPLETE")


def _delete(context: ActionContext, stack_id: str) -> None:
    role = context.configuration.get("RoleArn")
    context.client("cloudformation").delete_stack(StackName=stack_id, **({"RoleARN": role} if role else {}))
    _wait(context, stack_id, "DELETE_COMPLETE")


def _wait(context: ActionContext, stack_id: str, wanted: str) -> str:
    context.run.external_id = stack_id
    context.run.external_url = (
        f"https://console.aws.amazon.com/cloudformation/home?region={context.region}#/stack/detail?stackId={stack_id}"
    )
    while (status := _describe(context, stack_id)["StackStatus"]).endswith("_IN_PROGRESS"):
        context.pause(_SECONDS_BETWEEN_LOOKS)
    if status != wanted:
        raise ActionFailedError("JobFailed", _why(context, stack_id, status))
    return f"Stack {stack_id} is in {status}."


def _why(context: ActionContext, stack_id: str, status: str) -> str:
    pages = context.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName=stack_id)
    first = first_failure(event for page in pages for event in page["StackEvents"])
    if first is None:
        reason = _describe(context, stack_id).get("StackStatusReason", "")
        return f"Stack is in {status}. {reason}".strip()
    reason = first.get("ResourceStatusReason", "no reason given")
    return f"{first['LogicalResourceId']} ({first['ResourceType']}) is in {first['ResourceStatus']}: {reason}"


def first_failure(newest_first: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the event of the resource that failed first in the stack's last operation."""
    failed = None
    for event in newest_first:
        is_stack = event["PhysicalResourceId"] == event["StackId"]
        if is_stack and event["ResourceStatus"] in _BEGINNINGS:
            break
        if not is_stack and event["ResourceStatus"].endswith("_FAILED"):
            failed = event
    return failed


def _find(context: ActionContext) -> dict[str, Any] | None:
    try:
        return _describe(context, context.configuration["StackName"])
    except ClientError as error:
        # CloudFormation has no error code for this.
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise


def _describe(context: ActionContext, stack: str) -> dict[str, Any]:
    return dict(context.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0])


def _request(context: ActionContext) -> dict[str, Any]:
    configuration = context.configuration
    settings = _settings(context)
    parameters = settings.get("Parameters", {}) | _overrides(configuration.get("ParameterOverrides"))
    request = {
        "StackName": configuration["StackName"],
        "Parameters": _pairs(parameters, "ParameterKey", "ParameterValue"),
        "Capabilities": [each.strip() for each in configuration.get("Capabilities", "").split(",") if each.strip()],
        "Tags": _pairs(settings.get("Tags", {}), "Key", "Value"),
    }
    if "RoleArn" in configuration:
        request["RoleARN"] = configuration["RoleArn"]
    return request | _template(context)


def _template(context: ActionContext) -> dict[str, str]:
    body = _file(context, context.configuration["TemplatePath"])
    if len(body) <= _MOST_BYTES_IN_A_REQUEST:
        return {"TemplateBody": body.decode()}
    place = context.new_artifact("template")
    context.save(place, body)
    return {"TemplateURL": f"https://{place.bucket}.s3.{context.region}.amazonaws.com/{place.key}"}


def _settings(context: ActionContext) -> dict[str, dict[str, str]]:
    """Return the template configuration file: `{"Parameters": {...}, "Tags": {...}}`, all values strings."""
    path = context.configuration.get("TemplateConfiguration")
    if not path:
        return {}
    try:
        settings = json.loads(_file(context, path))
    except ValueError as error:
        raise ActionFailedError("ConfigurationError", f"TemplateConfiguration {path} is not JSON: {error}") from error
    for part in ("Parameters", "Tags"):
        for name, value in settings.get(part, {}).items():
            if not isinstance(value, str):
                problem = f"TemplateConfiguration {path}: the value of {part}.{name} must be a string, not {value!r}."
                raise ActionFailedError("ConfigurationError", problem)
    return dict(settings)


def _overrides(text: str | None) -> dict[str, str]:
    overrides: dict[str, str] = json.loads(text) if text else {}
    for name, value in overrides.items():
        if not isinstance(value, str):
            problem = f"ParameterOverrides: the local AWS takes strings only, and {name} is {value!r}."
            raise ActionFailedError("ConfigurationError", problem)
    return overrides


def _file(context: ActionContext, path: str) -> bytes:
    """Return the file that `Artifact::file` names."""
    artifact_name, _, file_name = path.partition("::")
    artifact = next((each for each in context.run.inputs if each.name == artifact_name), None)
    if artifact is None:
        raise ActionFailedError("ConfigurationError", f"Artifact [{artifact_name}] is not an input of this action.")
    try:
        with zipfile.ZipFile(io.BytesIO(context.load(artifact))) as bundle:
            return bundle.read(file_name)
    except KeyError as error:
        problem = f"File [{file_name}] does not exist in artifact [{artifact_name}]"
        raise ActionFailedError("ConfigurationError", problem) from error
    except zipfile.BadZipFile as error:
        raise ActionFailedError("ConfigurationError", f"Artifact [{artifact_name}] is not a zip file.") from error


def _pairs(values: dict[str, str], key: str, value: str) -> list[dict[str, str]]:
    return [{key: name, value: text} for name, text in values.items()]
