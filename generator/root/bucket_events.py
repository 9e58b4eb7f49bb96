# SPDX-License-Identifier: Apache-2.0
"""EventBridge for a configuration bucket that the operator already had: CloudFormation cannot set it there."""

from __future__ import annotations

from typing import ClassVar

from awacs import s3 as s3_actions
from troposphere import GetAtt, Ref, Template, cloudformation

from generator import arns, functions, permissions
from generator.root import encryption, launch, orchestrator

FUNCTION = "BucketEvents"
_MEMORY_MB = 256
_TIMEOUT_SECONDS = 60


class BucketEventsResource(cloudformation.AWSCustomObject):
    """`Custom::BucketEvents`: the setting of one bucket."""

    resource_type = "Custom::BucketEvents"
    props: ClassVar = {"ServiceToken": (str, True), "BucketName": (str, True)}


def add_to(template: Template) -> None:
    """Add the function and the setting, all of it only when the operator named a bucket."""
    only = {"Condition": launch.config_bucket_is_given(template)}
    bucket = arns.s3("${ConfigS3Bucket}")
    # The bucket is the operator's and named in the launch: no other can be touched (defect 61).
    own = permissions.allow([s3_actions.GetBucketNotification, s3_actions.PutBucketNotification], bucket)
    template.add_resource(functions.log_group(FUNCTION, KmsKeyId=encryption.key_arn(), **only))
    template.add_resource(functions.role(FUNCTION, [own], **only))
    template.add_resource(
        functions.function(
            FUNCTION,
            Description="Turns on EventBridge for an existing bucket",
            Handler="orchestrator.bucket_events.handler",
            Code=orchestrator.code(),
            MemorySize=_MEMORY_MB,
            Timeout=_TIMEOUT_SECONDS,
            **only,
        )
    )
    template.add_resource(
        BucketEventsResource(
            "ConfigBucketEvents", ServiceToken=GetAtt(FUNCTION, "Arn"), BucketName=Ref("ConfigS3Bucket"), **only
        )
    )
