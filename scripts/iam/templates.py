# SPDX-License-Identifier: Apache-2.0
"""Permissions needed to deploy a template, and how they compare with policies. Neither needs AWS.

needed(template)                    all needs
missing(needs, documents)           needs that the policies do not allow
unneeded(documents, needs)          permissions that are not needed
needed_statements(template, ...)    policy statements for what is missing
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from scripts.iam import conditions, documents, handlers, patterns, reference, resource_arns
from scripts.iam.documents import Document, Statement
from scripts.iam.resolving import NO_VALUE, UNKNOWN, Place, Resolver, Template

ANYWHERE: Final = Place()
_CUSTOM: Final = ("Custom::", "AWS::CloudFormation::CustomResource")
_MODULES: Final = frozenset({"AWS::CloudFormation::WaitConditionHandle", "AWS::CDK::Metadata"})
_SCALING: Final = "applicationautoscaling"
# Services to which a type's roles are passed, where it is not the service in the type's name.
_PASSED_TO: Final[Mapping[str, str]] = {"AWS::ECS::TaskDefinition": "ecs-tasks", "AWS::ECS::Service": "ecs"}


@dataclass(frozen=True)
class Need:
    """Action on one kind of resource.

    `is_exact` is true if names are known: a policy has to allow the action on all of them. Otherwise it has to allow it
    on some of the resources that AWS lets the action be limited to. `context` holds condition keys, in lower case.
    """

    action: str
    resources: tuple[str, ...]
    is_exact: bool = True
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    by: str = ""
    """Logical id of the resource."""


def resolver(template: Template, place: Place = ANYWHERE, given: Mapping[str, str] | None = None) -> Resolver:
    """Return a resolver for a template at a place, with values of some of its parameters."""
    return Resolver(template, place, given or {}, resource_arns.physical, resource_arns.of)


def needed(template: Template, place: Place = ANYWHERE, given: Mapping[str, str] | None = None) -> list[Need]:
    """Return all actions with which CloudFormation makes, reads, changes and deletes the resources of a template.

    The template has to be one that cfn-lint accepts.
    """
    found = resolver(template, place, given)
    return [need for name in template["Resources"] if found.is_made(name) for need in _of_resource(found, name)]


def unknown_types(template: Template) -> list[str]:
    """Return the types in a template whose needs are not known."""
    types = {resource["Type"] for resource in template["Resources"].values()}
    return sorted(name for name in types - _MODULES if not name.startswith(_CUSTOM) and not handlers.is_known(name))


def policies(
    template: Template, role: str, place: Place = ANYWHERE, given: Mapping[str, str] | None = None
) -> tuple[Document, ...]:
    """Return the inline policies of a role. With `given`, parameters have those values or their defaults.

    Without it, everything counts that some values would cause.
    """
    defaults = {name: str(one["Default"]) for name, one in template["Parameters"].items() if "Default" in one}
    return policies_of(resolver(template, place, None if given is None else {**defaults, **given}), role)


def policies_of(found: Resolver, role: str) -> tuple[Document, ...]:
    """Return the policies in a template that a role has: inline ones, those attached to it, and managed ones.

    Managed policies that it has on some condition are left out.
    """
    inline = [
        *found.structure(found.properties(role).get("Policies", ())),
        *(
            found.structure(found.properties(name))
            for name, one in found.template["Resources"].items()
            if one["Type"] == "AWS::IAM::Policy" and {"Ref": role} in one["Properties"].get("Roles", ())
        ),
    ]
    managed = [
        found.structure(found.properties(one["Ref"]))
        for one in found.properties(role).get("ManagedPolicyArns", ())
        if one.get("Ref") in found.template["Resources"]
    ]
    return tuple(documents.parse(policy["PolicyDocument"]) for policy in [*inline, *managed])


def missing(needs: Iterable[Need], allowed: Sequence[Document]) -> list[Need]:
    """Return the needs that no policy meets; a Deny counts only where it certainly applies."""
    return [need for need in needs if not _is_met(need, allowed)]


def unneeded(allowed: Sequence[Document], needs: Sequence[Need]) -> set[tuple[str, str]]:
    """Return unneeded permissions: unused actions with their resources, and resources that no action uses."""
    beyond: set[tuple[str, str]] = set()
    for statement in (each for document in allowed for each in document.statements if each.effect == "Allow"):
        used = [
            (action, resource)
            for action in statement.actions or ()
            for resource in statement.resources or ()
            if any(_uses(need, action, resource) for need in needs)
        ]
        actions, resources = {action for action, _ in used}, {resource for _, resource in used}
        listed = " ".join(statement.resources or ())
        beyond |= {(action, listed) for action in statement.actions or () if action not in actions}
        idle = [resource for resource in statement.resources or () if resource not in resources]
        beyond |= {(action, resource) for action in actions for resource in idle}
    return beyond


def needed_statements(
    template: Template, allowed: Sequence[Document] = (), place: Place = ANYWHERE
) -> list[dict[str, Any]]:
    """Return statements that allow what a template needs and `allowed` does not give, one for each set of resources."""
    groups: dict[tuple[Any, ...], set[str]] = {}
    for need in missing(needed(template, place), allowed):
        context = tuple(sorted((key, values) for key, values in need.context.items()))
        groups.setdefault((need.resources, context), set()).add(need.action)
    return [
        {
            "Effect": "Allow",
            "Action": sorted(actions),
            "Resource": list(resources),
            **({"Condition": {"StringEquals": {key: list(values) for key, values in context}}} if context else {}),
        }
        for (resources, context), actions in sorted(groups.items())
    ]


def _of_resource(found: Resolver, name: str) -> Iterator[Need]:
    type_name = found.template["Resources"][name]["Type"]
    properties = found.properties(name)
    if type_name.startswith(_CUSTOM):
        functions = found.texts(properties.get("ServiceToken", UNKNOWN))
        yield Need("lambda:InvokeFunction", tuple(functions), UNKNOWN not in functions, by=name)
        return
    present = _without_absent(found, properties)
    for action in sorted(handlers.permissions(type_name, present)):
        yield from _of_action(found, name, action, present)


def _of_action(found: Resolver, name: str, action: str, properties: Mapping[str, Any]) -> Iterator[Need]:
    type_name = found.template["Resources"][name]["Type"]
    service = type_name.split("::")[1].lower().removesuffix("v2")
    if action == "iam:PassRole":
        roles = (text for value in handlers.roles(properties) for text in found.texts(value))
        to = f"{_PASSED_TO.get(type_name, service)}.amazonaws.com"
        resources = tuple(dict.fromkeys(roles))
        yield Need(action, resources, UNKNOWN not in resources, {"iam:passedtoservice": (to,)}, name)
        return
    context = _context(found, action, service, properties)
    if action.split(":", maxsplit=1)[0] == service and resource_arns.is_exact(type_name):
        yield Need(action, _own(found, name, action, service), by=name, context=context)
        for member, rest in _ALSO.get((type_name, action), {}).items():
            if handlers.has(properties, member):
                yield Need(action, (found.place.arn(service, rest),), is_exact=False, by=name)
        return
    yield Need(action, _formats(action, found.place), is_exact=False, context=context, by=name)


def _own(found: Resolver, name: str, action: str, service: str) -> tuple[str, ...]:
    """Return the ARNs of the resource, or "*" for an action without resource-level permissions."""
    listing = _LISTED.get(action)
    if listing:
        return (found.place.arn(service, listing),)
    return ("*",) if action.startswith(handlers.WITHOUT_RESOURCE) else tuple(resource_arns.of(found, name))


def _formats(action: str, place: Place) -> tuple[str, ...]:
    """Return ARN patterns to which AWS lets an action be limited, at a place."""
    values = {"${Partition}": place.partition, "${Region}": place.region, "${Account}": place.account}
    formats = reference.arn_formats(action) or (UNKNOWN,)
    for variable, value in values.items():
        formats = tuple(text.replace(variable, value) for text in formats)
    return formats


def _context(found: Resolver, action: str, service: str, properties: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    if action.startswith("kms:"):
        granted = {"kms:grantisforawsresource": ("true",)} if action == "kms:CreateGrant" else {}
        return {"kms:viaservice": (f"{service}.{found.place.region}.{found.place.url_suffix}",), **granted}
    scaled = _scaled(found, properties) if service == _SCALING else ""
    if action == "iam:CreateServiceLinkedRole":
        role_of = f"{scaled}.application-autoscaling" if scaled else service
        return {"iam:awsservicename": (f"{role_of}.amazonaws.com",)}
    if scaled and action.startswith("application-autoscaling:"):
        return {"application-autoscaling:service-namespace": (scaled,)}
    boundary = tuple(text for each in [properties, *_roles_of(found, properties)] for text in _boundary(found, each))
    return {"iam:permissionsboundary": boundary} if boundary and action in _GIVING else {}


def _scaled(found: Resolver, properties: Mapping[str, Any]) -> str:
    """Return the namespace of what a target, or the target of a policy, scales."""
    target = properties.get("ScalingTargetId")
    known = found.properties(str(target["Ref"])) if isinstance(target, Mapping) and "Ref" in target else properties
    return str(known.get("ServiceNamespace", ""))


def _roles_of(found: Resolver, properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the properties of the roles that a policy resource is attached to."""
    names = (str(role.get("Ref")) for role in properties.get("Roles", ()) if isinstance(role, Mapping))
    return [found.properties(name) for name in names if name in found.template["Resources"]]


def _boundary(found: Resolver, properties: Mapping[str, Any]) -> list[str]:
    return found.texts(properties["PermissionsBoundary"]) if "PermissionsBoundary" in properties else []


def _without_absent(found: Resolver, value: Any) -> Any:
    """Return a value without its certainly absent parts, so that only properties that may exist count."""
    if isinstance(value, Mapping) and "Fn::If" in value:
        return [_without_absent(found, branch) for branch in found.branches(value["Fn::If"])]
    if isinstance(value, Mapping):
        return {name: _without_absent(found, item) for name, item in value.items() if not found.is_absent(item)}
    if isinstance(value, list | tuple):
        return [_without_absent(found, item) for item in value if item != NO_VALUE]
    return value


def _is_met(need: Need, allowed: Sequence[Document]) -> bool:
    statements = [statement for document in allowed for statement in document.statements]
    every = all if need.is_exact else any
    return every(_is_allowed(need, resource, statements) for resource in need.resources)


def _is_allowed(need: Need, resource: str, statements: Sequence[Statement]) -> bool:
    def fits(statement: Statement) -> bool:
        compare = patterns.covers if need.is_exact else patterns.overlap
        return _names(statement, need.action) and any(compare(each, resource) for each in statement.resources or ())

    about = [each for each in statements if fits(each) and conditions.all_hold(each.conditions, need.context)]
    return any(each.effect == "Allow" for each in about) and not any(each.effect == "Deny" for each in about)


def _uses(need: Need, action: str, resource: str) -> bool:
    is_it = patterns.matches(action, need.action, ignore_case=True)
    return is_it and any(patterns.overlap(resource, each) for each in need.resources)


def _names(statement: Statement, action: str) -> bool:
    return any(patterns.matches(each, action, ignore_case=True) for each in statement.actions or ())


# Actions that list resources, and resources of other kinds that a type's action also needs, by property.
_LISTED: Final = {"logs:DescribeLogGroups": "log-group::log-stream:*"}
_ALSO: Final[Mapping[tuple[str, str], Mapping[str, str]]] = {
    ("AWS::SageMaker::Endpoint", "sagemaker:CreateEndpoint"): {"EndpointConfigName": "endpoint-config/*"},
    ("AWS::SageMaker::Endpoint", "sagemaker:UpdateEndpoint"): {"EndpointConfigName": "endpoint-config/*"},
    ("AWS::SageMaker::InferenceComponent", "sagemaker:CreateInferenceComponent"): {"EndpointName": "endpoint/*"},
    ("AWS::SageMaker::Model", "sagemaker:CreateModel"): {"ModelPackageName": "model-package/*"},
}
_GIVING: Final = frozenset({"iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"})
