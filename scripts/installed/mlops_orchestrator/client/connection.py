# SPDX-License-Identifier: Apache-2.0
"""Connection to AWS and to an orchestrator's API, from the AWS that a caller means."""

from __future__ import annotations

from typing import Final

import boto3

from mlops_orchestrator.aws import aws_access, stack_following
from mlops_orchestrator.aws.api_addresses import local_url
from mlops_orchestrator.aws.api_client import OrchestratorApi, SignedClient
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.errors import NotFound
from mlops_orchestrator.settings import hints
from mlops_orchestrator.settings.choosing import Chosen
from mlops_orchestrator.settings.effective import API_URL_VARIABLE

_API: Final = "ApiEndpoint"


def reached(chosen: Chosen, session: boto3.session.Session | None = None) -> Aws:
    """Return access to the AWS that is meant, with a session's credentials if it is given.

    Raise botocore's errors, such as NoRegionError.
    """
    if session is not None and chosen.local is not None:
        return Aws(session, chosen.region or chosen.local.region, chosen.endpoint_url)
    if chosen.local is not None:
        return aws_access.local(chosen.endpoint_url, chosen.region or chosen.local.region)
    return aws_access.of_environment(chosen.profile, chosen.region, chosen.endpoint_url)


def api(aws: Aws, url: str) -> OrchestratorApi:
    """Return the API at an address."""
    return OrchestratorApi(SignedClient(aws), url.rstrip("/"))


def api_of(chosen: Chosen, aws: Aws, stack_name: str = "") -> OrchestratorApi:
    """Return the API of a named stack, else at the address that the environment names, else of the stack that is meant.

    Raise NotFound.
    """
    url = "" if stack_name else chosen.api_url
    return api(aws, url or url_of_stack(aws, stack_name or chosen.stack_name))


def outputs(aws: Aws, name: str) -> dict[str, str]:
    """Return the outputs of an orchestrator's root stack. Raise NotFound."""
    state = stack_following.find(aws.client("cloudformation"), name)
    if state is None or _API not in state.outputs:
        raise NotFound(
            f"no orchestrator is deployed as the stack {name} in {aws.region}: run `{hints.command('deploy')}`, or"
            f" name the stack, the Region or {API_URL_VARIABLE}"
        )
    return state.outputs


def url_of_stack(aws: Aws, name: str) -> str:
    """Return the address of the API of an orchestrator's root stack. Raise NotFound."""
    return reachable(outputs(aws, name)[_API], aws)


def reachable(url: str, aws: Aws) -> str:
    """Return a URL as it can be called from here: the local AWS's if one is used."""
    return local_url(url, aws.endpoint_url) if aws.is_local else url
