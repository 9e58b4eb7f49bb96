# SPDX-License-Identifier: Apache-2.0
"""AWS::IAM::Role, ManagedPolicy and Policy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html
"""

from __future__ import annotations

from typing import Any

from scripts.local_aws.cloudformation.resources.api_type import REF, ApiType, Setting
from scripts.local_aws.cloudformation.resources.base import IgnoreMissing, Properties, ResourceContext, names
from scripts.local_aws.cloudformation.stacks import Made

_VERSIONS = 5


class _IamType(ApiType):
    service = "iam"
    gone = ("NoSuchEntity",)

    def remove(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the resource and what the template attached; IAM refuses if anything else is attached."""
        self.settle(context, made, properties, {})
        if self.deletes:
            super().remove(context, made, properties)

    def attach(self, context: ResourceContext, wanted: set[tuple[str, str]], present: set[tuple[str, str]]) -> None:
        """Attach to roles, by name, the managed policies, by ARN, that are wanted; detach those that no longer are."""
        for role, arn in sorted(wanted - present):
            context.call(self.service, "attach_role_policy", RoleName=role, PolicyArn=arn)
        for role, arn in sorted(present - wanted):
            with IgnoreMissing(*self.gone):
                context.call(self.service, "detach_role_policy", RoleName=role, PolicyArn=arn)

    def put(self, context: ResourceContext, wanted: dict[tuple[str, str], Any], present: set[tuple[str, str]]) -> None:
        """Put inline policies, by role and name, and delete those that are no longer wanted."""
        for (role, name), document in wanted.items():
            context.call(self.service, "put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=document)
        for role, name in sorted(present - wanted.keys()):
            with IgnoreMissing(*self.gone):
                context.call(self.service, "delete_role_policy", RoleName=role, PolicyName=name)


class IamRole(_IamType):
    """A role with its inline policies and attachments; Ref is its name."""

    type_name = "AWS::IAM::Role"
    name_property = "RoleName"
    is_tagged = True
    known_properties = names(
        "AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration Path PermissionsBoundary Policies "
        "RoleName Tags"
    )
    creates, updates, deletes = "create_role", "update_role", "delete_role"
    attributes = {"Arn": "Role.Arn", "RoleId": "Role.RoleId"}
    defaults = {"Description": "", "MaxSessionDuration": 3600}
    settings = {
        "AssumeRolePolicyDocument": Setting("update_assume_role_policy", parameter="PolicyDocument"),
        "PermissionsBoundary": Setting("put_role_permissions_boundary", "delete_role_permissions_boundary"),
    }
    tagging = ("tag_role", "untag_role")

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Set trust and boundary, put and attach policies."""
        if new:
            super().settle(context, made, old, new)
        role = made.physical_id
        inline = {(role, one["PolicyName"]): one["PolicyDocument"] for one in new.get("Policies", [])}
        self.put(context, inline, {(role, one["PolicyName"]) for one in old.get("Policies", [])})
        attached, before = (each.get("ManagedPolicyArns", []) for each in (new, old))
        self.attach(context, {(role, arn) for arn in attached}, {(role, arn) for arn in before})


class IamManagedPolicy(_IamType):
    """A customer managed policy and its attachments to roles; Ref is its ARN."""

    type_name = "AWS::IAM::ManagedPolicy"
    name_property = "ManagedPolicyName"
    known_properties = names("Description ManagedPolicyName Path PolicyDocument Roles")
    creates, deletes = "create_policy", "delete_policy"
    named, name_limit = "PolicyName", 128
    ref = "Policy.Arn"
    attributes = {"PolicyArn": "Policy.Arn", "PolicyId": "Policy.PolicyId"}
    at = {"PolicyArn": REF}

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Make a new default version, dropping the oldest at IAM's limit of five, and follow the roles."""
        arn = made.physical_id
        if new and new["PolicyDocument"] != old.get("PolicyDocument"):
            spare = self._versions(context, made)
            if len(spare) >= _VERSIONS - 1:
                oldest = min(spare, key=lambda version: int(version[1:]))
                context.call(self.service, "delete_policy_version", PolicyArn=arn, VersionId=oldest)
            document = new["PolicyDocument"]
            context.call(
                self.service, "create_policy_version", PolicyArn=arn, PolicyDocument=document, SetAsDefault=True
            )
        wanted, present = ({(role, arn) for role in each.get("Roles", [])} for each in (new, old))
        self.attach(context, wanted, present)

    def remove(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the policy with its versions."""
        for version in self._versions(context, made):
            context.call(self.service, "delete_policy_version", PolicyArn=made.physical_id, VersionId=version)
        super().remove(context, made, properties)

    def _versions(self, context: ResourceContext, made: Made) -> list[str]:
        """Return all versions but the default one."""
        found = context.call(self.service, "list_policy_versions", PolicyArn=made.physical_id)["Versions"]
        return [version["VersionId"] for version in found if not version["IsDefaultVersion"]]


class IamPolicy(_IamType):
    """An inline policy put into roles; Ref is its name."""

    type_name = "AWS::IAM::Policy"
    name_property = "PolicyName"
    replaced_by = names("PolicyName")
    known_properties = names("PolicyDocument PolicyName Roles")

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Put the policy into the roles that are named now and take it from those that no longer are."""
        name = made.physical_id
        wanted = {(role, name): new["PolicyDocument"] for role in new.get("Roles", [])}
        self.put(context, wanted, {(role, name) for role in old.get("Roles", [])})
