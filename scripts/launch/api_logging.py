# SPDX-License-Identifier: Apache-2.0
"""The role that API Gateway logs under, one for the account and Region: one that is there is left to its owner.

A template cannot look at what is there; whoever deploys it can (lesson 118).
"""

from __future__ import annotations

from typing import Final

from botocore.exceptions import ClientError

from scripts.aws.aws_access import Aws

PARAMETER: Final = "SetApiLoggingRole"


def chosen(aws: Aws) -> dict[str, str]:
    """The launch parameter for a first launch: `No` where a role is set and there.

    Empty for whoever may not look: the template then sets the role.
    """
    try:
        arn = aws.client("apigateway").get_account().get("cloudwatchRoleArn", "")
        if not arn:
            return {}
        aws.client("iam").get_role(RoleName=arn.rpartition("/")[2])
    except ClientError:
        return {}
    return {PARAMETER: "No"}
