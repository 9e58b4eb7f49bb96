# SPDX-License-Identifier: Apache-2.0
"""AWS::S3::Bucket and AWS::S3::BucketPolicy.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_S3.html
"""

from __future__ import annotations

import dataclasses
from typing import Any

from scripts.local_aws.cloudformation.resources.api_type import REF, ApiType, Setting
from scripts.local_aws.cloudformation.resources.base import (
    IgnoreMissing,
    Properties,
    ResourceContext,
    ResourceFailedError,
    names,
)
from scripts.local_aws.cloudformation.stacks import Made


class S3Bucket(ApiType):
    """A bucket; Ref is its name. S3 refuses to remove one with objects or versions."""

    type_name = "AWS::S3::Bucket"
    name_property = "BucketName"
    is_tagged = True
    known_properties = names(
        "BucketName BucketEncryption VersioningConfiguration PublicAccessBlockConfiguration LifecycleConfiguration "
        "LoggingConfiguration NotificationConfiguration OwnershipControls Tags"
    )
    service, creates, deletes = "s3", "create_bucket", "delete_bucket"
    gone = ("NoSuchBucket",)
    named, name_limit, lower_case = "Bucket", 63, True
    at = {"Bucket": REF}
    renamed = {
        "BucketEncryption": "ServerSideEncryptionConfiguration", "LoggingConfiguration": "BucketLoggingStatus",
    }  # fmt: skip
    settings = {
        "BucketEncryption": Setting("put_bucket_encryption", "delete_bucket_encryption"),
        "VersioningConfiguration": Setting("put_bucket_versioning", default={"Status": "Suspended"}),
        "PublicAccessBlockConfiguration": Setting("put_public_access_block", "delete_public_access_block"),
        "LifecycleConfiguration": Setting("put_bucket_lifecycle_configuration", "delete_bucket_lifecycle"),
        "LoggingConfiguration": Setting("put_bucket_logging", default={}),
        "NotificationConfiguration": Setting("put_bucket_notification_configuration", default={}),
        "OwnershipControls": Setting("put_bucket_ownership_controls", "delete_bucket_ownership_controls"),
    }

    def make(self, context: ResourceContext, name: str, properties: Properties, tags: dict[str, str]) -> dict[str, Any]:
        """Make the bucket in its Region: the first one is the default and must not be named."""
        _check_free(context, properties.get("BucketName"))
        place = None if context.region == "us-east-1" else {"LocationConstraint": context.region}
        return context.call("s3", "create_bucket", Bucket=name, CreateBucketConfiguration=place)

    def made(self, context: ResourceContext, name: str, answer: dict[str, Any]) -> Made:
        """Return the bucket with the addresses derived from its name."""
        suffix = "amazonaws.com.cn" if context.partition == "aws-cn" else "amazonaws.com"
        attributes = {
            "Arn": f"arn:{context.partition}:s3:::{name}",
            "DomainName": f"{name}.s3.{suffix}",
            "DualStackDomainName": f"{name}.s3.dualstack.{context.region}.{suffix}",
            "RegionalDomainName": f"{name}.s3.{context.region}.{suffix}",
            "WebsiteURL": f"http://{name}.s3-website-{context.region}.{suffix}",
        }
        return Made(name, attributes)

    def given(self, properties: Properties) -> Properties:
        """Configurations in the API's form."""
        return {name: _api_form(name, value) for name, value in properties.items()}

    def retagged(self, context: ResourceContext, made: Made, properties: Properties) -> Made:
        """Put all tags at once."""
        tags = context.tags(properties.get("Tags"))
        if tags:
            tagging = {"TagSet": context.tag_list(properties.get("Tags"))}
            context.call("s3", "put_bucket_tagging", Bucket=made.physical_id, Tagging=tagging)
        elif made.tags:
            context.call("s3", "delete_bucket_tagging", Bucket=made.physical_id)
        return dataclasses.replace(made, tags=tags)


class S3BucketPolicy(ApiType):
    """The policy of a bucket; Ref is the bucket's name."""

    type_name = "AWS::S3::BucketPolicy"
    name_property = "Bucket"
    known_properties = names("Bucket PolicyDocument")
    service, creates, updates, deletes = "s3", "put_bucket_policy", "put_bucket_policy", "delete_bucket_policy"
    gone = ("NoSuchBucket", "NoSuchBucketPolicy")
    renamed = {"PolicyDocument": "Policy"}


def _check_free(context: ResourceContext, name: str | None) -> None:
    """Refuse a name that is taken: in the first Region S3 takes a repeated creation by the owner as done."""
    if name is None:
        return
    with IgnoreMissing("404", "NoSuchBucket"):
        context.call("s3", "head_bucket", Bucket=name)
        raise ResourceFailedError(f"{name} already exists")


def _api_form(name: str, value: Any) -> Any:
    """A template's configuration as its operation takes it."""
    if name == "BucketEncryption":
        return {"Rules": [_encryption_rule(rule) for rule in value["ServerSideEncryptionConfiguration"]]}
    if name == "LifecycleConfiguration":
        return {"Rules": [_lifecycle_rule(rule) for rule in value["Rules"]]}
    if name == "LoggingConfiguration":
        target = {"TargetBucket": value.get("DestinationBucketName"), "TargetPrefix": value.get("LogFilePrefix", "")}
        return {"LoggingEnabled": target}
    return _notifications(value) if name == "NotificationConfiguration" else value


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
