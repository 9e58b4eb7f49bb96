# SPDX-License-Identifier: Apache-2.0
"""The functions as their callers invoke them, and what the callers make of the answers."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from orchestrator import api, stages
from orchestrator.errors import OrchestratorError
from tests.faults.wire import Died
from tests.faults.world import World
from tests.orchestrator.conftest import Context, read_json

_MOST_REPEATS = 8


@dataclass(frozen=True)
class Outcome:
    """What a caller sees of an invocation."""

    has_ended: bool
    """Whether there is nothing to repeat."""
    told: Any = None
    is_as_designed: bool = True


class Invocation:
    """Something that is sent until it has ended well; by itself it is sent once more, and again by somebody else."""

    def once(self, world: World) -> Outcome:
        """Invoke the function in a process of its own."""
        raise NotImplementedError

    def again(self, world: World) -> None:
        """Invoke it when all is done, as another delivery or the next person does."""
        self.once(world)

    def until_it_ends(self, world: World) -> list[Outcome]:
        """Repeat it as its caller does."""
        outcomes: list[Outcome] = []
        for _ in range(_MOST_REPEATS):
            outcomes.append(self.once(world))
            world.invocation_ended()
            if outcomes[-1].has_ended:
                return outcomes
            if len(outcomes) > 1 or isinstance(outcomes[-1].told, Died):
                # Somebody who was answered repeats at once; who waits in vain lets time go by.
                world.settle()
        raise AssertionError(f"it does not end: {outcomes[-1]}")


def _handled(handler: Callable[[Any, Any], Any], event: Any, context: Context) -> tuple[Any, BaseException | None]:
    try:
        return handler(copy.deepcopy(event), context), None
    except (Exception, Died) as error:
        return None, error


@dataclass
class ApiCall(Invocation):
    """A call of the API, which its caller repeats after a 409 and whatever is the server's fault."""

    method: str
    path: str
    body: Any = None
    parameters: dict[str, str] = field(default_factory=dict)
    resource: str = ""

    def once(self, world: World) -> Outcome:
        event = {
            **copy.deepcopy(read_json("events/api_call.json")),
            "httpMethod": self.method,
            "path": self.path,
            "resource": self.resource or self.path,
            "pathParameters": self.parameters,
            "body": json.dumps(self.body) if self.body is not None else None,
        }
        answer, error = _handled(api.handler, event, Context())
        if error is not None:
            return Outcome(has_ended=False, told=error, is_as_designed=isinstance(error, Died))
        return self._judged(answer["statusCode"], json.loads(answer["body"]))

    def _judged(self, status: int, body: dict[str, Any]) -> Outcome:
        has_ended = status in (200, 202, 404)
        designed = has_ended or (status == 409 and "epeat" in body["message"])
        designed = designed or (status in (502, 503) and body["request_id"] == Context.aws_request_id)
        return Outcome(has_ended, (status, body), designed)


@dataclass
class Event(Invocation):
    """An event that Lambda tries again, as the same invocation, when the function has failed."""

    event: dict[str, Any]

    def once(self, world: World, invocation: str = "first") -> Outcome:
        event = {**self.event, "account": world.settings.account}
        answer, error = _handled(api.handler, event, Context(aws_request_id=invocation))
        return Outcome(error is None, answer or error, error is None or isinstance(error, OrchestratorError | Died))

    def again(self, world: World) -> None:
        assert self.once(world, "another").has_ended


@dataclass
class StageJob(Invocation):
    """An action of a pipeline: CodePipeline asks until it is answered with an end; a person retries a failed one."""

    event: dict[str, Any]

    def once(self, world: World) -> Outcome:
        _, error = _handled(stages.handler, self.event, Context())
        if error is not None:
            return Outcome(has_ended=False, told=error, is_as_designed=isinstance(error, OrchestratorError | Died))
        return Outcome(has_ended=True, told=world.pipelines.answers[-1][1])

    def until_it_ends(self, world: World) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for number in range(40):
            outcomes += super().until_it_ends(world)
            told = outcomes[-1].told
            job = self.event["CodePipeline.job"]
            job["data"].pop("continuationToken", None)
            if "continuationToken" in told:
                job["data"]["continuationToken"] = told["continuationToken"]
                world.settle()
            elif "failureDetails" not in told:
                return outcomes
            else:
                job["id"] = str(uuid5(NAMESPACE_URL, f"{number}"))
                world.settle()
            world.pipelines.answers.clear()
        raise AssertionError(f"the action does not end: {outcomes[-1]}")


@dataclass
class CustomResource(Invocation):
    """An event of CloudFormation, which undoes what has failed; then a person deploys it again."""

    handler: Callable[[Any, Any], Any]
    event: dict[str, Any]

    def once(self, world: World) -> Outcome:
        world.custom_resource.clear()
        _, error = _handled(self.handler, self.event, Context())
        if error is not None:
            return Outcome(has_ended=False, told=error, is_as_designed=isinstance(error, Died))
        told = world.custom_resource[-1]
        if told["Status"] == "FAILED":
            self._undo(world, told["PhysicalResourceId"])
        return Outcome(told["Status"] == "SUCCESS", told)

    def again(self, world: World) -> None:
        # What is deleted is not heard of again.
        if self.event["RequestType"] != "Delete":
            assert self.once(world).has_ended

    def _undo(self, world: World, made: str) -> None:
        world.invocation_ended()
        if self.event["RequestType"] == "Create":
            _handled(self.handler, {**self.event, "RequestType": "Delete", "PhysicalResourceId": made}, Context())
            self.event["StackId"] += "f"
        if self.event["RequestType"] == "Update":
            before = {"ResourceProperties": self.event["OldResourceProperties"]}
            _handled(self.handler, {**self.event, **before}, Context())
