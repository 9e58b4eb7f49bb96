# SPDX-License-Identifier: Apache-2.0
"""Logging role of API Gateway, one for the account and Region. An existing one is left to its owner.

A template cannot check for an existing role, but its deployer can (lesson 118).
"""

from __future__ import annotations

from typing import Final

from botocore.exceptions import ClientError

from mlops_orchestrator.aws.aws_access import Aws

PARAMETER: Final = "SetApiLoggingRole"


def chosen(aws: Aws) -> dict[str, str]:
    """Return the launch parameter for a first launch: `No` if a role is set and exists.

    Empty if the caller lacks permission to check: the template then sets the role.
    """
    try:
        arn = aws.client("apigateway").get_account().get("cloudwatchRoleArn", "")
        if not arn:
            return {}
        aws.client("iam").get_role(RoleName=arn.rpartition("/")[2])
    except ClientError:
        return {}
    return {PARAMETER: "No"}
