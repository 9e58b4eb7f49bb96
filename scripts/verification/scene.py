# SPDX-License-Identifier: Apache-2.0
"""Account and Region of a verification, and the names of what it makes, all derived from one."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from mlops_orchestrator.aws import stack_following
from mlops_orchestrator.aws.api_addresses import local_url
from mlops_orchestrator.aws.api_client import OrchestratorApi, SignedClient
from mlops_orchestrator.aws.aws_access import Aws
from scripts.launch.deployment import Audience

PREFIX: Final = "mlops-verify-"
"""Prefix of the names of all verifications."""
NAME: Final = re.compile(rf"{PREFIX}\d{{4}}-[0-9a-f]{{4}}")
"""Names have the day and four random digits. No name is a prefix of another."""


class PartFailedError(Exception):
    """Raised when a part of the verification fails; `str()` is the reason."""


class NotImitatedError(Exception):
    """Raised when the local AWS cannot show something; `str()` names what it lacks."""


@dataclass
class Scene:
    """An account and Region, and the name of the verification there."""

    aws: Aws
    name: str
    """Name of the root stack and the model. Every other name begins with it, or ends in it after `mlops-pipeline-`."""
    audience: Audience
    email: str = "mlops-verify@example.com"
    stages: Mapping[str, str] = field(default_factory=dict)
    """Launch parameters of the multi-account template: accounts and units."""
    logging_role: str = ""
    """The account's logging role of API Gateway, as it was before."""
    is_passing: bool = False
    """Whether this AWS ends with the run, and everything with it."""
    heard: list[dict[str, Any]] = field(default_factory=list)
    """Events of this account that were received so far."""

    @property
    def say(self) -> Any:
        """Report a sentence to the audience."""
        return self.audience.say

    @property
    def stages_name(self) -> str:
        """The name of the second root stack, which deploys through stages."""
        return f"{self.name}-stages"

    @property
    def keyed_name(self) -> str:
        """The name of another root stack, whose assets bucket was there before, under a customer key."""
        return f"{self.name}-keyed"

    @property
    def roots(self) -> tuple[str, ...]:
        """Names of all root stacks that there can be; they are the values of the tag that finds the rest."""
        return self.name, self.stages_name, self.keyed_name

    def outputs(self, stack_name: str = "") -> dict[str, str]:
        """Return the outputs of a stack, by default the root stack. Raise `PartFailedError` if there is no stack."""
        state = stack_following.find(self.aws.client("cloudformation"), stack_name or self.name)
        if state is None:
            raise PartFailedError(f"there is no stack {stack_name or self.name}")
        return state.outputs

    def api(self, root: str = "") -> OrchestratorApi:
        """The orchestrator's API."""
        url = self.reachable(self.outputs(root)["ApiEndpoint"])
        return OrchestratorApi(SignedClient(self.aws), url.rstrip("/"))

    def reachable(self, url: str) -> str:
        """An address from a stack's outputs, as it can be called from here."""
        return local_url(url, self.aws.endpoint_url) if self.aws.is_local else url


def new_name() -> str:
    """Return an unused name, short enough that no service cuts the names that begin with it."""
    return f"{PREFIX}{datetime.now(UTC):%m%d}-{secrets.token_hex(2)}"
