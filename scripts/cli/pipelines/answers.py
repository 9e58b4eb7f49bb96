# SPDX-License-Identifier: Apache-2.0
"""Pipeline of a command, and the answers of the orchestrator's API."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from mlops_orchestrator.aws import pipeline_status
from mlops_orchestrator.aws.api_client import Answer, OrchestratorApi
from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.aws.pipeline_status import Approval, PipelineStatus
from mlops_orchestrator.settings import hints
from orchestrator.pipeline_types.base import STACK_PREFIX
from scripts.cli import connection
from scripts.cli.errors import RefusedByApiError, WrongUseError
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
        return self.id.rsplit(":stack/", maxsplit=1)[-1].split("/", maxsplit=1)[0]

    def answer(self) -> dict[str, Any]:
        """Return the API's status of the pipeline. Ends the command on an error."""
        return accepted(self.api.status(self.id), self.output)

    def details(self) -> dict[str, Any]:
        """Return the API's further details; empty if it has none, as in an older version."""
        answer = self.api.details(self.id)
        return answer.body if answer.is_success else {}

    def status(self) -> PipelineStatus:
        """Return the pipeline's current state."""
        return pipeline_status.read(self.answer())

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


def accepted(answer: Answer, output: Output) -> dict[str, Any]:
    """Return the body of a success. Raise RefusedByApiError."""
    if not answer.is_success:
        raise RefusedByApiError(answer.status, answer.body)
    return answer.body


def _pipeline_id(api: OrchestratorApi, given: str) -> str:
    """Return an ARN or stack name unchanged; for a model's name, perhaps with a type, the id of its only pipeline."""
    if given.startswith((STACK_PREFIX, "arn:")):
        return given
    answer = api.details(given)
    if answer.is_success:
        return str(answer.body["pipeline_id"])
    if answer.status == HTTPStatus.NOT_FOUND:
        region = api.client.aws.region
        there = str(answer.body.get("message", "")).partition("Of this model ")[2]
        known = f"; of this model {there.rstrip('.')}" if there else f"; `{hints.command('list')}` shows all pipelines"
        raise WrongUseError(f"there is no pipeline {given} in {region}{known}")
    raise RefusedByApiError(answer.status, answer.body)
