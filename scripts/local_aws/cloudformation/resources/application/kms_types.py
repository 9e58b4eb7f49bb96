# SPDX-License-Identifier: Apache-2.0
"""AWS::KMS::Key and AWS::KMS::Alias.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_KMS.html
"""

from __future__ import annotations

from scripts.local_aws.cloudformation.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceType,
    names,
    policy_text,
)
from scripts.local_aws.cloudformation.stacks import Made

_GONE = "NotFoundException"
_WINDOW_DAYS = 30


class KmsKey(ResourceType):
    """A key; Ref is its id."""

    type_name = "AWS::KMS::Key"
    replaced_by = frozenset({"KeySpec", "KeyUsage"})
    is_tagged = True
    known_properties = names(
        "Description Enabled EnableKeyRotation KeyPolicy KeySpec KeyUsage PendingWindowInDays Tags"
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the key, then set rotation and state."""
        key = context.call(
            "kms",
            "create_key",
            Policy=policy_text(properties["KeyPolicy"]) if "KeyPolicy" in properties else None,
            Description=properties.get("Description"),
            KeySpec=properties.get("KeySpec"),
            KeyUsage=properties.get("KeyUsage"),
        )["KeyMetadata"]
        made = context.initiated(Made(key["KeyId"], {"Arn": key["Arn"], "KeyId": key["KeyId"]}))
        settled: Properties = {name: properties[name] for name in ("KeyPolicy", "Description") if name in properties}
        return self.update(context, made, settled, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Set policy, description, rotation, state and tags as far as they differ."""
        key = made.physical_id
        if new.get("KeyPolicy") != old.get("KeyPolicy"):
            document = policy_text(new["KeyPolicy"])
            context.call("kms", "put_key_policy", KeyId=key, PolicyName="default", Policy=document)
        if new.get("Description") != old.get("Description"):
            context.call("kms", "update_key_description", KeyId=key, Description=new.get("Description", ""))
        _switch(
            context,
            key,
            _is_true(old, "EnableKeyRotation", False),
            _is_true(new, "EnableKeyRotation", False),
            "_key_rotation",
        )
        _switch(context, key, _is_true(old, "Enabled", True), _is_true(new, "Enabled", True), "_key")
        tags = context.tags(new.get("Tags"))
        if gone := sorted(made.tags.keys() - tags.keys()):
            context.call("kms", "untag_resource", KeyId=key, TagKeys=gone)
        if tags:
            pairs = context.tag_list(new.get("Tags"), "TagKey", "TagValue")
            context.call("kms", "tag_resource", KeyId=key, Tags=pairs)
        return Made(key, made.attributes, tags)

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Schedule the deletion: KMS keeps a key for its waiting period."""
        window = properties.get("PendingWindowInDays", _WINDOW_DAYS)
        with IgnoreMissing(_GONE, "KMSInvalidStateException"):
            context.call("kms", "schedule_key_deletion", KeyId=made.physical_id, PendingWindowInDays=window)


class KmsAlias(ResourceType):
    """A name for a key; Ref is the alias."""

    type_name = "AWS::KMS::Alias"
    name_property = "AliasName"
    replaced_by = frozenset({"AliasName"})
    known_properties = names("AliasName TargetKeyId")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the alias."""
        name = properties["AliasName"]
        context.call("kms", "create_alias", AliasName=name, TargetKeyId=properties["TargetKeyId"])
        return Made(name)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Point the alias to another key."""
        context.call("kms", "update_alias", AliasName=made.physical_id, TargetKeyId=new["TargetKeyId"])
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove the alias."""
        with IgnoreMissing(_GONE):
            context.call("kms", "delete_alias", AliasName=made.physical_id)


def _switch(context: ResourceContext, key: str, was: bool, wanted: bool, what: str) -> None:
    if was != wanted:
        context.call("kms", f"{'enable' if wanted else 'disable'}{what}", KeyId=key)


def _is_true(properties: Properties, name: str, default: bool) -> bool:
    return str(properties.get(name, default)).lower() == "true"
