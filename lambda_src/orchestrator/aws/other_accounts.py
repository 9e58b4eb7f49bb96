# SPDX-License-Identifier: Apache-2.0
"""Clients that act in another account by a role that is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from orchestrator.aws.calls import Clients, calling, client, client_with

_SESSION: Final = "mlops-orchestrator"
"""What CloudTrail there calls whoever acts."""
_SECONDS: Final = 900
"""The shortest time for which STS gives credentials."""


def by_role(role: str, account: str) -> Clients:
    """Return clients that act as a role, each made once; raises the errors of `calling`.

    https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
    """
    with calling(f"let the orchestrator act in the account {account}"):
        given = client("sts").assume_role(RoleArn=role, RoleSessionName=_SESSION, DurationSeconds=_SECONDS)
    keys = _named_as_in_boto3(given["Credentials"])
    made: dict[str, Any] = {}

    def client_there(service: str) -> Any:
        if service not in made:
            made[service] = client_with(service, keys)
        return made[service]

    return client_there


def _named_as_in_boto3(credentials: Mapping[str, str]) -> dict[str, str]:
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }
