# SPDX-License-Identifier: Apache-2.0
"""The pipeline that a command is about, and what the orchestrator's API answers."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import typer

from orchestrator.errors import Problem
from orchestrator.pipeline_types.base import STACK_PREFIX
from scripts.aws import pipeline_status
from scripts.aws.api_client import Answer, OrchestratorApi
from scripts.aws.aws_access import Aws
from scripts.aws.pipeline_status import Approval, PipelineStatus
from scripts.cli import connection, errors
from scripts.cli.errors import CommandError, WrongUseError
from scripts.cli.options import Asked
from scripts.cli.output import Output

# The caller's own mistakes: anything else is a failure.
_WRONG_REQUEST: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_ENTITY_TOO_LARGE})


@dataclass(frozen=True)
class AskedPipeline:
    """One pipeline, whom to ask about it, and where to tell the answer."""

    api: OrchestratorApi
    id: str
    """ARN or name of its stack."""
    flags: str
    """The options that reach the same API from a command that is typed next."""
    output: Output

    @property
    def aws(self) -> Aws:
        """Where the orchestrator is."""
        return self.api.client.aws

    @property
    def name(self) -> str:
        """The name of its stack."""
        return self.id.rsplit(":stack/", maxsplit=1)[-1].split("/", maxsplit=1)[0]

    def answer(self) -> dict[str, Any]:
        """What the API says of it; ends the command where that is no success."""
        return accepted(self.api.status(self.id), self.output)

    def details(self) -> dict[str, Any]:
        """What the API knows beyond that; empty where it does not tell, as an older one."""
        answer = self.api.details(self.id)
        return answer.body if answer.is_success else {}

    def status(self) -> PipelineStatus:
        """Its state now."""
        return pipeline_status.read(self.answer())

    def command(self, verb: str, *words: str) -> str:
        """The command that does something to it next."""
        return " ".join(["mlops", verb, self.name, *words]) + self.flags

    def commands(self, approval: Approval) -> dict[str, str]:
        """The commands that decide: `approve` and `reject`."""
        return {
            "approve": self.command("approve", approval.target),
            "reject": self.command("reject", approval.target, "--reason TEXT"),
        }


def find(asked: Asked, given: str, output: Output) -> AskedPipeline:
    """The pipeline that a person named; raises `WrongUseError`."""
    api = connection.orchestrator_api(asked.access, asked.stack_name)
    return AskedPipeline(api, _pipeline_id(api, given), asked.flags, output)


def accepted(answer: Answer, output: Output) -> dict[str, Any]:
    """The body of a success; for anything else says what the API said and ends the command."""
    if answer.is_success:
        return answer.body
    exit_status = errors.WRONG_USE if answer.status in _WRONG_REQUEST else errors.FAILED
    message = answer.body.get("message") or answer.body.get("Message") or f"The API answered {answer.status}."
    output.document(answer.body)
    output.say(f"{message} (HTTP {answer.status})")
    problems = [Problem(str(one.get("key", "")), str(one.get("problem", ""))) for one in answer.body.get("errors", ())]
    if problems:
        output.table(("key", "problem"), [(problem.key, problem.problem) for problem in problems])
    for name in ("detailedMessage", "request_id"):
        if name in answer.body:
            output.say(f"{name}: {answer.body[name]}")
    raise typer.Exit(exit_status)


def _pipeline_id(api: OrchestratorApi, given: str) -> str:
    """An ARN or stack name as it is; a model's name becomes that of its only pipeline."""
    if given.startswith((STACK_PREFIX, "arn:")):
        return given
    answer = api.details(given)
    if answer.is_success:
        return str(answer.body["pipeline_id"])
    if answer.status == HTTPStatus.NOT_FOUND:
        region = api.client.aws.region
        raise WrongUseError(f"there is no pipeline of a model {given} in {region}; `mlops list` shows all pipelines")
    problems = [str(one.get("problem", "")) for one in answer.body.get("errors", ())]
    message = "; ".join(problems) or str(answer.body.get("message", f"the API answered {answer.status}"))
    raise (WrongUseError if answer.status in _WRONG_REQUEST else CommandError)(message)
