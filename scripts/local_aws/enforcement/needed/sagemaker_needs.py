# SPDX-License-Identifier: Apache-2.0
"""Permissions of SageMaker's operations: actions are named after operations, resources after kinds, in lower case.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from scripts.local_aws.enforcement.operations import Need, Operation, tag_context

_VERBS: Final = re.compile(r"^(Create|Delete|Describe|Invoke|Put|Get|Start|Stop|Update)(?P<kind>.+)$")
_WORD: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
# Kinds whose name in ARNs is not the operation's with dashes.
_KINDS: Final[Mapping[str, str]] = {
    "AutoMLJob": "automl-job",
    "AutoMLJobV2": "automl-job",
    "EndpointAsync": "endpoint",
    "EndpointWeightsAndCapacities": "endpoint",
    "EndpointWithResponseStream": "endpoint",
    "InferenceComponentRuntimeConfig": "inference-component",
    "ModelPackageGroupPolicy": "model-package-group",
}
_COMPONENT: Final = "InferenceComponentName"
_PACKAGE: Final = "model-package"
_JOB_DEFINITION: Final = "JobDefinition"


def needs(operation: Operation) -> Iterator[Need]:
    """Yield the operation's action on the resource that it names, and sagemaker:AddTags if the request has tags."""
    action = f"sagemaker:{operation.name}"
    tags = _tags(operation)
    resources = list(_resources(operation))
    for resource in resources:
        yield Need(action, resource, {**tag_context(tags), **_context(operation)})
    if tags and operation.name != "AddTags":
        yield Need("sagemaker:AddTags", resources[0], tag_context(tags))


def _resources(operation: Operation) -> Iterator[str]:
    if operation.text("ResourceArn"):
        yield operation.text("ResourceArn")
        return
    found = _VERBS.match(operation.name)
    if operation.name == "ListModelPackages" and operation.text("ModelPackageGroupName"):
        yield _named(operation, "model-package-group", operation.text("ModelPackageGroupName"))
    elif found is None:
        yield "*"
    elif "ModelCard" in operation.name:
        yield _card(operation)
    elif found["kind"] == "ModelPackage":
        yield from _packages(operation)
    else:
        yield from _of_kind(operation, found["kind"])


def _of_kind(operation: Operation, kind: str) -> Iterator[str]:
    in_arn = _KINDS.get(kind) or _WORD.sub("-", kind).lower()
    parameter = next((name for name in _names(kind) if operation.text(name)), "")
    if not parameter:
        yield "*"
        return
    yield _named(operation, in_arn, operation.text(parameter))
    if operation.name in ("CreateEndpoint", "UpdateEndpoint"):
        yield _named(operation, "endpoint-config", operation.text("EndpointConfigName"))
    elif operation.name == "CreateInferenceComponent":
        yield _named(operation, "endpoint", operation.text("EndpointName"))
    elif kind.startswith("Endpoint") and operation.text(_COMPONENT):
        yield _named(operation, "inference-component", operation.text(_COMPONENT))


def _names(kind: str) -> Iterator[str]:
    yield f"{kind.removesuffix('V2').removesuffix('Policy')}Name"
    if kind == "InferenceComponentRuntimeConfig":
        yield _COMPONENT
    if kind.endswith(_JOB_DEFINITION):
        yield f"{_JOB_DEFINITION}Name"
    if kind.startswith("Endpoint"):
        yield "EndpointName"


def _named(operation: Operation, kind: str, name: str) -> str:
    return name if name.startswith("arn:") else operation.arn("sagemaker", f"{kind}/{name.lower()}")


def _card(operation: Operation) -> str:
    given = operation.text("ModelCardExportJobArn") or operation.text("ModelCardName")
    return _named(operation, "model-card", given)


def _packages(operation: Operation) -> Iterator[str]:
    """Yield a version by its ARN, or the version to be made, of which only the group is known."""
    name, group = operation.text("ModelPackageName"), operation.text("ModelPackageGroupName")
    if name:
        yield _named(operation, _PACKAGE, name)
    elif group.startswith("arn:"):
        yield group.replace(":model-package-group/", f":{_PACKAGE}/") + "/*"
    elif group:
        yield operation.arn("sagemaker", f"{_PACKAGE}/{group.lower()}/*")
    else:
        yield operation.text("ModelPackageArn") or "*"


def _tags(operation: Operation) -> dict[str, str]:
    tags = operation.parameters.get("Tags") or []
    return {tag["Key"]: tag.get("Value", "") for tag in tags}


def _context(operation: Operation) -> dict[str, list[str]]:
    """Return the condition keys that limit where jobs run."""
    vpc = operation.parameters.get("VpcConfig") or (operation.parameters.get("NetworkConfig") or {}).get("VpcConfig")
    if not vpc:
        return {}
    groups, subnets = vpc.get("SecurityGroupIds") or [], vpc.get("Subnets") or []
    return {"sagemaker:vpcsecuritygroupids": groups, "sagemaker:vpcsubnets": subnets}
