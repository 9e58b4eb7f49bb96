# SPDX-License-Identifier: Apache-2.0
"""AWS::S3::Bucket and AWS::S3::BucketPolicy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_S3.html
"""

from __future__ import annotations

from typing import Any

from scripts.local_aws.cloudformation.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceFailedError,
    ResourceType,
    names,
    policy_text,
)
from scripts.local_aws.cloudformation.stacks import Made

_NAME_LIMIT = 63


class S3Bucket(ResourceType):
    """A bucket; Ref is its name."""

    type_name = "AWS::S3::Bucket"
    name_property = "BucketName"
    replaced_by = frozenset({"BucketName"})
    is_tagged = True
    known_properties = names(
        "BucketName BucketEncryption VersioningConfiguration PublicAccessBlockConfiguration LifecycleConfiguration "
        "LoggingConfiguration NotificationConfiguration OwnershipControls Tags"
    )

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Make the bucket, then configure it."""
        name = properties.get("BucketName") or context.generated_name(_NAME_LIMIT, lower=True)
        _check_free(context, properties.get("BucketName"))
        # The first Region is the default and must not be named.
        place = None if context.region == "us-east-1" else {"LocationConstraint": context.region}
        context.call("s3", "create_bucket", Bucket=name, CreateBucketConfiguration=place)
        made = context.initiated(Made(name, _attributes(context, name)))
        return self.update(context, made, {}, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Put every configuration that is wanted and take away those that are no longer."""
        for name, (put, remove) in _CONFIGURATIONS.items():
            if name in new:
                context.call("s3", put, Bucket=made.physical_id, **_request(name, new[name]))
            elif name in old:
                context.call("s3", remove, Bucket=made.physical_id, **_REMOVALS.get(name, {}))
        tags = context.tag_list(new.get("Tags"))
        if tags:
            context.call("s3", "put_bucket_tagging", Bucket=made.physical_id, Tagging={"TagSet": tags})
        elif made.tags:
            context.call("s3", "delete_bucket_tagging", Bucket=made.physical_id)
        return Made(made.physical_id, made.attributes, context.tags(new.get("Tags")))

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Remove an empty bucket; S3 refuses one with objects or versions."""
        with IgnoreMissing("NoSuchBucket"):
            context.call("s3", "delete_bucket", Bucket=made.physical_id)


class S3BucketPolicy(ResourceType):
    """The policy of a bucket; Ref is the bucket's name."""

    type_name = "AWS::S3::BucketPolicy"
    replaced_by = frozenset({"Bucket"})
    known_properties = names("Bucket PolicyDocument")

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Put the policy."""
        return self.update(context, Made(properties["Bucket"]), {}, properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Put the policy in the place of the old one."""
        context.call("s3", "put_bucket_policy", Bucket=made.physical_id, Policy=policy_text(new["PolicyDocument"]))
        return made

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Leave the bucket without a policy."""
        with IgnoreMissing("NoSuchBucket", "NoSuchBucketPolicy"):
            context.call("s3", "delete_bucket_policy", Bucket=made.physical_id)


def _check_free(context: ResourceContext, name: str | None) -> None:
    """Refuse a name that is taken: in the first Region S3 takes a repeated creation by the owner as done."""
    if name is None:
        return
    with IgnoreMissing("404", "NoSuchBucket"):
        context.call("s3", "head_bucket", Bucket=name)
        raise ResourceFailedError(f"{name} already exists")


def _attributes(context: ResourceContext, name: str) -> dict[str, Any]:
    suffix = "amazonaws.com.cn" if context.partition == "aws-cn" else "amazonaws.com"
    return {
        "Arn": f"arn:{context.partition}:s3:::{name}",
        "DomainName": f"{name}.s3.{suffix}",
        "DualStackDomainName": f"{name}.s3.dualstack.{context.region}.{suffix}",
        "RegionalDomainName": f"{name}.s3.{context.region}.{suffix}",
        "WebsiteURL": f"http://{name}.s3-website-{context.region}.{suffix}",
    }


# Property: how it is put, how it is taken away.
_CONFIGURATIONS = {
    "BucketEncryption": ("put_bucket_encryption", "delete_bucket_encryption"),
    "VersioningConfiguration": ("put_bucket_versioning", "put_bucket_versioning"),
    "PublicAccessBlockConfiguration": ("put_public_access_block", "delete_public_access_block"),
    "LifecycleConfiguration": ("put_bucket_lifecycle_configuration", "delete_bucket_lifecycle"),
    "LoggingConfiguration": ("put_bucket_logging", "put_bucket_logging"),
    "NotificationConfiguration": (
        "put_bucket_notification_configuration", "put_bucket_notification_configuration"
    ),
    "OwnershipControls": ("put_bucket_ownership_controls", "delete_bucket_ownership_controls"),
}  # fmt: skip
_REMOVALS: dict[str, dict[str, Any]] = {
    "VersioningConfiguration": {"VersioningConfiguration": {"Status": "Suspended"}},
    "LoggingConfiguration": {"BucketLoggingStatus": {}},
    "NotificationConfiguration": {"NotificationConfiguration": {}},
}


def _request(name: str, value: dict[str, Any]) -> dict[str, Any]:
    """A template's configuration as the argument of its API operation."""
    if name == "BucketEncryption":
        rules = [_encryption_rule(rule) for rule in value["ServerSideEncryptionConfiguration"]]
        return {"ServerSideEncryptionConfiguration": {"Rules": rules}}
    if name == "LifecycleConfiguration":
        return {"LifecycleConfiguration": {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}}
    if name == "LoggingConfiguration":
        target = {"TargetBucket": value.get("DestinationBucketName"), "TargetPrefix": value.get("LogFilePrefix", "")}
        return {"BucketLoggingStatus": {"LoggingEnabled": target}}
    if name == "NotificationConfiguration":
        return {"NotificationConfiguration": _notifications(value)}
    return {name: value}


def _encryption_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule in the API's form, whose default has another name."""
    renamed = {"ServerSideEncryptionByDefault": "ApplyServerSideEncryptionByDefault"}
    return {renamed.get(name, name): value for name, value in rule.items()}


def _notifications(value: dict[str, Any]) -> dict[str, Any]:
    """EventBridge delivery is a switch in a template and an empty structure in the API."""
    bridge = value.get("EventBridgeConfiguration")
    enabled = bridge is not None and str(bridge.get("EventBridgeEnabled", True)).lower() == "true"
    return {"EventBridgeConfiguration": {}} if enabled else {}


def _lifecycle_rule(rule: dict[str, Any]) -> dict[str, Any]:
    """A rule in the API's form, where days stand inside the action and a prefix inside the filter."""
    made: dict[str, Any] = {"Status": rule["Status"], "Filter": {"Prefix": rule.get("Prefix", "")}}
    if "Id" in rule:
        made["ID"] = rule["Id"]
    if "ExpirationInDays" in rule:
        made["Expiration"] = {"Days": int(rule["ExpirationInDays"])}
    if "NoncurrentVersionExpirationInDays" in rule:
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": int(rule["NoncurrentVersionExpirationInDays"])}
    for name in ("NoncurrentVersionExpiration", "AbortIncompleteMultipartUpload"):
        if name in rule:
            made[name] = rule[name]
    if "Transitions" in rule:
        made["Transitions"] = [
            {"StorageClass": one["StorageClass"], "Days": int(one["TransitionInDays"])} for one in rule["Transitions"]
        ]
    return made
