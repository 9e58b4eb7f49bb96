# SPDX-License-Identifier: Apache-2.0
"""The local AWS with the solution deployed in it: one implementation for `mlops local`, the demo and the tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, Final

import boto3

from scripts import aws_access, launch
from scripts.api_client import OrchestratorApi, SignedClient
from scripts.aws_access import Aws
from scripts.deployment import Audience
from scripts.launch import Launching
from scripts.local_aws.api_front import local_url
from scripts.local_aws.moto_start import without_collecting
from scripts.local_aws.organization import Organization
from scripts.local_aws.server import LocalAws
from scripts.stack_following import StackFailedError

DEFAULT_REGION: Final = "us-east-1"
STAGE_ACCOUNTS: Final[Mapping[str, str]] = {
    "dev": "111111111111",
    "staging": "222222222222",
    "prod": "333333333333",
}
"""The local Organization's accounts, one for each stage."""

_VISITOR: Final = "visitor"


@dataclass(frozen=True)
class LocalDeployment:
    """A deployed orchestrator on a running local AWS."""

    aws: Aws
    api_url: str
    """Where the API answers on this machine; ends in the stage, without a slash."""
    stack_name: str
    outputs: Mapping[str, str]
    """Of the root stack, as AWS would give them."""
    accounts: Mapping[str, str] = field(default_factory=dict)
    """The account of each stage; empty with the option single-account."""

    @property
    def api(self) -> OrchestratorApi:
        """The orchestrator's API, signed with the local keys."""
        return OrchestratorApi(SignedClient(self.aws), self.api_url)

    def reachable(self, url: str) -> str:
        """An address from a stack's outputs, as it can be called on this machine."""
        return local_url(url, self.aws.endpoint_url)

    def in_account(self, account: str) -> Aws:
        """The same local AWS as a role in another account sees it."""
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
        """What `mlops local` writes for others when it is ready."""
        return {
            "endpoint_url": self.aws.endpoint_url,
            "region": self.aws.region,
            "api_url": self.api_url,
            "stack_name": self.stack_name,
            "outputs": dict(self.outputs),
            "accounts": {"orchestrator": self.aws.account, **self.accounts},
        }


@contextmanager
def deployed(
    launching: Launching, audience: Audience, region: str = DEFAULT_REGION, port: int = 0, *, enforce_iam: bool = True
) -> Iterator[LocalDeployment]:
    """Start the local AWS, publish and deploy into it, and stop it at the end.

    With `enforce_iam=False` roles may do everything.

    Raises OSError when the port is taken, and what `launch.deploy` raises.
    """
    accounts = STAGE_ACCOUNTS if launching.option == "multi-account" else {}
    with LocalAws(region=region, port=port, accounts=accounts, enforce_iam=enforce_iam) as running:
        aws = aws_access.local(running.endpoint_url, running.region)
        audience.say(f"The local AWS listens at {running.endpoint_url}.")
        if running.organization:
            parameters = {**launching.parameters, **_stage_parameters(accounts, running.organization)}
            launching = replace(launching, parameters=parameters)
        with without_collecting():
            state = launch.deploy(aws, launching, audience, agree=lambda _: True).state
        if state is None:
            raise StackFailedError(f"the stack {launching.stack_name} was not deployed")
        api_url = local_url(state.outputs["ApiEndpoint"], aws.endpoint_url)
        yield LocalDeployment(aws, api_url, state.name, state.outputs, accounts)


def _stage_parameters(accounts: Mapping[str, str], organization: Organization) -> dict[str, str]:
    """What the launch has to know of the Organization; the orchestrator is in its management account."""
    parameters = {"DelegatedAdminAccount": "No"}
    for stage, account in accounts.items():
        parameters[f"{stage.capitalize()}AccountId"] = account
        parameters[f"{stage.capitalize()}OrgId"] = organization.units[stage]
    return parameters
