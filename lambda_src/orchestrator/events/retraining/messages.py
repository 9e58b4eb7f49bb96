# SPDX-License-Identifier: Apache-2.0
"""Messages about retrainings: what was found, what is started or why nothing is, and the command that pauses it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from orchestrator.aws.notifications import Message
from orchestrator.events.retraining.cases import Asked, Case
from orchestrator.events.retraining.decision import Hold, Violation, Why
from orchestrator.provisioned import pipeline_stacks

_MOST_NAMED: Final = 10
_NEXT: Final[Mapping[Why, str]] = {
    Why.UNKNOWN: "look at the report of the run; without `on`, any violation that is told has the model trained again.",
    Why.PAUSED: "`mlops resume {monitor}`, when it may have a model trained again.",
    Why.WEEK: "see what became of these. A model that drifts so often may need another look more than newer data.",
    Why.TOO_FEW: "see that ground truth arrives, or ask for fewer rows with minimum_rows.",
    Why.GONE: "provision what is missing, or provision the monitor without retrain.",
    Why.NO_REQUEST: "provision {training} once more with its request; an unchanged one starts nothing.",
    Why.NO_PLACE: "provision {monitor} once more with its request.",
}
"""What people can do about a reason that they are told of; they hear of no other."""


def started(case: Case, remarks: Sequence[str]) -> Message:
    """Return the message about a training that has begun."""
    training, asked = case.training, case.asked
    name = training.pipeline.short_name
    first = (
        f"The monitor {asked.monitor_name} has found violations, and {name} trains again: the {training.kind.words} "
        f"{case.job}."
    )
    then = (
        "Next: the message at the end of that job tells what becomes of its model. "
        f"`mlops pause {asked.monitor_name}` keeps this monitor from having it train again."
    )
    listed = [*_found(asked), f"Training data: {_data(case)}", f"Training pipeline: {name}"]
    listed += [f"Remark: {remark}" for remark in remarks]
    return _message(f"MLOps retraining started: {training.pipeline.label}", (first, listed, then), case, "started")


def failed(case: Case, problems: Iterable[str]) -> Message:
    """Return the message about a training that could not be begun."""
    training, asked = case.training, case.asked
    name = training.pipeline.short_name
    first = f"The monitor {asked.monitor_name} has found violations, but {name} could not train again."
    listed = [*problems, *_found(asked)]
    then = (
        "Next: put that right. The next run with violations after the cooldown tries again; "
        f"`mlops pause {asked.monitor_name}` keeps it from that."
    )
    return _message(f"MLOps retraining failed: {training.pipeline.label}", (first, listed, then), case, "failed")


def held(asked: Asked, hold: Hold) -> Message | None:
    """Return the message about a run after which nothing is trained; `None` if nobody need hear of it."""
    if hold.why not in _NEXT:
        return None
    type_name, label = pipeline_stacks.type_and_label(asked.monitor)
    found = "has found violations" if asked.findings.are_certain else "has done a run"
    first = f"The monitor {asked.monitor_name} {found}, and nothing is trained again. {hold.words}"
    then = f"Next: {_NEXT[hold.why].format(monitor=asked.monitor_name, training=asked.retrain.pipeline)}"
    text = _text((first, _found(asked), then))
    return Message(f"MLOps retraining held back: {label}", text, type_name, label, state="held")


def _message(subject: str, parts: tuple[str, list[str], str], case: Case, state: str) -> Message:
    pipeline = case.training.pipeline
    return Message(subject, _text(parts), pipeline.type_name, pipeline.label, state=state)


def _text(parts: tuple[str, list[str], str]) -> str:
    first, listed, then = parts
    return "\n\n".join([first, "\n".join(listed), then])


def _found(asked: Asked) -> list[str]:
    return [
        f"Found: {violations(asked.findings.violations)}",
        f"Monitor: {asked.monitor_name}",
        f"Run: {asked.run}",
        f"Report: {asked.report or 'in the account of the run'}",
    ]


def violations(found: Sequence[Violation]) -> str:
    """Return violations in a line."""
    if not found:
        return "the run's report has it"
    more = len(found) - _MOST_NAMED
    return ", ".join([*map(str, found[:_MOST_NAMED]), *([f"and {more} more"] if more > 0 else [])])


def _data(case: Case) -> str:
    data = case.data
    if data is None:
        return "that of its request"
    validation = f", validation data {data.validation}" if data.validation else ""
    return f"{data.training}{validation}; {data.rows} rows with ground truth"
