# SPDX-License-Identifier: Apache-2.0
"""VPCs of models, jobs and job definitions: looked up in moto's EC2 as the execution role. Nothing is routed.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_VpcConfig.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError
from moto.sagemaker.exceptions import ValidationError

from scripts.local_aws import clients


def check(request: Mapping[str, Any], region: str) -> None:
    """Refuse a VPC whose subnets or security groups are not there, are of several VPCs, or may not be looked at.

    `request` is that of a Create operation. Raises ValidationError.
    """
    for role, vpc in _networks(request):
        _check(vpc, clients.client("ec2", role, region, by="sagemaker.amazonaws.com"), role)


def _networks(request: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the execution role and the VPC of a request, which tuning and Autopilot have further inside."""
    training = request.get("TrainingJobDefinition") or {}
    role = request.get("RoleArn") or request.get("ExecutionRoleArn") or training.get("RoleArn")
    security = (request.get("AutoMLJobConfig") or {}).get("SecurityConfig") or {}
    for holder in (request, training, security, request.get("NetworkConfig") or {}):
        if holder.get("VpcConfig"):
            yield str(role), holder["VpcConfig"]


def _check(vpc: Mapping[str, Any], ec2: Any, role: str) -> None:
    try:
        subnets = ec2.describe_subnets(SubnetIds=vpc["Subnets"])["Subnets"]
        groups = ec2.describe_security_groups(GroupIds=vpc["SecurityGroupIds"])["SecurityGroups"]
    except ClientError as error:
        raise ValidationError(f"EC2 does not let the role {role} use the VPC: {error}") from None
    found = {one["VpcId"] for one in (*subnets, *groups)}
    if len(found) > 1:
        raise ValidationError(f"Subnets and security groups must be of one VPC, not of {', '.join(sorted(found))}.")
