# SPDX-License-Identifier: Apache-2.0
"""Connection of a command to AWS and to the orchestrator's API, from its options and the settings."""

from __future__ import annotations

from mlops_orchestrator.aws import aws_access, stack_following
from mlops_orchestrator.aws.api_addresses import local_url
from mlops_orchestrator.aws.api_client import OrchestratorApi, SignedClient
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.settings import effective, hints
from mlops_orchestrator.settings.effective import API_URL_VARIABLE, Settings
from scripts.cli.errors import WrongUseError
from scripts.cli.options import Access


def settings(access: Access) -> Settings:
    """Return the settings that count, without a look at a local AWS."""
    return effective.settings(access.given)


def aws(access: Access) -> Aws:
    """Return the AWS that is chosen."""
    found = access.chosen
    if found.local is not None:
        return aws_access.local(found.endpoint_url, found.region or found.local.region)
    return aws_access.of_environment(found.profile, found.region, found.endpoint_url)


def stack_name(access: Access, given: str | None) -> str:
    """Return the name of the root stack: the given one, or that of the settings."""
    return given or access.chosen.stack_name


def orchestrator_api(access: Access, given_stack: str | None) -> OrchestratorApi:
    """Return the API of the named stack, else of the environment, else of the stack that the settings name."""
    reached = aws(access)
    url = "" if given_stack else access.chosen.api_url
    found = url or _url_of_stack(reached, stack_name(access, given_stack))
    return OrchestratorApi(SignedClient(reached), found.rstrip("/"))


def _url_of_stack(reached: Aws, name: str) -> str:
    state = stack_following.find(reached.client("cloudformation"), name)
    if state is None or "ApiEndpoint" not in state.outputs:
        raise WrongUseError(
            f"no orchestrator is deployed as the stack {name} in {reached.region}: run `{hints.command('deploy')}`, or"
            f" name it by --stack-name, --region or {API_URL_VARIABLE}"
        )
    return reachable(state.outputs["ApiEndpoint"], reached)


def reachable(url: str, reached: Aws) -> str:
    """Return the URL as it can be called from here: the local AWS's if one is used."""
    return local_url(url, reached.endpoint_url) if reached.is_local else url
