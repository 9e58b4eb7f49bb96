# SPDX-License-Identifier: Apache-2.0
"""The one place that knows every resource type of the local CloudFormation."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from types import ModuleType

from scripts.local_aws.cloudformation.custom_resources import CustomResource
from scripts.local_aws.cloudformation.resources.application import (
    apigateway_types,
    build_types,
    events_types,
    iam_types,
    kms_types,
    lambda_types,
    messaging_types,
    observability_types,
    s3_types,
)
from scripts.local_aws.cloudformation.resources.base import ResourceFailedError, ResourceType
from scripts.local_aws.cloudformation.resources.machine_learning import monitor_types, sagemaker_types, scaling_types
from scripts.local_aws.cloudformation.resources.moto_models import MotoModelType
from scripts.local_aws.cloudformation.resources.network import ecs_types, load_balancer_types, security_group_types

_MODULES = (
    apigateway_types, build_types, ecs_types, events_types, iam_types, kms_types, lambda_types, load_balancer_types,
    messaging_types, monitor_types, observability_types, s3_types, sagemaker_types, scaling_types, security_group_types,
)  # fmt: skip
_CUSTOM = ("Custom::", "AWS::CloudFormation::CustomResource")


def _types(module: ModuleType) -> Iterator[ResourceType]:
    """Yield an instance of each class in a module that names its type."""
    for item in vars(module).values():
        if inspect.isclass(item) and issubclass(item, ResourceType) and "type_name" in vars(item):
            yield item()


_TYPES = {kind.type_name: kind for module in _MODULES for kind in _types(module)}


def find(type_name: str) -> ResourceType:
    """The implementation of a type: ours, the one of custom resources, or the moto model of that name.

    Raises ResourceFailedError for a type that the local AWS does not know.
    """
    if type_name.startswith(_CUSTOM):
        return CustomResource(type_name)
    if type_name == "AWS::CloudFormation::Stack":
        # moto has a model of it, whose stacks are not ours.
        raise ResourceFailedError("The local AWS does not nest stacks.")
    return _TYPES.get(type_name) or MotoModelType(type_name)
