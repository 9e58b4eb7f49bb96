# SPDX-License-Identifier: Apache-2.0
"""EventBridge for buckets that the operator already had: CloudFormation cannot set it there."""

from __future__ import annotations

from typing import ClassVar, Final

from awacs import s3 as s3_actions
from troposphere import GetAtt, Ref, Template, awslambda, cloudformation
from troposphere.iam import Policy

from generator import arns, permissions
from generator.conditions import if_provided
from generator.resources import functions
from generator.root import launch, network, orchestrator
from generator.root.data import encryption
from generator.root.observability import notifications

FUNCTION = "BucketEvents"
_MEMORY_MB = 256
_TIMEOUT_SECONDS = 60
_SETTINGS: Final = {"ConfigS3Bucket": "ConfigBucketEvents", "ExistingS3Bucket": "AssetsBucketEvents"}
"""Launch parameter -> logical id of the setting of the bucket that it names."""


class BucketEventsResource(cloudformation.AWSCustomObject):
    """`Custom::BucketEvents`: the setting of one bucket."""

    resource_type = "Custom::BucketEvents"
    props: ClassVar = {"ServiceToken": (str, True), "BucketName": (str, True)}


def add_to(template: Template) -> None:
    """Add the function and the settings, each only when the operator named a bucket."""
    only = {"Condition": launch.any_bucket_is_given(template, *_SETTINGS)}
    # The buckets are the operator's and named in the launch: no other can be touched (lesson 61).
    policies = [if_provided(template, parameter, _policy(parameter)) for parameter in _SETTINGS]
    template.add_resource(functions.log_group(FUNCTION, encryption.key_arn(), **only))
    attached = network.attached_policies(template)
    statements = notifications.keep_dead_letters()
    template.add_resource(functions.role(FUNCTION, statements, *policies, ManagedPolicyArns=attached, **only))
    template.add_resource(
        functions.function(
            template,
            FUNCTION,
            Description="Turns on EventBridge for an existing bucket",
            Handler="orchestrator.bucket_events.handler",
            Code=orchestrator.code(),
            MemorySize=_MEMORY_MB,
            Timeout=_TIMEOUT_SECONDS,
            KmsKeyArn=encryption.key_arn(),
            DeadLetterConfig=notifications.kept_dead_letters(),
            Environment=awslambda.Environment(Variables=orchestrator.log_settings()),
            **only,
        )
    )
    for parameter in _SETTINGS:
        template.add_resource(setting(template, parameter))


def setting(template: Template, parameter: str) -> BucketEventsResource:
    """The setting of the bucket that a launch parameter names."""
    return BucketEventsResource(
        _SETTINGS[parameter],
        ServiceToken=GetAtt(FUNCTION, "Arn"),
        BucketName=Ref(parameter),
        Condition=launch.bucket_is_given(template, parameter),
    )


def _policy(parameter: str) -> Policy:
    actions = [s3_actions.GetBucketNotification, s3_actions.PutBucketNotification]
    return permissions.policy(f"Notifications{parameter}", permissions.allow(actions, arns.s3(f"${{{parameter}}}")))
