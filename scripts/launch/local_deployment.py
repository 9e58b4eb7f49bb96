# SPDX-License-Identifier: Apache-2.0
"""Orchestrator deployed on the local AWS, as its users see it. `local_stack` starts one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import boto3

from mlops_orchestrator.aws.api_addresses import local_url
from mlops_orchestrator.aws.api_client import OrchestratorApi, SignedClient
from mlops_orchestrator.aws.aws_access import Aws

DEFAULT_REGION: Final = "us-east-1"
STAGE_ACCOUNTS: Final[Mapping[str, str]] = {
    "dev": "111111111111",
    "staging": "222222222222",
    "prod": "333333333333",
}
"""Accounts of the local Organization, one for each stage."""

_VISITOR: Final = "visitor"


@dataclass(frozen=True)
class LocalDeployment:
    """Orchestrator deployed on a running local AWS."""

    aws: Aws
    api_url: str
    """Local address of the API; ends in the stage, without a slash."""
    stack_name: str
    outputs: Mapping[str, str]
    """Outputs of the root stack, as on AWS."""
    accounts: Mapping[str, str] = field(default_factory=dict)
    """Account of each stage; empty with the option single-account."""

    @property
    def api(self) -> OrchestratorApi:
        """The orchestrator's API, signed with the local keys."""
        return OrchestratorApi(SignedClient(self.aws), self.api_url)

    def reachable(self, url: str) -> str:
        """Return the local address of a URL from a stack's outputs."""
        return local_url(url, self.aws.endpoint_url)

    def in_account(self, account: str) -> Aws:
        """Return access to the same local AWS as a role in another account."""
        role = f"arn:{self.aws.partition}:iam::{account}:role/{_VISITOR}"
        answer = self.aws.client("sts").assume_role(RoleArn=role, RoleSessionName=_VISITOR)
        keys = answer["Credentials"]
        session = boto3.session.Session(
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
            region_name=self.aws.region,
        )
        return Aws(session, self.aws.region, self.aws.endpoint_url)

    def description(self) -> dict[str, Any]:
        """Return the JSON that `mlops local` writes when it is ready."""
        return {
            "endpoint_url": self.aws.endpoint_url,
            "region": self.aws.region,
            "api_url": self.api_url,
            "stack_name": self.stack_name,
            "outputs": dict(self.outputs),
            "accounts": {"orchestrator": self.aws.account, **self.accounts},
        }
