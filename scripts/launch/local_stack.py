# SPDX-License-Identifier: Apache-2.0
"""Local AWS with the solution deployed in it, for `mlops local`, the demo and the tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from mlops_orchestrator.aws import aws_access
from mlops_orchestrator.aws.api_addresses import local_url
from mlops_orchestrator.aws.stack_following import StackFailedError
from scripts.launch import launch
from scripts.launch.deployment import Audience
from scripts.launch.launch import Launching
from scripts.launch.local_deployment import DEFAULT_REGION, STAGE_ACCOUNTS, LocalDeployment
from scripts.local_aws.moto_start import without_collecting
from scripts.local_aws.organization import Organization
from scripts.local_aws.server import LocalAws


@contextmanager
def deployed(
    launching: Launching, audience: Audience, region: str = DEFAULT_REGION, port: int = 0, *, enforce_iam: bool = True
) -> Iterator[LocalDeployment]:
    """Start the local AWS, publish and deploy into it, and stop it at the end.

    With `enforce_iam=False`, roles may do everything.

    Raises OSError if the port is taken, and the errors of `launch.deploy`.
    """
    accounts = STAGE_ACCOUNTS if launching.option == "multi-account" else {}
    with LocalAws(region=region, port=port, accounts=accounts, enforce_iam=enforce_iam) as running:
        aws = aws_access.local(running.endpoint_url, running.region)
        audience.say(f"The local AWS listens at {running.endpoint_url}.")
        if running.organization:
            parameters = {**launching.parameters, **stage_parameters(accounts, running.organization)}
            launching = replace(launching, parameters=parameters)
        with without_collecting():
            state = launch.deploy(aws, launching, audience, agree=lambda _: True).state
        if state is None:
            raise StackFailedError(f"the stack {launching.stack_name} was not deployed")
        api_url = local_url(state.outputs["ApiEndpoint"], aws.endpoint_url)
        yield LocalDeployment(aws, api_url, state.name, state.outputs, accounts)


def stage_parameters(accounts: Mapping[str, str], organization: Organization) -> dict[str, str]:
    """Return the launch parameters about the Organization; the orchestrator is in its management account."""
    parameters = {"DelegatedAdminAccount": "No"}
    for stage, account in accounts.items():
        parameters[f"{stage.capitalize()}AccountId"] = account
        parameters[f"{stage.capitalize()}OrgId"] = organization.units[stage]
    return parameters
