# SPDX-License-Identifier: Apache-2.0
"""Messages about versions and baselines that pipelines take by themselves: what is done, why, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from orchestrator.automation.pauses import Pause
from orchestrator.aws.notifications import Message
from orchestrator.events.approved_versions.pending import Pending
from orchestrator.provisioned import pipeline_stacks
from orchestrator.sagemaker import version_arns

LONGEST_DETAIL: Final = 2000
_VERSION: Final = "model_package_name"


@dataclass(frozen=True)
class Subject:
    """The pipeline that a message is about."""

    common_name: str
    request: Mapping[str, Any]

    @property
    def model(self) -> str:
        """Name of its model, as people call it."""
        return str(self.request.get("model_name", ""))

    @property
    def name(self) -> str:
        """Its name, as commands take it."""
        return pipeline_stacks.deployed_as(self.common_name, self.model).short_name

    def message(self, what: str, state: str, *paragraphs: str) -> Message:
        """Return a message about it."""
        whose = {
            "Model": self.model,
            "Type": str(self.request.get("pipeline_type", "")),
            "Pipeline": self.name,
        }
        lines = "\n".join(f"{name}: {value}" for name, value in whose.items() if value)
        return Message(
            subject=f"MLOps {what}: {self.model or self.common_name}",
            text="\n\n".join([*filter(None, paragraphs[:-1]), lines, paragraphs[-1]]),
            pipeline_type=whose["Type"],
            model_name=self.model,
            state=state,
        )


def started(subject: Subject, change: Pending, stopped: Sequence[str]) -> Message:
    """Return what is told of a change that is under way."""
    what, sentence = _doing(subject, change)
    ended = f"Stopped, because it still waited for an approval: execution {', '.join(stopped)}." if stopped else ""
    following = f"Next: nothing; its end has a message of its own. mlops pause {subject.name} keeps it as it is."
    return subject.message(what, "started", sentence, _why(change), ended, following)


def refused(subject: Subject, change: Pending, problems: Sequence[str]) -> Message:
    """Return what is told of a change that the orchestrator refuses to make."""
    listed = "\n".join(f"- {problem}" for problem in problems)
    return subject.message(
        f"{_noun(change)} refused",
        "refused",
        f"{_target(change)} is not taken by {subject.name}: the request is refused with it. Nothing was changed.",
        listed,
        _why(change),
        "Next: put right what is named, and approve the version again, or approve another one.",
    )


def paused(subject: Subject, change: Pending, pause: Pause) -> Message:
    """Return what is told of a change that waits for the end of a pause."""
    reason = f" ({pause.reason})" if pause.reason else ""
    return subject.message(
        f"{_noun(change)} held",
        "held",
        f"{_target(change)} is not taken by {subject.name} yet: {pause.by} has paused it{reason}.",
        _why(change),
        f"Next: mlops resume {subject.name} has it taken, if it is still the one to take then.",
    )


def none_left(subject: Subject, change: Pending) -> Message:
    """Return what is told when a pipeline serves a version that is not approved, and no other is."""
    return subject.message(
        "no approved version left",
        "held",
        f"{subject.name} has {_target(change, start=False)}, which is not approved any more, and no version of its "
        "group is. It is left as it is: nothing is taken down.",
        _why(change),
        f"Next: approve a version, which is deployed then; or delete the pipeline: mlops delete {subject.name}.",
    )


def without_baseline(subject: Subject, change: Pending, version: str) -> Message:
    """Return what is told of a monitor whose endpoint has a version without data for a baseline."""
    return subject.message(
        "baseline kept",
        "held",
        f"{subject.name} keeps its baseline: {version_arns.in_words(version)} has no baseline_data among its metadata.",
        _why(change),
        "Next: if the model has learned from other data, provision the monitor with baseline_data of these.",
    )


def _doing(subject: Subject, change: Pending) -> tuple[str, str]:
    if _VERSION not in change.changes:
        return "new baseline", f"{subject.name} takes a new baseline: {change.changes['baseline_data']}."
    before, now = str(subject.request.get(_VERSION, "")), change.changes[_VERSION]
    what = "rolling back to" if change.step == "roll_back" else "deploying"
    instead = f" instead of version {version_arns.number(before)}" if before not in ("", now) else ""
    sentence = f"{subject.name} is {what} {_target(change, start=False)}{instead}."
    return f"{what} version {version_arns.number(now)}", sentence


def _noun(change: Pending) -> str:
    return {"roll_back": "roll-back", "follow_baseline": "new baseline"}.get(change.step, "deployment")


def _target(change: Pending, *, start: bool = True) -> str:
    version = change.changes.get(_VERSION)
    if version is None:
        words = f"the baseline {change.changes.get('baseline_data', '')}"
    else:
        words = version_arns.in_words(version)
    return f"{words[0].upper()}{words[1:]}" if start else words


def _why(change: Pending) -> str:
    return f"Why: {change.cause.words}."
