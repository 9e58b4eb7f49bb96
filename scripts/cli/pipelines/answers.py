# SPDX-License-Identifier: Apache-2.0
"""Pipeline that a command is about, with the API to ask."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from mlops_orchestrator.aws import pipeline_status, stack_following
from mlops_orchestrator.aws.api_client import OrchestratorApi
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.aws.pipeline_status import Approval, PipelineStatus
from mlops_orchestrator.client.answers import accepted
from mlops_orchestrator.client.states import Status
from mlops_orchestrator.errors import NotFound
from mlops_orchestrator.settings import hints
from orchestrator.pipeline_types.base import STACK_PREFIX
from scripts.cli import connection
from scripts.cli.errors import WrongUseError
from scripts.cli.options import Asked
from scripts.cli.output import Output


@dataclass(frozen=True)
class AskedPipeline:
    """Pipeline with the API to call and the output to write to."""

    api: OrchestratorApi
    id: str
    """ARN or name of its stack."""
    flags: str
    """Options for the same API in a following command."""
    output: Output

    @property
    def aws(self) -> Aws:
        """AWS in which the orchestrator runs."""
        return self.api.client.aws

    @property
    def name(self) -> str:
        """Name of its stack."""
        return stack_following.name_in(self.id)

    def answer(self) -> dict[str, Any]:
        """Return the API's status of the pipeline. Ends the command on an error."""
        return accepted(self.api.status(self.id))

    def status(self) -> PipelineStatus:
        """Return how far its newest execution is."""
        return pipeline_status.read(self.answer())

    def state(self) -> Status:
        """Return how the pipeline is, with the work that it started. Ends the command on an error."""
        answer = self.api.details(self.id)
        # A pipeline that could not be made has no details, and callers may have permission for the status only.
        has_none = answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN)
        return Status.of_execution(self.status()) if has_none else Status.of(accepted(answer))

    def command(self, verb: str, *words: str) -> str:
        """Return the command for the next step."""
        return hints.command(" ".join([verb, self.name, *words]) + self.flags)

    def commands(self, approval: Approval) -> dict[str, str]:
        """Return the commands for a decision: `approve` and `reject`."""
        return {
            "approve": self.command("approve", approval.target),
            "reject": self.command("reject", approval.target, "--reason TEXT"),
        }


def find(asked: Asked, given: str, output: Output) -> AskedPipeline:
    """Return the pipeline that was named on the command line. Raise WrongUseError."""
    api = connection.orchestrator_api(asked.access, asked.stack_name)
    return AskedPipeline(api, _pipeline_id(api, given), asked.flags, output)


def _pipeline_id(api: OrchestratorApi, given: str) -> str:
    """Return an ARN or stack name unchanged; for a model's name, perhaps with a type, the id of its only pipeline."""
    if given.startswith((STACK_PREFIX, "arn:")):
        return given
    try:
        return str(accepted(api.details(given))["pipeline_id"])
    except NotFound as missing:
        region = api.client.aws.region
        there = missing.message.partition("Of this model ")[2]
        known = f"; of this model {there.rstrip('.')}" if there else f"; `{hints.command('list')}` shows all pipelines"
        raise WrongUseError(f"there is no pipeline {given} in {region}{known}") from None
