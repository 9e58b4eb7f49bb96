# SPDX-License-Identifier: Apache-2.0
"""Run of a plan, part by part. Failures are reported, and parts that do not need a failed one still run."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from scripts.verification.claims.every import CLAIMS
from scripts.verification.part import Finding, Part
from scripts.verification.plan import Plan
from scripts.verification.scene import NotImitatedError, Scene

State = Literal["done", "failed", "left out", "not imitated"]
Verdict = Literal[
    "confirmed", "refuted", "noted", "imitated", "imitated otherwise", "not imitated", "not settled", "by hand"
]
_LONGEST_WORDS: Final = 1000
BAD: Final[tuple[Verdict, ...]] = ("refuted", "imitated otherwise")
"""Verdicts that require a change of the product or of the local AWS."""


@dataclass(frozen=True)
class Outcome:
    """Outcome of a part."""

    part: Part
    state: State
    words: str
    seconds: float
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class Judged:
    """Verdict on a claim after a verification."""

    claim: str
    seen: str
    verdict: Verdict


def carry_out(scene: Scene, plan: Plan) -> list[Outcome]:
    """Run every part, in order. Only an interruption ends it earlier."""
    outcomes: dict[str, Outcome] = {}
    for part in plan.parts:
        scene.say(f"{part.name}: {part.what}")
        outcomes[part.name] = outcome = _outcome(scene, part, outcomes)
        scene.say(f"  {outcome.state} after {outcome.seconds:.0f} s{f': {outcome.words}' if outcome.words else ''}")
        for finding in outcome.findings:
            scene.say(f"  seen: {finding.seen}")
    return list(outcomes.values())


def _outcome(scene: Scene, part: Part, before: Mapping[str, Outcome]) -> Outcome:
    missing = [name for name in part.needs if name not in before or before[name].state != "done"]
    if missing:
        return Outcome(part, "left out", f"it needs {', '.join(missing)}", 0)
    started = time.monotonic()
    findings: list[Finding] = []
    state, words = _tried(scene, part, findings)
    return Outcome(part, state, words, time.monotonic() - started, tuple(findings))


def _tried(scene: Scene, part: Part, findings: list[Finding]) -> tuple[State, str]:
    try:
        for finding in part.findings(scene):
            if finding.claim not in CLAIMS:
                raise KeyError(finding.claim)
            findings.append(finding)
    except NotImitatedError as error:
        return "not imitated", _in_a_line(error)
    except Exception as error:
        # Any error, our own mistakes too, is reported. The other parts run, and the clean-up is never left out.
        return "failed", f"{type(error).__name__}: {_in_a_line(error)}"
    return "done", ""


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split())[:_LONGEST_WORDS]


def judged(outcomes: Sequence[Outcome], *, is_local: bool) -> list[Judged]:
    """Return a verdict on every claim. Results of the local AWS prove nothing and have verdicts of their own."""
    by_part = {outcome.part.name: outcome for outcome in outcomes}
    found = [finding for outcome in outcomes for finding in outcome.findings]
    return [_verdict(name, found, by_part, is_local=is_local) for name in CLAIMS]


def _verdict(name: str, found: Iterable[Finding], by_part: Mapping[str, Outcome], *, is_local: bool) -> Judged:
    claim = CLAIMS[name]
    ours = [finding for finding in found if finding.claim == name]
    if ours:
        held = [finding.holds for finding in ours]
        return Judged(name, "; ".join(finding.seen for finding in ours), _of(held, is_local=is_local))
    if not claim.part:
        return Judged(name, claim.by_hand, "by hand")
    outcome = by_part.get(claim.part)
    if outcome is None:
        return Judged(name, f"`{claim.part}` was not asked for", "not settled")
    if outcome.state == "not imitated":
        return Judged(name, outcome.words, "not imitated")
    return Judged(name, f"`{claim.part}` is {outcome.state}: {outcome.words}", "not settled")


def _of(held: Sequence[bool | None], *, is_local: bool) -> Verdict:
    if False in held:
        return "imitated otherwise" if is_local else "refuted"
    if is_local:
        return "imitated"
    return "confirmed" if True in held else "noted"


def problems(outcomes: Sequence[Outcome], verdicts: Sequence[Judged]) -> Iterator[str]:
    """Yield one sentence for each reason why a verification is no success."""
    for outcome in outcomes:
        if outcome.state in ("failed", "left out"):
            yield f"{outcome.part.name} is {outcome.state}: {outcome.words}"
    for one in verdicts:
        if one.verdict in BAD:
            yield f"{one.claim} is {one.verdict}: {one.seen}"
