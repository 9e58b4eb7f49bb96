# SPDX-License-Identifier: Apache-2.0
"""Connection of a command to AWS and to the orchestrator's API, from its options."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

from mlops_orchestrator.aws import aws_access, stack_following
from mlops_orchestrator.aws.api_addresses import local_url
from mlops_orchestrator.aws.api_client import OrchestratorApi, SignedClient
from mlops_orchestrator.aws.aws_access import Aws
from scripts.cli.errors import WrongUseError
from scripts.cli.options import Access
from scripts.launch.launch import DEFAULT_STACK_NAME

STATE_FILE: Final = Path(".local-aws") / "ready.json"
"""File in which `mlops local` stores its address for `--local`, below the current folder."""
API_URL_VARIABLE: Final = "MLOPS_API_URL"


def aws(access: Access) -> Aws:
    """Return the AWS that the options name."""
    if access.local:
        ready = local_state()
        return aws_access.local(ready["endpoint_url"], access.region or ready["region"])
    return aws_access.of_environment(access.profile, access.region, access.endpoint_url)


def local_state() -> dict[str, Any]:
    """Return the state that the `mlops local` of this folder wrote when it was ready."""
    try:
        found: dict[str, Any] = json.loads(STATE_FILE.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WrongUseError(f"no local AWS runs in this folder, {STATE_FILE} is missing: run `mlops local`") from None
    return found


def orchestrator_api(access: Access, stack_name: str | None) -> OrchestratorApi:
    """Return the API of the named stack, else of the environment or the local AWS, else of the default stack."""
    reached = aws(access)
    url = "" if stack_name else _known_url(access)
    return OrchestratorApi(SignedClient(reached), (url or _url_of_stack(reached, stack_name)).rstrip("/"))


def _known_url(access: Access) -> str:
    return str(local_state()["api_url"]) if access.local else os.environ.get(API_URL_VARIABLE, "")


def _url_of_stack(reached: Aws, stack_name: str | None) -> str:
    name = stack_name or DEFAULT_STACK_NAME
    state = stack_following.find(reached.client("cloudformation"), name)
    if state is None or "ApiEndpoint" not in state.outputs:
        raise WrongUseError(
            f"no orchestrator is deployed as the stack {name} in {reached.region}: run `mlops deploy`, or name it by"
            f" --stack-name, --region or {API_URL_VARIABLE}"
        )
    return reachable(state.outputs["ApiEndpoint"], reached)


def reachable(url: str, reached: Aws) -> str:
    """Return the URL as it can be called from here: the local AWS's if one is used."""
    return local_url(url, reached.endpoint_url) if reached.is_local else url
