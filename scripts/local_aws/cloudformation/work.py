# SPDX-License-Identifier: Apache-2.0
"""Steps of all stack operations: make, change and remove a resource, each with its events."""

from __future__ import annotations

from typing import Any

from moto.cloudformation.exceptions import UnformattedGetAttTemplateException, ValidationError

from scripts.local_aws.cloudformation import stack_plan
from scripts.local_aws.cloudformation.resources.base import Clients, ResourceContext, ResourceFailedError, words
from scripts.local_aws.cloudformation.resources.registry import find
from scripts.local_aws.cloudformation.stack_plan import Planned
from scripts.local_aws.cloudformation.stacks import DELETED, Caller, Definition, Stack, StackResource
from scripts.local_aws.enforcement import handlers

_KEPT = "Retain"
_KEPT_ONCE_MADE = "RetainExceptOnCreate"
_UNDOING_A_CREATION = frozenset({"ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"})


class StepFailedError(Exception):
    """Raised if a resource's step failed; the resource's event has the reason already."""

    def __init__(self, resource: StackResource) -> None:
        super().__init__(f"{resource.logical_id}: {resource.reason}")
        self.logical_id = resource.logical_id


class _MadeResources:
    """Values of the resources that a stack has made."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def ref(self, logical_id: str) -> Any:
        """Return the physical id."""
        return self._find(logical_id).physical_id

    def attribute(self, logical_id: str, name: str) -> Any:
        """Return an attribute. Raise CloudFormation's error if the type has none of that name."""
        resource = self._find(logical_id)
        made = resource.made
        assert made is not None  # noqa: S101 - _find has seen it; this is for the type checker
        try:
            return made.model.get_cfn_attribute(name) if made.model is not None else made.attributes[name]
        except (KeyError, NotImplementedError, UnformattedGetAttTemplateException) as error:
            raise ValidationError(
                message=f"Template error: resource {logical_id} does not support attribute type {name} in Fn::GetAtt"
            ) from error

    def _find(self, logical_id: str) -> StackResource:
        resource = self._stack.resources.get(logical_id)
        if resource is None or resource.made is None or resource.status == DELETED:
            raise ValidationError(
                message=f"Template format error: Unresolved resource dependencies [{logical_id}] in the "
                "Resources block of the template"
            )
        return resource


class StackWork:
    """Steps of one operation on one stack, all with the same identity."""

    def __init__(self, stack: Stack, access_key: str) -> None:
        self.stack = stack
        self._access_key = access_key
        self._clients = Clients(Caller(access_key, stack.role_arn), stack.region)

    def properties(self, definition: Definition, resource: dict[str, Any]) -> dict[str, Any]:
        """Return a resource's properties with the values of the resources made so far."""
        resolver = stack_plan.resolver(definition, self.stack.stack_id, _MadeResources(self.stack))
        return resolver.value(resource.get("Properties") or {}) or {}

    def outputs(self, definition: Definition) -> list[dict[str, str]]:
        """Return the stack's outputs in the form of DescribeStacks."""
        resolver = stack_plan.resolver(definition, self.stack.stack_id, _MadeResources(self.stack))
        found = []
        for name, output in (definition.template.get("Outputs") or {}).items():
            if not resolver.is_active(output):
                continue
            value = resolver.value(output["Value"])
            shown = {"OutputKey": name, "OutputValue": str(value).lower() if isinstance(value, bool) else str(value)}
            if "Description" in output:
                shown["Description"] = output["Description"]
            if "Export" in output:
                shown["ExportName"] = resolver.value(output["Export"]["Name"])
            found.append(shown)
        return found

    def make(self, logical_id: str, planned: Planned, verb: str = "CREATE", reason: str | None = None) -> StackResource:
        """Make a resource and add it to the stack. Raise StepFailedError."""
        resource = StackResource(logical_id, planned.type, {}, planned.definition)
        self.stack.resources[logical_id] = resource
        self.stack.note_resource(resource, f"{verb}_IN_PROGRESS", reason)
        context = self._context(logical_id)
        try:
            resource.properties = self.properties(self.stack.definition, planned.definition)
            kind = find(planned.type)
            kind.check(resource.properties)
            resource.made = context.initiated(kind.create(context, resource.properties))
            self._check_allowed(resource, verb="CREATE")
        except Exception as error:
            resource.made = context.made
            raise self._failed(resource, verb, error) from error
        self.stack.note_resource(resource, f"{verb}_COMPLETE")
        return resource

    def change(self, resource: StackResource, properties: dict[str, Any]) -> None:
        """Change a resource to new properties in place. Raise StepFailedError."""
        # A failed change may be partly done, so a repeat sets all properties as if none were set.
        again = resource.status.endswith("_FAILED") and properties == resource.properties
        old, made = {} if again else resource.properties, resource.made
        self.stack.note_resource(resource, "UPDATE_IN_PROGRESS")
        # A failed change may be half done, so a rollback starts from the properties that it wanted.
        resource.properties = properties
        try:
            if made is None:
                raise ResourceFailedError(f"{resource.logical_id} does not exist.")
            kind = find(resource.type)
            kind.check(properties)
            self._check_allowed(resource, verb="UPDATE")
            resource.made = kind.update(self._context(resource.logical_id), made, old, properties)
        except Exception as error:
            raise self._failed(resource, "UPDATE", error) from error
        self.stack.note_resource(resource, "UPDATE_COMPLETE")

    def remove(self, resource: StackResource, policy: str = "DeletionPolicy") -> bool:
        """Remove a resource unless the named policy keeps it. Return whether it is no longer in the way."""
        if resource.status in (DELETED, "DELETE_SKIPPED"):
            return True
        # A policy keeps what was made, not the remains of a failed attempt.
        was_made = resource.made is not None and resource.status != "CREATE_FAILED"
        kept = {_KEPT} if self.stack.status in _UNDOING_A_CREATION else {_KEPT, _KEPT_ONCE_MADE}
        if was_made and resource.definition.get(policy) in kept:
            self.stack.note_resource(resource, "DELETE_SKIPPED")
            return True
        self.stack.note_resource(resource, "DELETE_IN_PROGRESS")
        try:
            if resource.made is not None:
                kind = find(resource.type)
                self._check_allowed(resource, verb="DELETE")
                kind.delete(self._context(resource.logical_id), resource.made, resource.properties)
        except Exception as error:
            self.stack.note_resource(resource, "DELETE_FAILED", words(error))
            return False
        self.stack.note_resource(resource, DELETED)
        return True

    def needs_replacement(self, resource: StackResource, properties: dict[str, Any]) -> bool:
        """Whether new properties need a new resource. Raise ResourceFailedError if a custom name is in its way."""
        kind = find(resource.type)
        if not kind.needs_replacement(resource.properties, properties):
            return False
        name = properties.get(kind.name_property) if kind.name_property else None
        if name is not None and name == resource.properties.get(kind.name_property):
            raise ResourceFailedError(
                "CloudFormation cannot update a stack when a custom-named resource requires replacing. "
                f"Rename {name} and update the stack again."
            )
        return True

    def follows_stack_tags(self, resource: StackResource) -> bool:
        """Whether a change of the stack's tags reaches the resource."""
        return find(resource.type).is_tagged

    def fail(self, resource: StackResource, verb: str, error: Exception) -> StepFailedError:
        """Record a failure that came before the step itself."""
        return self._failed(resource, verb, error)

    def _check_allowed(self, resource: StackResource, verb: str) -> None:
        """Raise ResourceFailedError if AWS's handler would be refused an action that the engine does not use.

        A new resource has no id before it exists, so it is made first, and rolled back with the stack.
        """
        partition = self.stack.stack_id.split(":")[1]
        step = handlers.Step(
            resource.type, verb, resource.physical_id, resource.properties, self.stack.account, self.stack.region,
            partition,
        )  # fmt: skip
        decision = handlers.check(step, self.stack.role_arn, self._access_key)
        if not decision.allowed:
            raise ResourceFailedError(
                f"{decision.reason} (Service: {step.service}, Status Code: 403; HandlerErrorCode: AccessDenied)"
            )

    def _failed(self, resource: StackResource, verb: str, error: Exception) -> StepFailedError:
        self.stack.note_resource(resource, f"{verb}_FAILED", words(error))
        return StepFailedError(resource)

    def _context(self, logical_id: str) -> ResourceContext:
        return ResourceContext(self.stack, logical_id, self._clients)
