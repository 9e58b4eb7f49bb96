# SPDX-License-Identifier: Apache-2.0
"""`python -m generator.reference.closed_loop`: the state machine of the closed loop, drawn into docs/closed-loop.md.

The ways out of a decision are those that the code has: a decision that nothing is drawn for ends the drawing with an
error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, get_args, get_type_hints

from generator import files
from orchestrator.automation.journal import StepName
from orchestrator.events.approved_versions import decisions
from orchestrator.events.retraining import decision
from orchestrator.events.retraining.decision import Hold, Prepare, Start, Started, Why

DOCS: Final = Path(__file__).parents[2] / "docs"
NAME: Final = "closed-loop.md"

_BEGIN: Final = "<!-- begin: python -m generator.reference.closed_loop -->"
_END: Final = "<!-- end -->"

_OF_RUNS: Final[Mapping[type, tuple[str, str]]] = {
    Hold: ("Watching", "held back"),
    Prepare: ("Preparing", "merged data"),
    Start: ("Training", "the request's data, or data that is written"),
    Started: ("Training", "an interrupted attempt has started it"),
}
"""Decision on a run -> state after it, and when that is."""
_OF_VERSIONS: Final[Mapping[str, tuple[str, str]]] = {
    "deploy": ("Deploying", "a newer version is approved"),
    "roll_back": ("Deploying", "the present version is not approved any more"),
    "finish": ("Deploying", "an interrupted attempt goes on"),
    "none_left": ("Deployed", "no version is approved: it stays, and people are told"),
    "nothing": ("Deployed", "the present version is the newest approved one"),
}
"""Decision on the versions of a group -> state after it, and when that is."""
_STEPS: Final[Mapping[str, str]] = {
    "retrain": "Training",
    "prepare_data": "Preparing",
    "deploy": "Deploying",
    "roll_back": "Deploying",
    "follow_baseline": "Following",
}
"""Step of the journal -> the state that it begins."""
_FIXED: Final = (
    ("Watching", "Deciding", "a run ends with violations"),
    ("Preparing", "Deciding", "data.json is written"),
    ("Training", "Watching", "failed or stopped"),
    ("Training", "Registered", "completed, without better_than"),
    ("Training", "Comparing", "completed, with better_than"),
    ("Comparing", "Registered", "better, or Rejected with both figures"),
    ("Registered", "Looking", "approved or rejected, by a person or by the request"),
    ("Deploying", "Deployed", "the pipeline has got through, its approvals included"),
    ("Deployed", "Following", "the version has baseline_data"),
    ("Following", "Watching", "the baseline is new"),
    ("Deployed", "Looking", "approved or rejected"),
    ("Deployed", "Watching", "without baseline follow"),
)


def drawing() -> str:
    """Return the state machine as Mermaid, and what is written down at which state."""
    lines = [
        "stateDiagram-v2",
        "    accTitle: From a run that finds violations to the version that is deployed",
        "    [*] --> Watching",
        *(f"    {before} --> {after}: {words}" for before, after, words in _transitions()),
    ]
    steps = ", ".join(f"`{step}` ({_STEPS[step]})" for step in get_args(StepName))
    held = ", ".join(f"`{why.name.lower()}`" for why in Why)
    return (
        "```mermaid\n" + "\n".join(lines) + "\n```\n\n"
        f"Steps of the journal, with the state that each begins: {steps}. Reasons to hold a retraining back: {held}."
    )


def texts() -> dict[str, str]:
    """Return the page with the drawing made anew, by its name below docs/."""
    page = (DOCS / NAME).read_text(encoding="utf-8")
    return {NAME: files.between(page, _BEGIN, _END, f"\n\n{drawing()}\n\n")}


def _transitions() -> Iterator[tuple[str, str, str]]:
    yield from _FIXED
    for kind in get_args(decision.Decision):
        after, words = _OF_RUNS[kind]
        yield "Deciding", after, words
    for what in get_args(get_type_hints(decisions.Decision)["what"]):
        after, words = _OF_VERSIONS[what]
        yield "Looking", after, words


if __name__ == "__main__":
    sys.exit(files.main("python -m generator.reference.closed_loop", texts, DOCS, NAME))
