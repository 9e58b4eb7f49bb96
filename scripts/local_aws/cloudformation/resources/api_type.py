# SPDX-License-Identifier: Apache-2.0
"""Resource types as data: the operations that make, change and remove a resource, and the parameters that identify it.

Each operation is sent those of a resource's properties that it takes, under the API's names for them (`fitting.py`).
What cannot change in place stands in CloudFormation's own schema of the type. Where a type differs, it has a method.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from scripts.iam import reference
from scripts.local_aws.cloudformation.resources.base import IgnoreMissing, Properties, ResourceContext, ResourceType
from scripts.local_aws.cloudformation.resources.fitting import spellings, tags_for
from scripts.local_aws.cloudformation.stacks import Made

REF: Final = "Ref"
"""In `at`: the physical id."""
NAME: Final = "(name)"
"""In `ref` and `attributes`: the name that was given or generated."""


@dataclass(frozen=True)
class Setting:
    """Property with operations of its own. If it is taken away, `remove` is called, or `put` with the default."""

    put: str
    remove: str = ""
    default: Any = None
    parameter: str = ""
    """Its name in `put`, if `renamed` does not give it."""


class ApiType(ResourceType):
    """Resource type that calls the operations of its service."""

    service: ClassVar[str]
    creates: ClassVar[str] = ""
    """Makes the resource with all properties that it takes; empty: `settle` does everything."""
    updates: ClassVar[str] = ""
    """Sets all properties that it takes, when one of them has changed."""
    deletes: ClassVar[str] = ""
    gone: ClassVar[tuple[str, ...]] = ()
    """Error codes of a resource that does not exist."""

    named: ClassVar[str] = ""
    """The parameter for the name, where it differs from the property."""
    name_limit: ClassVar[int] = 64
    lower_case: ClassVar[bool] = False
    ref: ClassVar[str] = NAME
    """Path of the physical id in the answer of `creates`: member names and list indices with dots between them."""
    attributes: ClassVar[Mapping[str, str]] = {}
    """Attribute for Fn::GetAtt -> path in that answer."""
    arn: ClassVar[str] = ""
    """End of `Arn`, `{}` for the name, if no answer has it."""

    at: ClassVar[Mapping[str, Any]] = {}
    """Identifies the resource: parameter -> `REF`, an attribute or a property; in a tuple for a list of it."""
    renamed: ClassVar[Mapping[str, str]] = {}
    """Property -> parameter, where they differ in more than upper and lower case."""
    defaults: ClassVar[Mapping[str, Any]] = {}
    """Value that `updates` sets for a property that has left the template."""
    settings: ClassVar[Mapping[str, Setting]] = {}
    tagging: ClassVar[tuple[str, str] | None] = None
    """The operations that add and take away tags; without them `updates` is given the tags."""
    tagged_at: ClassVar[str] = ""
    """Their parameter for the ARN; if empty, `at` applies."""

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the resource, then set what `creates` does not take."""
        name, tags = self.name(context, properties), self.tags(context, properties)
        made = context.initiated(self.made(context, name, self.make(context, name, properties, tags)))
        done = {key: properties[key] for key in self._taken(context, self.creates, properties)}
        made.tags = tags if "Tags" in self._taken(context, self.creates, ["Tags"]) else {}
        self.settle(context, made, done, properties)
        return self.retagged(context, made, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set what differs."""
        if self.updates:
            tags = None if self.tagging else self.tags(context, new)
            changed = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
            if self._taken(context, self.updates, changed) or tags not in (None, made.tags):
                dropped = {name: value for name, value in self.defaults.items() if name in old}
                self.send(context, self.updates, self.given(dropped | new), self.place(made, new), tags)
        self.settle(context, made, old, new)
        return self.retagged(context, made, new)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the resource; one that is gone is no error."""
        with IgnoreMissing(*self.gone):
            self.remove(context, made, properties)

    def needs_replacement(self, old: Properties, new: Properties) -> bool:
        """Whether a property changes that the schema, or `replaced_by`, declares as fixed."""
        schema = reference.resource_type(self.type_name)
        fixed = self.replaced_by | (schema.fixed if schema else frozenset())
        return any(old.get(name) != new.get(name) for name in fixed)

    def name(self, context: ResourceContext, properties: Properties) -> str:
        """Return the name in the template, or a generated one."""
        return str(properties.get(self.name_property) or context.generated_name(self.name_limit, self.lower_case))

    def make(self, context: ResourceContext, name: str, properties: Properties, tags: dict[str, str]) -> dict[str, Any]:
        """Call `creates` and return its answer."""
        place = {self.named or self.name_property: name}
        return self.send(context, self.creates, self.given(properties), place, tags) if self.creates else {}

    def made(self, context: ResourceContext, name: str, answer: dict[str, Any]) -> Made:
        """Return the resource as made, read from the answer."""
        found = answer | {NAME: name}
        attributes = {attribute: _read(found, path) for attribute, path in self.attributes.items()}
        if self.arn:
            attributes["Arn"] = context.arn(self.service, self.arn.format(name))
        return Made(str(_read(found, self.ref)), attributes)

    def given(self, properties: Properties) -> Properties:
        """Return the properties as parameters; override it if they differ in more than names and types."""
        return properties

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Set changed properties that have operations of their own; at creation `old` has what `creates` took."""
        given = self.given(new)
        for name, setting in self.settings.items():
            if new.get(name) == old.get(name):
                continue
            place, value = self.place(made, new), given.get(name, setting.default)
            if value is not None:
                self.send(context, setting.put, {setting.parameter or name: value}, place)
            elif setting.remove:
                with IgnoreMissing(*self.gone):
                    self.send(context, setting.remove, {}, place)

    def remove(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Call `deletes`."""
        self.send(context, self.deletes, {}, self.place(made, properties))

    def retagged(self, context: ResourceContext, made: Made, properties: Properties) -> Made:
        """The resource with the tags of its template and its stack, and no others that it had from there."""
        tags = self.tags(context, properties)
        if self.tagging:
            add, take = self.tagging
            place = {self.tagged_at: self.tagged_arn(made)} if self.tagged_at else self.place(made, properties)
            if gone := sorted(made.tags.keys() - tags.keys()):
                self.send(context, take, {"TagKeys": gone}, place)
            if new := {key: value for key, value in tags.items() if made.tags.get(key) != value}:
                self.send(context, add, {}, place, new)
        return dataclasses.replace(made, tags=tags)

    def tags(self, context: ResourceContext, properties: Properties) -> dict[str, str]:
        """Return the tags of the template and the stack; none for a type without tags."""
        return context.tags(properties.get("Tags")) if "Tags" in self.known_properties else {}

    def tagged_arn(self, made: Made) -> str:
        """Return the ARN, or else the physical id, for tagging the resource."""
        return str(made.attributes.get("Arn", made.physical_id))

    def place(self, made: Made, properties: Properties) -> dict[str, Any]:
        """Return the parameters that identify the resource."""
        known = properties | made.attributes | {REF: made.physical_id}
        at = self.at or {self.named or self.name_property: REF}
        return {
            parameter: [known[source[0]]] if isinstance(source, tuple) else known.get(source)
            for parameter, source in at.items()
        }

    def send(
        self, context: ResourceContext, operation: str, properties: Properties, place: Properties,
        tags: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Call an operation with the properties, identifying parameters and tags that it takes."""
        shape = context.input_of(self.service, operation)
        taken = spellings(shape)
        named = {self._parameter(name).lower(): value for name, value in properties.items() if name != "Tags"}
        named |= {name.lower(): value for name, value in place.items()}
        given = {taken[name]: value for name, value in named.items() if name in taken}
        if tags and "tags" in taken:
            given[taken["tags"]] = tags_for(shape.members[taken["tags"]], tags)
        return context.call(self.service, operation, **given)

    def _taken(self, context: ResourceContext, operation: str, properties: Iterable[str]) -> set[str]:
        """Return the properties that an operation takes."""
        taken = spellings(context.input_of(self.service, operation)) if operation else {}
        return {name for name in properties if self._parameter(name).lower() in taken}

    def _parameter(self, name: str) -> str:
        return self.renamed.get(name, name)


def _read(answer: Any, path: str) -> Any:
    for step in path.split("."):
        answer = answer[int(step)] if step.isdigit() else answer[step]
    return answer
