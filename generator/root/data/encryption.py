# SPDX-License-Identifier: Apache-2.0
"""The key for the solution's own data: topic, queue, logs, function environments, the new image repository.

It is a new key, or one that the operator names. The operator extends the policy of their own key: an output has the
statements.
"""

from __future__ import annotations

import json
from typing import Any, Final

from awacs import kms as kms_actions
from awacs.aws import Action, Allow, ArnLike, ArnLikeIfExists, Condition, Principal, Statement
from troposphere import Equals, GetAtt, If, Output, Ref, Sub, Template, encode_to_dict, kms

from generator import arns, permissions
from generator.conditions import provided

KEY = "EncryptionKey"
PARAMETER: Final = "ExistingKmsKeyArn"
_CREATE: Final = "CreateKmsKey"

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
    """Add the key and its alias, or the statements that the policy of the operator's key needs."""
    template.add_condition(_CREATE, Equals(Ref(PARAMETER), ""))
    template.add_resource(key())
    template.add_resource(alias())
    template.add_output(instructions(template))


def key_arn() -> If:
    """ARN of the key: the new one or the operator's."""
    return If(_CREATE, GetAtt(KEY, "Arn"), Ref(PARAMETER))


def key() -> kms.Key:
    """The key; AWS rotates it every year."""
    return kms.Key(
        KEY,
        Condition=_CREATE,
        Description=Sub("${AWS::StackName}: topic, queue, logs, function environments and image repository"),
        EnableKeyRotation=True,
        KeyPolicy=permissions.document(_administration(), _logs(), _alarms(), _events()),
        # Retained images and logs stay readable after the stack is gone.
        DeletionPolicy="RetainExceptOnCreate",
        UpdateReplacePolicy="Retain",
    )


def alias() -> kms.Alias:
    """A name that people recognise in the console."""
    return kms.Alias(
        "EncryptionKeyAlias",
        Condition=_CREATE,
        AliasName=Sub("alias/${AWS::StackName}"),
        TargetKeyId=GetAtt(KEY, "Arn"),
    )


def instructions(template: Template) -> Output:
    """Output with the statements that the operator's key policy needs. Without them a launch fails."""
    statements = encode_to_dict([_use_by_roles(), _logs(), _alarms(), _events()])
    return Output(
        "KmsKeyPolicyToAdd",
        Description="The policy of your key must have these statements: with them the solution can use it",
        Condition=provided(template, PARAMETER),
        Value=Sub(json.dumps(_in_one_text(statements))),
    )


def _in_one_text(part: Any) -> Any:
    """A part of a template as it stands within the text of `Fn::Sub`, which can hold no other function."""
    if isinstance(part, list):
        return [_in_one_text(item) for item in part]
    if not isinstance(part, dict):
        return part
    if "Fn::Sub" in part:
        return part["Fn::Sub"]
    return f"${{{part['Ref']}}}" if "Ref" in part else {key: _in_one_text(item) for key, item in part.items()}


# In a key policy the resource "*" is the key itself.


def _administration() -> Statement:
    return Statement(
        Sid="AdministrationByThisAccount",
        Effect=Allow,
        Principal=Principal("AWS", [arns.in_account("iam", "root")]),
        Action=[*_ADMINISTRATION, kms_actions.Decrypt, kms_actions.Encrypt, kms_actions.GenerateDataKey],
        Resource=["*"],
    )


def _use_by_roles() -> Statement:
    """Let policies of this account's roles, and of whoever launches the solution, grant use of the key."""
    return Statement(
        Sid="UseByThisAccount",
        Effect=Allow,
        Principal=Principal("AWS", [arns.in_account("iam", "root")]),
        Action=[*_USE, kms_actions.CreateGrant],
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


def _alarms() -> Statement:
    return _messages("AlarmsToTopic", "cloudwatch.amazonaws.com", permissions.within_this_account())


def _events() -> Statement:
    """EventBridge does not send KMS the account. It is unknown whether it sends the rule (lesson 114).

    The key opens no queue: the queue's policy lets in this account's rules alone.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    """
    of_rules = Condition(ArnLikeIfExists("aws:SourceArn", arns.regional("events", "rule/*")))
    return _messages("EventsToQueue", "events.amazonaws.com", of_rules)


def _messages(sid: str, service: str, condition: Condition) -> Statement:
    return Statement(
        Sid=sid,
        Effect=Allow,
        Principal=Principal("Service", [service]),
        Action=[kms_actions.Decrypt, kms_actions.GenerateDataKey],
        Resource=["*"],
        Condition=condition,
    )
