# SPDX-License-Identifier: Apache-2.0
"""What may differ from an undisturbed run after a fault, and why it must. Whatever is not here is a mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from tests.faults.wire import Call, Fault

State = dict[str, Any]


@dataclass(frozen=True)
class Accepted:
    """A deviation: how it comes about, and what is compared all the same."""

    reason: str
    comes_about: Callable[[str, Call, Fault], bool]
    """By the name of the scenario, the call that was struck and the fault."""
    reduced: Callable[[State], State]
    """A state without what may differ."""


def _told(state: State) -> State:
    """Who is told twice is told the same."""
    return {**state, "messages": sorted(set(state["messages"]))}


def _without(*parts: str) -> Callable[[State], State]:
    return lambda state: {key: value for key, value in state.items() if key not in parts}


def _unnamed(state: State) -> State:
    """Messages without whom they are of."""
    return {**state, "messages": [message.partition(":")[0] for message in state["messages"]]}


def _unregistered(state: State) -> State:
    """Without the version and its record; messages by whom they are of, because their subjects tell what came of it."""
    told = [message.partition(":")[2] for message in state["messages"]]
    return {**_without("versions", "objects")(state), "messages": told}


def _succeeded(state: State) -> State:
    """Without the messages of attempts that have failed."""
    return {**state, "messages": [message for message in state["messages"] if "configuration failed" not in message]}


def _no_failures(state: State) -> State:
    """Without the messages and the markers of failures."""
    told = [message for message in state["messages"] if "not deleted" not in message]
    objects = {bucket: {key: value for key, value in found.items() if not key.endswith("/failed")}
               for bucket, found in state["objects"].items()}  # fmt: skip
    return {**state, "messages": told, "objects": objects}


def _unrefused(state: State) -> State:
    """Without what is told of, and recorded about, an attempt that was refused."""
    told = [message for message in state["messages"] if " refused: " not in message]
    return {**state, "messages": told, "steps": [step for step in state["steps"] if step[-1] != "failed"]}


def _unlocked(state: State) -> State:
    objects = {bucket: {key: value for key, value in found.items() if not key.endswith(_LOCK)}
               for bucket, found in state["objects"].items()}  # fmt: skip
    return {**state, "objects": objects}


_LOCK: Final = "/lock"
_SAYS_DONE: Final = b"done"

ACCEPTED: Final = (
    Accepted(
        "What CodePipeline does not tell of a pipeline that has ended is left out of the message.",
        lambda name, call, _: name == "a pipeline has failed" and call.service == "codepipeline",
        _unnamed,
    ),
    Accepted(
        "Publish has no token that makes it once: whoever hears no answer sends the message again.",
        lambda _, call, fault: call.operation == "Publish" and fault.is_after,
        _told,
    ),
    Accepted(
        "Between a message and its marker nothing remembers: a function that dies there tells people twice.",
        lambda _, call, fault: (
            call.parameters.get("Body") == _SAYS_DONE and (fault.how == "died" or fault.extent == "rest")
        ),
        _told,
    ),
    Accepted(
        "AWS does not let the orchestrator go on with a deletion: people are told, and who repeats it ends it.",
        lambda name, _, fault: name.startswith("delete") and fault.how == "denied",
        _no_failures,
    ),
    Accepted(
        "AWS does not let the orchestrator register a model: the message of the job's end says so, and is sent once.",
        lambda name, _, fault: "model is" in name or "Autopilot" in name if fault.how == "denied" else False,
        _unregistered,
    ),
    Accepted(
        "People hear of each attempt at a configuration that has failed, so that they can repair what AWS is denied.",
        lambda name, _, __: name.startswith("configuration"),
        _succeeded,
    ),
    Accepted(
        "The bucket of a configuration may be closed to the orchestrator: the message says that there is no result.",
        lambda name, call, fault: (
            name.startswith("configuration") and fault.how == "denied" and str(call) == "s3.PutObject"
        ),
        _without("objects"),
    ),
    Accepted(
        "A lock that could not be released stays, and is nobody's after some minutes.",
        lambda _, call, __: call.operation == "DeleteObject" and str(call.parameters["Key"]).endswith(_LOCK),
        _unlocked,
    ),
    Accepted(
        "AWS does not let the orchestrator look at a version: people are told, and who repeats it has it deployed.",
        lambda name, call, fault: (
            name.startswith("approval") and fault.how == "denied" and call.operation == "DescribeModelPackage"
        ),
        _unrefused,
    ),
    Accepted(
        "Nothing that SageMaker says to a stop keeps a stack from going away: the job ends by itself.",
        lambda name, call, _: call.operation == "StopTransformJob",
        _without("jobs"),
    ),
)


def reduced(state: State, scenario: str, struck: Iterable[tuple[Call, Fault]]) -> State:
    """What of a state is compared after these faults."""
    for accepted in ACCEPTED:
        if any(accepted.comes_about(scenario, call, fault) for call, fault in struck):
            state = accepted.reduced(state)
    return state
