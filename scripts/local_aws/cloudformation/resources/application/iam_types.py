# SPDX-License-Identifier: Apache-2.0
"""AWS::IAM::Role, ManagedPolicy and Policy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
"""

from __future__ import annotations

from typing import Any

from scripts.local_aws.cloudformation.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceType,
    names,
    policy_text,
)
from scripts.local_aws.cloudformation.stacks import Made

_ROLE_NAME_LIMIT = 64
_POLICY_NAME_LIMIT = 128
_VERSIONS = 5
_GONE = "NoSuchEntity"


class IamRole(ResourceType):
    """A role with its inline policies and attachments; Ref is its name."""

    type_name = "AWS::IAM::Role"
    name_property = "RoleName"
    replaced_by = frozenset({"RoleName", "Path"})
    is_tagged = True
    known_properties = names(
        "AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration Path PermissionsBoundary Policies "
        "RoleName Tags"
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the role, then give it its policies."""
        name = properties.get("RoleName") or context.generated_name(_ROLE_NAME_LIMIT)
        role = context.call(
            "iam",
            "create_role",
            RoleName=name,
            Path=properties.get("Path"),
            AssumeRolePolicyDocument=policy_text(properties["AssumeRolePolicyDocument"]),
            PermissionsBoundary=properties.get("PermissionsBoundary"),
        )["Role"]
        made = context.initiated(Made(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]}))
        return self.update(context, made, {"PermissionsBoundary": properties.get("PermissionsBoundary")}, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Bring trust, settings, boundary, policies and tags to what is wanted."""
        name = made.physical_id
        trust = policy_text(new["AssumeRolePolicyDocument"])
        context.call("iam", "update_assume_role_policy", RoleName=name, PolicyDocument=trust)
        if any(new.get(key) != old.get(key) for key in ("Description", "MaxSessionDuration")):
            duration = new.get("MaxSessionDuration", 3600)
            description = new.get("Description", "")
            context.call("iam", "update_role", RoleName=name, Description=description, MaxSessionDuration=duration)
        _set_boundary(context, name, old.get("PermissionsBoundary"), new.get("PermissionsBoundary"))
        self._set_policies(context, name, old, new)
        tags = context.tags(new.get("Tags"))
        if gone := sorted(made.tags.keys() - tags.keys()):
            context.call("iam", "untag_role", RoleName=name, TagKeys=gone)
        if tags:
            context.call("iam", "tag_role", RoleName=name, Tags=context.tag_list(new.get("Tags")))
        return Made(name, made.attributes, tags)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Take away what the template gave, then the role; IAM refuses when somebody else attached more."""
        with IgnoreMissing(_GONE):
            self._set_policies(context, made.physical_id, properties, {})
            context.call("iam", "delete_role", RoleName=made.physical_id)

    def _set_policies(self, context: ResourceContext, role: str, old: Properties, new: Properties) -> None:
        wanted, present = _inline(new), _inline(old)
        for name, document in wanted.items():
            context.call("iam", "put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=document)
        for name in sorted(present.keys() - wanted.keys()):
            with IgnoreMissing(_GONE):
                context.call("iam", "delete_role_policy", RoleName=role, PolicyName=name)
        attached, before = set(new.get("ManagedPolicyArns", [])), set(old.get("ManagedPolicyArns", []))
        for arn in sorted(attached):
            context.call("iam", "attach_role_policy", RoleName=role, PolicyArn=arn)
        for arn in sorted(before - attached):
            with IgnoreMissing(_GONE):
                context.call("iam", "detach_role_policy", RoleName=role, PolicyArn=arn)


class IamManagedPolicy(ResourceType):
    """A customer managed policy and its attachments to roles; Ref is its ARN."""

    type_name = "AWS::IAM::ManagedPolicy"
    name_property = "ManagedPolicyName"
    replaced_by = frozenset({"ManagedPolicyName", "Path", "Description"})
    known_properties = names("Description ManagedPolicyName Path PolicyDocument Roles")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the policy and attach it."""
        policy = context.call(
            "iam",
            "create_policy",
            PolicyName=properties.get("ManagedPolicyName") or context.generated_name(_POLICY_NAME_LIMIT),
            Path=properties.get("Path"),
            Description=properties.get("Description"),
            PolicyDocument=policy_text(properties["PolicyDocument"]),
        )["Policy"]
        made = context.initiated(Made(policy["Arn"], {"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]}))
        self._attach(context, made.physical_id, {}, properties)
        return made

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Make a new default version, dropping the oldest at IAM's limit of five, and follow the roles."""
        arn = made.physical_id
        if new["PolicyDocument"] != old["PolicyDocument"]:
            spare = [one for one in self._versions(context, arn) if not one["IsDefaultVersion"]]
            if len(spare) >= _VERSIONS - 1:
                oldest = min(spare, key=lambda one: int(one["VersionId"][1:]))
                context.call("iam", "delete_policy_version", PolicyArn=arn, VersionId=oldest["VersionId"])
            document = policy_text(new["PolicyDocument"])
            context.call("iam", "create_policy_version", PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
        self._attach(context, arn, old, new)
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Detach and remove the policy with its versions."""
        arn = made.physical_id
        with IgnoreMissing(_GONE):
            self._attach(context, arn, properties, {})
            for version in self._versions(context, arn):
                if not version["IsDefaultVersion"]:
                    context.call("iam", "delete_policy_version", PolicyArn=arn, VersionId=version["VersionId"])
            context.call("iam", "delete_policy", PolicyArn=arn)

    def _attach(self, context: ResourceContext, arn: str, old: Properties, new: Properties) -> None:
        wanted, present = set(new.get("Roles", [])), set(old.get("Roles", []))
        for role in sorted(wanted):
            context.call("iam", "attach_role_policy", RoleName=role, PolicyArn=arn)
        for role in sorted(present - wanted):
            with IgnoreMissing(_GONE):
                context.call("iam", "detach_role_policy", RoleName=role, PolicyArn=arn)

    def _versions(self, context: ResourceContext, arn: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = context.call("iam", "list_policy_versions", PolicyArn=arn)["Versions"]
        return found


class IamPolicy(ResourceType):
    """An inline policy put into roles; Ref is its name."""

    type_name = "AWS::IAM::Policy"
    replaced_by = frozenset({"PolicyName"})
    known_properties = names("PolicyDocument PolicyName Roles")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Put the policy into its roles."""
        return self.update(context, context.initiated(Made(properties["PolicyName"])), {}, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Put the policy into the roles that are named now and take it from those that no longer are."""
        document, wanted = policy_text(new["PolicyDocument"]), new.get("Roles", [])
        for role in wanted:
            context.call("iam", "put_role_policy", RoleName=role, PolicyName=made.physical_id, PolicyDocument=document)
        self._remove(context, made, set(old.get("Roles", [])) - set(wanted))
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Take the policy from its roles."""
        self._remove(context, made, set(properties.get("Roles", [])))

    def _remove(self, context: ResourceContext, made: Made, roles: set[str]) -> None:
        for role in sorted(roles):
            with IgnoreMissing(_GONE):
                context.call("iam", "delete_role_policy", RoleName=role, PolicyName=made.physical_id)


def _inline(properties: Properties) -> dict[str, str]:
    return {one["PolicyName"]: policy_text(one["PolicyDocument"]) for one in properties.get("Policies", [])}


def _set_boundary(context: ResourceContext, role: str, old: str | None, new: str | None) -> None:
    if new and new != old:
        context.call("iam", "put_role_permissions_boundary", RoleName=role, PermissionsBoundary=new)
    elif old and not new:
        with IgnoreMissing(_GONE):
            context.call("iam", "delete_role_permissions_boundary", RoleName=role)
