# SPDX-License-Identifier: Apache-2.0
"""One key for what the solution itself keeps: topic, queue, logs, function environments, the new image repository."""

from __future__ import annotations

from awacs import kms as kms_actions
from awacs.aws import Action, Allow, ArnLike, Condition, Principal, Statement
from troposphere import GetAtt, Sub, Template, kms

from generator import arns, permissions

KEY = "EncryptionKey"

# What the account's administrators do with a key; use of it is granted below and by the roles' own policies.
_ADMINISTRATION = [
    *(kms_actions.CancelKeyDeletion, kms_actions.CreateAlias, kms_actions.CreateGrant, kms_actions.DeleteAlias),
    *(kms_actions.DescribeKey, kms_actions.DisableKey, kms_actions.DisableKeyRotation, kms_actions.EnableKey),
    *(kms_actions.EnableKeyRotation, kms_actions.GetKeyPolicy, kms_actions.GetKeyRotationStatus),
    *(
        kms_actions.ListGrants,
        kms_actions.ListKeyPolicies,
        kms_actions.ListResourceTags,
        kms_actions.ListRetirableGrants,
    ),
    *(kms_actions.PutKeyPolicy, kms_actions.RevokeGrant, kms_actions.ScheduleKeyDeletion, kms_actions.TagResource),
    *(kms_actions.UntagResource, kms_actions.UpdateAlias, kms_actions.UpdateKeyDescription),
]
_USE = [kms_actions.Decrypt, kms_actions.DescribeKey, kms_actions.Encrypt, kms_actions.GenerateDataKey]


def add_to(template: Template) -> None:
    """Add the key and its alias."""
    template.add_resource(key())
    template.add_resource(alias())


def key_arn() -> GetAtt:
    """The key's ARN."""
    return GetAtt(KEY, "Arn")


def key() -> kms.Key:
    """The key; AWS rotates it every year."""
    return kms.Key(
        KEY,
        Description=Sub("${AWS::StackName}: topic, queue, logs, function environments and image repository"),
        EnableKeyRotation=True,
        KeyPolicy=permissions.document(_administration(), _logs(), _messages()),
        # Retained images and logs stay readable after the stack is gone.
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def alias() -> kms.Alias:
    """A name that people recognise in the console."""
    return kms.Alias("EncryptionKeyAlias", AliasName=Sub("alias/${AWS::StackName}"), TargetKeyId=key_arn())


# In a key policy the resource "*" is the key itself.


def _administration() -> Statement:
    return Statement(
        Sid="AdministrationByThisAccount",
        Effect=Allow,
        Principal=Principal("AWS", [arns.in_account("iam", "root")]),
        Action=[*_ADMINISTRATION, kms_actions.Decrypt, kms_actions.Encrypt, kms_actions.GenerateDataKey],
        Resource=["*"],
    )


def _logs() -> Statement:
    groups = arns.regional("logs", "log-group:*")
    return Statement(
        Sid="LogGroupsOfThisAccount",
        Effect=Allow,
        Principal=Principal("Service", [Sub("logs.${AWS::Region}.${AWS::URLSuffix}")]),
        Action=[*_USE, Action("kms", "ReEncryptFrom"), Action("kms", "ReEncryptTo")],
        Resource=["*"],
        Condition=Condition(ArnLike("kms:EncryptionContext:aws:logs:arn", groups)),
    )


def _messages() -> Statement:
    return Statement(
        Sid="AlarmsToTopicAndEventsToQueue",
        Effect=Allow,
        Principal=Principal("Service", ["cloudwatch.amazonaws.com", "events.amazonaws.com"]),
        Action=[kms_actions.Decrypt, kms_actions.GenerateDataKey],
        Resource=["*"],
        Condition=permissions.within_this_account(),
    )
