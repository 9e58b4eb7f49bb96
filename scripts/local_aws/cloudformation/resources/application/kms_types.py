# SPDX-License-Identifier: Apache-2.0
"""AWS::KMS::Key and AWS::KMS::Alias.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_KMS.html
"""

from __future__ import annotations

from typing import Any

from scripts.local_aws.cloudformation.resources.api_type import REF, ApiType, Setting
from scripts.local_aws.cloudformation.resources.base import Properties, ResourceContext, names
from scripts.local_aws.cloudformation.stacks import Made

_WINDOW_DAYS = 30


class KmsKey(ApiType):
    """A key; Ref is its id. KMS keeps one that is removed for its waiting period."""

    type_name = "AWS::KMS::Key"
    replaced_by = names("KeySpec KeyUsage")
    is_tagged = True
    known_properties = names(
        "Description Enabled EnableKeyRotation KeyPolicy KeySpec KeyUsage PendingWindowInDays Tags"
    )
    service, creates, deletes = "kms", "create_key", "schedule_key_deletion"
    gone = ("NotFoundException", "KMSInvalidStateException")
    ref = "KeyMetadata.KeyId"
    attributes = {"Arn": "KeyMetadata.Arn", "KeyId": "KeyMetadata.KeyId"}
    at = {"KeyId": REF, "PendingWindowInDays": "PendingWindowInDays"}
    renamed = {"KeyPolicy": "Policy"}
    settings = {
        "KeyPolicy": Setting("put_key_policy"),
        "Description": Setting("update_key_description", default=""),
    }
    tagging = ("tag_resource", "untag_resource")

    def settle(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> None:
        """Also enable or disable rotation and the key."""
        super().settle(context, made, old, new)
        for name, default, what in (("EnableKeyRotation", False, "_key_rotation"), ("Enabled", True, "_key")):
            if (wanted := _is_true(new, name, default)) != _is_true(old, name, default):
                context.call(self.service, f"{'enable' if wanted else 'disable'}{what}", KeyId=made.physical_id)

    def place(self, made: Made, properties: Properties) -> dict[str, Any]:
        """Return the key's id, and the only name of its policy, which moto requires."""
        return super().place(made, properties) | {"PolicyName": "default"}

    def remove(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Schedule the deletion."""
        super().remove(context, made, {"PendingWindowInDays": _WINDOW_DAYS} | properties)


class KmsAlias(ApiType):
    """A name for a key; Ref is the alias."""

    type_name = "AWS::KMS::Alias"
    name_property = "AliasName"
    known_properties = names("AliasName TargetKeyId")
    service, creates, updates, deletes = "kms", "create_alias", "update_alias", "delete_alias"
    gone = ("NotFoundException",)


def _is_true(properties: Properties, name: str, default: bool) -> bool:
    return str(properties.get(name, default)).lower() == "true"
