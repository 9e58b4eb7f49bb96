# SPDX-License-Identifier: Apache-2.0
"""The local AWS with the solution deployed in it: one implementation for `mlops local`, the demo and the tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from scripts import artifacts, aws_access, launch, paths
from scripts.api_client import OrchestratorApi, SignedClient
from scripts.artifacts import PublishError
from scripts.aws_access import Aws
from scripts.deployment import Audience
from scripts.launch import Launching
from scripts.local_aws.api_front import local_url
from scripts.local_aws.server import LocalAws
from scripts.stack_following import StackFailedError

DEFAULT_REGION: Final = "us-east-1"


@dataclass(frozen=True)
class LocalDeployment:
    """A deployed orchestrator on a running local AWS."""

    aws: Aws
    api_url: str
    """Where the API answers on this machine; ends in the stage, without a slash."""
    stack_name: str
    outputs: Mapping[str, str]
    """Of the root stack, as AWS would give them."""

    @property
    def api(self) -> OrchestratorApi:
        """The orchestrator's API, signed with the local keys."""
        return OrchestratorApi(SignedClient(self.aws), self.api_url)

    def reachable(self, url: str) -> str:
        """An address from a stack's outputs, as it can be called on this machine."""
        return local_url(url, self.aws.endpoint_url)

    def description(self) -> dict[str, Any]:
        """What `mlops local` writes for others when it is ready."""
        return {
            "endpoint_url": self.aws.endpoint_url,
            "region": self.aws.region,
            "api_url": self.api_url,
            "stack_name": self.stack_name,
            "outputs": dict(self.outputs),
            "accounts": {"orchestrator": self.aws.account},
        }


@contextmanager
def deployed(
    launching: Launching, audience: Audience, region: str = DEFAULT_REGION, port: int = 0
) -> Iterator[LocalDeployment]:
    """Start the local AWS, publish and deploy into it, and stop it at the end.

    Raises `PublishError` for an option without a template before anything starts, OSError when the port is taken.
    """
    template = paths.TEMPLATES / artifacts.root_template_name(launching.option)
    if not template.is_file():
        raise PublishError(f"there is no template for --option {launching.option} yet: {template} does not exist")
    with LocalAws(region=region, port=port) as running:
        aws = aws_access.local(running.endpoint_url, running.region)
        audience.say(f"The local AWS listens at {running.endpoint_url}.")
        state = launch.deploy(aws, launching, audience, agree=lambda _: True).state
        if state is None:
            raise StackFailedError(f"the stack {launching.stack_name} was not deployed")
        api_url = local_url(state.outputs["ApiEndpoint"], aws.endpoint_url)
        yield LocalDeployment(aws, api_url, state.name, state.outputs)
