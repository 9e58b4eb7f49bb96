# SPDX-License-Identifier: Apache-2.0
"""`python -m generator.reference.closed_loop`: the state machine of the closed loop, drawn into docs/closed-loop.md.

The ways out of a decision are those that the code has: a decision that nothing is drawn for ends the drawing with an
error.
"""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, get_args, get_type_hints

from orchestrator.automation.journal import StepName
from orchestrator.events.approved_versions import decisions
from orchestrator.events.retraining import decision
from orchestrator.events.retraining.decision import Hold, Prepare, Start, Started, Why

PAGE: Final = Path(__file__).parents[2] / "docs" / "closed-loop.md"
BEGIN: Final = "<!-- begin: python -m generator.reference.closed_loop -->"
END: Final = "<!-- end -->"

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


def with_drawing(page: str) -> str:
    """Return the page with what is between the markers made anew."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{drawing()}\n\n{END}{after}"


def _transitions() -> Iterator[tuple[str, str, str]]:
    yield from _FIXED
    for kind in get_args(decision.Decision):
        after, words = _OF_RUNS[kind]
        yield "Deciding", after, words
    for what in get_args(get_type_hints(decisions.Decision)["what"]):
        after, words = _OF_VERSIONS[what]
        yield "Looking", after, words


def main(arguments: list[str] | None = None) -> int:
    """Write the page; with `--check` print the difference and return 1 if there is one."""
    parser = argparse.ArgumentParser(prog="python -m generator.reference.closed_loop", description=__doc__)
    parser.add_argument("--check", action="store_true", help="only compare; exit with 1 and a diff on drift")
    options = parser.parse_args(arguments)
    committed = PAGE.read_text(encoding="utf-8")
    wanted = with_drawing(committed)
    if options.check:
        sys.stdout.writelines(difflib.unified_diff(committed.splitlines(True), wanted.splitlines(True)))
        return int(committed != wanted)
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
