# SPDX-License-Identifier: Apache-2.0
"""Resource types that are moto models: moto's own, and those that our extensions register as such.

A model's class methods work on moto's state directly, so these types do not act under the stack's identity.
"""

from __future__ import annotations

import copy
from typing import Any

from moto.cloudformation import parsing

from scripts.local_aws.cloudformation.resources.base import (
    Properties,
    ResourceContext,
    ResourceFailedError,
    ResourceType,
)
from scripts.local_aws.cloudformation.stacks import Made

_NAME_LIMIT = 64


class MotoModelType(ResourceType):
    """Type on moto's `CloudFormationModel` interface. Raises ResourceFailedError for a type that moto lacks."""

    def __init__(self, type_name: str) -> None:
        model = parsing.resource_class_from_type(type_name)
        if model is None:
            raise ResourceFailedError(f"The local AWS does not know {type_name}.")
        self._type = type_name
        self._model: Any = model
        # A model with this attribute takes the stack's tags as its own.
        self.is_tagged = getattr(model, "is_tagged", False)
        # moto has no name property for some types: None or empty text.
        self.name_property = model.cloudformation_name_type() or ""

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the model's object; without a name property in the template it gets a generated name."""
        name = properties.get(self.name_property) or context.generated_name(_NAME_LIMIT)
        model = self._model.create_from_cloudformation_json(
            name,
            self._tagged_definition(context, properties),
            context.account,
            context.region,
            LogicalId=context.logical_id,
            StackId=context.stack.stack_id,
            ResourceType=self._type,
        )
        return self._made(context, model)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Let the model change itself; it may answer with another object and another physical id."""
        model = self._model.update_from_cloudformation_json(
            original_resource=made.model,
            new_resource_name=new.get(self.name_property) or made.physical_id,
            cloudformation_json=self._tagged_definition(context, new),
            account_id=context.account,
            region_name=context.region,
        )
        return self._made(context, model or made.model)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the model's object by the class method if there is one, or by the object's own `delete`."""
        if not _is_missing(self._model.delete_from_cloudformation_json):
            self._model.delete_from_cloudformation_json(
                made.physical_id, self._definition(properties), context.account, context.region
            )
        elif hasattr(made.model, "delete"):
            made.model.delete(context.account, context.region)
        else:
            raise ResourceFailedError(f"The local AWS cannot delete {self._type}.")

    def needs_replacement(self, old: Properties, new: Properties) -> bool:
        """A model that cannot change is made anew."""
        if _is_missing(self._model.update_from_cloudformation_json):
            return True
        return super().needs_replacement(old, new)

    def _definition(self, properties: Properties) -> dict[str, Any]:
        # Models keep and change what they are given.
        return {"Type": self._type, "Properties": copy.deepcopy(properties)}

    def _tagged_definition(self, context: ResourceContext, properties: Properties) -> dict[str, Any]:
        tags = {"Tags": context.tag_list(properties.get("Tags"))} if self.is_tagged else {}
        return self._definition({**properties, **tags})

    def _made(self, context: ResourceContext, model: Any) -> Made:
        model.cf_resource_type = self._type
        model.logical_resource_id = context.logical_id
        return Made(str(model.physical_resource_id), model=model)


def _is_missing(method: Any) -> bool:
    return bool(getattr(method, "__isabstractmethod__", False))
