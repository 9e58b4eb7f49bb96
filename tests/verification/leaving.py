# SPDX-License-Identifier: Apache-2.0
"""What an account has that somebody would have to remove; asked of the services, not of the clean-up under test."""

from __future__ import annotations

from mlops_orchestrator.aws.aws_access import Aws
from tests.end_to_end import account_content


def content(aws: Aws) -> set[str]:
    """Everything, and the account's logging role of API Gateway; but not keys that AWS deletes by itself."""
    kms = aws.client("kms")
    keys = [key["KeyId"] for key in kms.list_keys()["Keys"]]
    going = {f"kms {key}" for key in keys if kms.describe_key(KeyId=key)["KeyMetadata"].get("DeletionDate")}
    role = aws.client("apigateway").get_account().get("cloudwatchRoleArn")
    return (account_content.names(aws) - going) | ({f"apigateway logs as {role}"} if role else set())
