# SPDX-License-Identifier: Apache-2.0
"""Permissions that CloudFormation's handler of a resource type needs, given the properties that are used.

Schemas list every action that a handler might call. The tables below name the actions that depend on a property, and
the needs of types whose schemas list no handlers. They apply to changes. A read also covers properties that were set by
other means, so it needs everything that the schema lists (lesson 103).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from scripts.iam import reference

STEPS: Final = ("create", "read", "update", "delete")
"""Steps in the life of a stack's resource. `list` is left out: only people who look for resources to import need it."""
NEVER: Final = ""
"""Marker in place of a property: no property of the new template causes the call."""

WITHOUT_RESOURCE: Final = (
    *("ec2:Describe", "ecs:DeregisterTaskDefinition", "ecs:DescribeTaskDefinition"),
    *("elasticloadbalancing:Describe", "logs:DescribeIndexPolicies", "logs:DescribeResourcePolicies"),
)
"""Prefixes of actions of a type's own service that have no resource-level permissions."""

_KMS: Final = "*Kms*"
# Actions needed only if the property is set somewhere in the resource. `*` stands for a part of its name.
ONLY_WITH: Final[Mapping[str, str]] = {
    "apigateway:UpdateRestApiPolicy": "Policy",
    # Of what can be scaled, only functions have these calls.
    "lambda:DeleteProvisionedConcurrencyConfig": NEVER,
    "lambda:GetProvisionedConcurrencyConfig": NEVER,
    "lambda:PutProvisionedConcurrencyConfig": NEVER,
    "codepipeline:DisableStageTransition": "DisableInboundStageTransitions",
    "codepipeline:EnableStageTransition": "DisableInboundStageTransitions",
    "codepipeline:StartPipelineExecution": "RestartExecutionOnUpdate",
    "codestar-connections:PassConnection": "ConnectionArn",
    "ec2:CreateNetworkInterface": "VpcConfig",
    "ec2:CreateNetworkInterfacePermission": "VpcConfig",
    "ec2:DeleteNetworkInterface": "VpcConfig",
    "ec2:DeleteNetworkInterfacePermission": "VpcConfig",
    "ec2:DescribeDhcpOptions": "VpcConfig",
    "ec2:DescribeNetworkInterfaces": "VpcConfig",
    "cognito-idp:DescribeUserPoolClient": "AuthenticateCognitoConfig",
    "ec2:DescribeIpamPools": "Ipv4IpamPoolId",
    # Account settings are not a property of a cluster.
    "ecs:PutAccountSetting": NEVER,
    "ecs:PutAccountSettingDefault": NEVER,
    "ecs:PutClusterCapacityProviders": "CapacityProviders",
    "ecs:UpdateCluster": "Configuration",
    "elasticfilesystem:DescribeMountTargets": "FileSystemConfigs",
    "elasticloadbalancing:DeregisterTargets": "Targets",
    "elasticloadbalancing:ModifyCapacityReservation": "MinimumLoadBalancerCapacity",
    "elasticloadbalancing:ModifyIpPools": "Ipv4IpamPoolId",
    "elasticloadbalancing:ModifyListenerAttributes": "ListenerAttributes",
    "elasticloadbalancing:RegisterTargets": "Targets",
    "elasticloadbalancing:SetIpAddressType": "IpAddressType",
    "s3files:ListMountTargets": "FileSystemConfigs",
    "iam:AttachRolePolicy": "ManagedPolicyArns",
    "iam:DetachRolePolicy": "ManagedPolicyArns",
    "iam:DeleteGroupPolicy": "Groups",
    "iam:GetGroupPolicy": "Groups",
    "iam:PutGroupPolicy": "Groups",
    "iam:DeleteUserPolicy": "Users",
    "iam:GetUserPolicy": "Users",
    "iam:PutUserPolicy": "Users",
    # Called for a role whose boundary is removed.
    "iam:DeleteRolePermissionsBoundary": NEVER,
    "iam:PutRolePermissionsBoundary": "PermissionsBoundary",
    # Code signing, concurrency, layers, runtimes and scaling have properties of their own.
    "lambda:AssociateRuntimeAlias": NEVER,
    "lambda:DeleteFunctionCodeSigningConfig": "CodeSigningConfigArn",
    "lambda:DeleteFunctionConcurrency": "ReservedConcurrentExecutions",
    "lambda:GetCodeSigningConfig": "CodeSigningConfigArn",
    "lambda:GetLayerVersion": "Layers",
    "lambda:PassCapacityProvider": "CapacityProviderConfig",
    "lambda:PublishVersion": "PublishToLatestPublished",
    "lambda:PutFunctionCodeSigningConfig": "CodeSigningConfigArn",
    "lambda:PutFunctionConcurrency": "ReservedConcurrentExecutions",
    "lambda:PutFunctionRecursionConfig": "RecursiveLoop",
    "lambda:PutFunctionScalingConfig": "FunctionScalingConfig",
    "lambda:PutRuntimeManagementConfig": "RuntimeManagementConfig",
    # So have keys, protection, field indexes, resource policies and log delivery.
    "firehose:TagDeliveryStream": "DataProtectionPolicy",
    "logs:AssociateKmsKey": "KmsKeyId",
    "logs:CreateLogDelivery": "DataProtectionPolicy",
    "logs:DeleteDataProtectionPolicy": "DataProtectionPolicy",
    "logs:DeleteIndexPolicy": "FieldIndexPolicies",
    "logs:DeleteResourcePolicy": "ResourcePolicyDocument",
    "logs:DeleteRetentionPolicy": "RetentionInDays",
    "logs:DisassociateKmsKey": "KmsKeyId",
    "logs:PutBearerTokenAuthentication": "BearerTokenAuthenticationEnabled",
    "logs:PutDataProtectionPolicy": "DataProtectionPolicy",
    "logs:PutIndexPolicy": "FieldIndexPolicies",
    "logs:PutLogGroupDeletionProtection": "DeletionProtectionEnabled",
    "logs:PutResourcePolicy": "ResourcePolicyDocument",
    "logs:PutRetentionPolicy": "RetentionInDays",
    "s3:REST.PUT.OBJECT": "DataProtectionPolicy",
}
# The same for a single type, where other types call the action in any case.
_ONLY_WITH_OF_TYPES: Final[Mapping[tuple[str, str], str]] = {
    ("AWS::ApiGateway::RestApi", "s3:GetObject"): "BodyS3Location",
    ("AWS::IAM::Role", "iam:PutRolePolicy"): "Policies",
    ("AWS::Lambda::Function", "ec2:DescribeSecurityGroups"): "VpcConfig",
    ("AWS::Lambda::Function", "ec2:DescribeSubnets"): "VpcConfig",
    ("AWS::Lambda::Function", "ec2:DescribeVpcs"): "VpcConfig",
    ("AWS::Lambda::Function", "s3:GetObject"): "S3Bucket",
    ("AWS::Lambda::Function", "s3:GetObjectVersion"): "S3ObjectVersion",
    ("AWS::SageMaker::ProcessingJob", "ec2:DescribeSecurityGroups"): "VpcConfig",
    ("AWS::SageMaker::ProcessingJob", "ec2:DescribeSubnets"): "VpcConfig",
    ("AWS::SageMaker::ProcessingJob", "ec2:DescribeVpcs"): "VpcConfig",
}
# Calls that the schemas do not list.
_BESIDE: Final[Mapping[str, Sequence[str]]] = {
    # Tags are set on creation, as for other SageMaker resources.
    "AWS::SageMaker::MonitoringSchedule": ("sagemaker:AddTags", "sagemaker:DeleteTags", "sagemaker:ListTags"),
}
# Types whose schemas list no handlers: the calls are those of the service's API for such a resource.
_WITHOUT_HANDLERS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "AWS::CodeBuild::Project": {
        "create": ("codebuild:CreateProject", "iam:PassRole"),
        "read": ("codebuild:BatchGetProjects",),
        "update": ("codebuild:UpdateProject", "iam:PassRole"),
        "delete": ("codebuild:DeleteProject",),
    },
}
_ROLE_MEMBER: Final = re.compile(r"(role|rolearn|credentials)$", re.IGNORECASE)
_NOTHING: Final[Sequence[Any]] = (None, "", [], {})
# Members whose contents are not read: they are text for another service, or used later.
_OPAQUE: Final = frozenset(
    {
        *("AssumeRolePolicyDocument", "Configuration", "Environment", "EventPattern", "HyperParameters", "Input"),
        *("Policies", "PolicyDocument", "Tags", "ZipFile"),
    }
)


def is_known(type_name: str) -> bool:
    """Whether the needs of a type are known."""
    found = reference.resource_type(type_name)
    return type_name in _WITHOUT_HANDLERS or bool(found and found.handlers)


def permissions(type_name: str, properties: Mapping[str, Any], steps: Sequence[str] = STEPS) -> set[str]:
    """Return the actions that the handlers of a resource need, including those for the stack's tags."""
    found = reference.resource_type(type_name)
    handlers = _WITHOUT_HANDLERS.get(type_name) or (found.handlers if found else {})
    listed = {action for step in steps for action in handlers.get(step, ())}
    changing = set(steps) & {"create", "update"}
    beside = [*(found.tagging if found else ()), *_BESIDE.get(type_name, ())] if changing else []
    read = {action for action in handlers.get("read", ()) if _is_read(action)} if "read" in steps else set()
    return read | {action for action in {*listed, *beside} if is_needed(type_name, action, properties)}


def _is_read(action: str) -> bool:
    """Whether every read needs the action. Roles and keys are needed only if a property names them."""
    return action != "iam:PassRole" and not action.startswith("kms:")


def is_needed(type_name: str, action: str, properties: Mapping[str, Any]) -> bool:
    """Whether a handler calls an action of its schema, given the properties."""
    member = _ONLY_WITH_OF_TYPES.get((type_name, action), ONLY_WITH.get(action))
    if member is None and action.startswith("kms:") and not type_name.startswith("AWS::KMS::"):
        member = _KMS
    if action == "iam:PassRole":
        return bool(list(roles(properties)))
    return member is None or (member != NEVER and has(properties, member))


def has(value: Any, member: str) -> bool:
    """Whether a non-empty member of that name occurs anywhere in a value."""
    if isinstance(value, Mapping):
        return any(
            (fnmatchcase(name, member) and item not in (None, "", [], {}))
            or (name not in _OPAQUE and has(item, member))
            for name, item in value.items()
        )
    return isinstance(value, list | tuple) and any(has(item, member) for item in value)


def roles(value: Any, name: str = "") -> Iterator[Any]:
    """Yield the values of all members that name a role which is passed to the service."""
    if isinstance(value, Mapping) and not _is_call(value):
        for key, item in value.items():
            if key not in _OPAQUE:
                yield from roles(item, key)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from roles(item, name)
    elif _ROLE_MEMBER.search(name):
        yield value


def _is_call(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and (next(iter(value)) == "Ref" or next(iter(value)).startswith("Fn::"))
