# SPDX-License-Identifier: Apache-2.0
"""Administrator rights that a blueprint would grant, which are refused unless the operator has allowed exactly that.

The rules consider everything that a policy may become: both branches of a condition, and any value that a request may
choose. Values that cannot be resolved count as too much.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from scripts.iam import patterns, templates
from scripts.iam.resolving import NO_VALUE, Resolver, is_call
from scripts.pipeline_types.permissions import Operator

_ROLE: Final = "AWS::IAM::Role"
# Type -> actions by which CloudFormation attaches an inline policy, and a managed policy, to the holder.
_HOLDERS: Final[Mapping[str, tuple[str, str]]] = {
    "AWS::IAM::Group": ("iam:PutGroupPolicy", "iam:AttachGroupPolicy"),
    _ROLE: ("iam:PutRolePolicy", "iam:AttachRolePolicy"),
    "AWS::IAM::User": ("iam:PutUserPolicy", "iam:AttachUserPolicy"),
}
_POLICIES: Final[Mapping[str, str]] = {
    "AWS::IAM::GroupPolicy": "iam:PutGroupPolicy",
    "AWS::IAM::ManagedPolicy": "iam:CreatePolicy",
    "AWS::IAM::Policy": "iam:PutRolePolicy",
    "AWS::IAM::RolePolicy": "iam:PutRolePolicy",
    "AWS::IAM::UserPolicy": "iam:PutUserPolicy",
}
_NESTED: Final[Mapping[str, str]] = {
    "AWS::CloudFormation::Stack": "cloudformation:CreateStack",
    "AWS::CloudFormation::StackSet": "cloudformation:CreateStackSet",
}
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_job-functions.html
_MANAGED: Final = ("AdministratorAccess", "IAMFullAccess", "PowerUserAccess", "SystemAdministrator")
_READING: Final = ("generate", "get", "list", "pass", "simulate")
"""Prefixes of IAM actions that change nothing; PassRole is checked on its own."""
_HARMLESS: Final = frozenset({"createservicelinkedrole"})
_CHOSEN: Final = re.compile(r"\*\{\w+\}")
_WILD: Final = re.compile(r"[*?]")
_ARN_PARTS: Final = 6
_ON_ROLES: Final = ("iam:PassRole", "sts:AssumeRole")


@dataclass(frozen=True)
class Right:
    """Right that a resource of the blueprint would grant."""

    resource: str
    """Logical id of the resource."""
    words: str
    """Predicate of a sentence whose subject is the resource."""
    takes: str
    """Action by which CloudFormation grants it."""

    def is_granted(self, operator: Operator) -> bool:
        """Whether the operator's policy lets CloudFormation do so, and the operator allows administrator rights."""
        statements = [each for document in operator.policies for each in document.statements]
        about = [
            each.effect
            for each in statements
            if any(patterns.matches(action, self.takes, ignore_case=True) for action in each.actions or ())
        ]
        return operator.allow_administrator and "Allow" in about and "Deny" not in about


def rights(template: Any, operator: Operator) -> Iterator[Right]:
    """Yield all administrator rights that a blueprint would grant."""
    # A request may choose any value; it is distinguished from a star that somebody wrote.
    chosen = {name: f"*{{{name}}}" for name in template.get("Parameters") or {}}
    found = templates.resolver(template, operator.place, {**chosen, **_by_operator(template, operator)})
    for name, resource in template["Resources"].items():
        type_name, properties = resource["Type"], resource.get("Properties") or {}
        for words, takes in dict.fromkeys(_of_resource(found, type_name, properties)):
            yield Right(name, words, takes)
        if type_name == _ROLE:
            yield from (Right(name, words, "iam:CreateRole") for words in _of_options(properties, operator))


def _by_operator(template: Any, operator: Operator) -> dict[str, str]:
    declared = template.get("Parameters") or {}
    return {name: value for name, value in operator.given.items() if name in declared}


def _of_resource(found: Resolver, type_name: str, properties: Any) -> Iterator[tuple[str, str]]:
    if type_name in _NESTED:
        yield "makes what another template says, which is not looked at", _NESTED[type_name]
    if type_name in _POLICIES:
        yield from ((words, _POLICIES[type_name]) for words in _of_documents(found, properties.get("PolicyDocument")))
    if type_name in _HOLDERS:
        inline, managed = _HOLDERS[type_name]
        for policy in _items(properties.get("Policies", [])):
            document = policy.get("PolicyDocument", policy) if isinstance(policy, Mapping) else policy
            yield from ((words, inline) for words in _of_documents(found, document))
        for arn in (text for value in _items(properties.get("ManagedPolicyArns", [])) for text in found.texts(value)):
            yield from ((words, managed) for words in _of_managed(arn))


def _of_options(properties: Any, operator: Operator) -> Iterator[str]:
    """Yield how a role evades the limits that the operator set for all roles."""
    options = operator.options
    boundary, path = properties.get("PermissionsBoundary"), properties.get("Path")
    if options.PermissionsBoundaryName and not _mentions(
        boundary, "PermissionsBoundaryName", options.PermissionsBoundaryName
    ):
        yield (
            "has no permissions boundary, and this orchestrator was launched with one: declare the parameter"
            " PermissionsBoundaryName and give the role that policy"
        )
    if options.RolePath != "/" and not _mentions(path, "RolePath", options.RolePath):
        yield (
            "has no path, and this orchestrator was launched with one: declare the parameter RolePath and give it to"
            " the role"
        )


def _mentions(value: Any, *names: str) -> bool:
    return value is not None and any(name in json.dumps(value) for name in names)


def _of_managed(arn: str) -> Iterator[str]:
    name = arn.rsplit("/", maxsplit=1)[-1]
    if name.startswith("*"):
        yield "has a managed policy that a request chooses, or nobody knows before"
    elif name.startswith(_MANAGED):
        yield f"has the managed policy {name}"


def _of_documents(found: Resolver, value: Any) -> Iterator[str]:
    for document in _items(value):
        read = _decoded(document)
        if not isinstance(read, Mapping) or is_call(read) or "Statement" not in read:
            yield "has a policy that is not written out, so that nobody can see what it allows"
            continue
        for statement in _items(read["Statement"]):
            if not isinstance(statement, Mapping) or is_call(statement):
                yield "has a statement that is not written out, so that nobody can see what it allows"
            elif found.texts(statement.get("Effect", "Allow")) != ["Deny"]:
                yield from _of_statement(found, statement)


def _decoded(document: Any) -> Any:
    """Return a policy document, decoded if it is JSON text."""
    try:
        return json.loads(document) if isinstance(document, str) else document
    except ValueError:
        return document


def _of_statement(found: Resolver, statement: Mapping[str, Any]) -> Iterator[str]:
    if "NotAction" in statement:
        yield "allows every action but those of NotAction"
    resources = found.texts(statement.get("Resource", [])) + (["*"] if "NotResource" in statement else [])
    for action in found.texts(statement.get("Action", [])):
        yield from _of_action(action) or _of_handing_on(action, resources)


def _of_action(action: str) -> list[str]:
    service, _, name = action.lower().partition(":")
    if "*{" in action:
        return ["allows actions that a request chooses"]
    if "*" in service or "?" in service:
        return [f"allows {action}: every action, or those of services that it does not name"]
    if service == "iam" and not name.startswith(_READING) and name not in _HARMLESS:
        return [f"allows {action}, with which permissions are changed"]
    return []


def _of_handing_on(action: str, resources: list[str]) -> list[str]:
    any_role = any(map(_is_any_role, resources))
    found = [one for one in _ON_ROLES if any_role and patterns.matches(action, one, ignore_case=True)]
    return [f"allows {one} on any role" for one in found]


def _is_any_role(resource: str) -> bool:
    """Whether no letter of the role's name is known, so that nothing but the request limits which role is meant."""
    pattern = _CHOSEN.sub("*", resource)
    if not _WILD.search(pattern):
        return False
    parts = pattern.split(":", _ARN_PARTS - 1)
    if len(parts) < _ARN_PARTS:
        return True
    known = _WILD.split(parts[-1], maxsplit=1)[0]
    return patterns.matches(parts[2], "iam") and "role/".startswith(known)


def _items(value: Any) -> Iterator[Any]:
    """Yield everything that a value or a list may hold, in all branches of conditions."""
    if isinstance(value, list):
        for each in value:
            yield from _items(each)
    elif isinstance(value, Mapping) and set(value) == {"Fn::If"}:
        for branch in value["Fn::If"][1:]:
            yield from _items(branch)
    elif value != NO_VALUE:
        yield value
