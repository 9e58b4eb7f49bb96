# SPDX-License-Identifier: Apache-2.0
"""The report of the loop's demo: one HTML file without script, with the drawings of the engine's own reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from monitor_engine.report import drawings, page
from monitor_engine.report.page import Html, Page
from scripts.demo.loop.timeline import Timeline
from scripts.demo.loop.traffic import BATCH, Phase

_HEADS: Final = ("phase", "error", "beside the first", "ships", "what the monitor says")


def html(phases: Mapping[str, tuple[Phase, str]], timeline: Timeline, facts: Mapping[str, str]) -> str:
    """Return the file; of each phase there is what the monitor said."""
    told = Page(
        title="The loop closed",
        facts=list(facts.items()),
        remarks=[
            "The model's error while its world changed, and after a newer version was trained by itself, approved by a "
            "person, and deployed by itself"
        ],
        is_run=False,
        sections=[_quality(phases), _phases(phases), _events(timeline)],
    )
    return page.html(told)


def _quality(phases: Mapping[str, tuple[Phase, str]]) -> str:
    points = [point for phase, _ in phases.values() for point in phase.points]
    most, last = max(points), max(len(points) - 1, 1)
    curve = [(place / last, point / most) for place, point in enumerate(points)]
    told = f"Error of each {BATCH} ships in the order of time, from 0 to {most:.1f} hours"
    drawing = drawings.curve("The model's error", told, curve)
    return f"<section><h2>The model's quality</h2>{drawing}<p>{told}.</p></section>"


def _phases(phases: Mapping[str, tuple[Phase, str]]) -> str:
    most = max(phase.error for phase, _ in phases.values())
    first = next(iter(phases.values()))[0].error
    rows = [
        (
            name,
            f"{phase.error:.2f} h",
            Html(drawings.bars(name, f"{phase.error:.2f} hours", first / most, phase.error / most)),
            f"{len(phase.points) * BATCH:,}",
            said,
        )
        for name, (phase, said) in phases.items()
    ]
    legend = f"<p>{drawings.key('w', 'this phase')} {drawings.key('b', 'before')}</p>"
    table = page.table("Root of the mean squared error", _HEADS, rows, (1, 3))
    return f"<section><h2>Before, during, after</h2>{legend}{table}</section>"


def _events(timeline: Timeline) -> str:
    rows = [event.cells for event in timeline]
    table = page.table("Minutes and seconds since the beginning", ("when", "who", "what"), rows)
    return f"<section><h2>What happened</h2>{table}</section>"
