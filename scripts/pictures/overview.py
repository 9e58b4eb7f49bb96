# SPDX-License-Identifier: Apache-2.0
"""The picture on top of README, for light and dark: a request becomes a pipeline, and monitors close the loop."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from scripts.launch.local_deployment import STAGE_ACCOUNTS
from scripts.paths import ROOT

FOLDER: Final = ROOT / "docs" / "images"
REQUEST: Final = {
    "pipeline_type": "byom_realtime_builtin",
    "model_name": "harbour-delay",
    "model_artifact_location": "models/harbour-delay/model.tar.gz",
    "model_framework": "xgboost",
    "model_framework_version": "1.7-1",
    "inference_instance": "ml.m5.large",
    "data_capture_location": "captures/harbour-delay",
}
"""Which the picture shows, and the orchestrator takes."""
_WIDTH, _HEIGHT = 1200, 430
_ORCHESTRATOR: Final = ("checks the request", "shows the plan", "creates the pipeline", "says how it ended")
_LONGEST = 46
_WATCHED: Final = "drift · quality · bias · attribution"
_SANS: Final = "system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif"
_MONO: Final = "ui-monospace, SFMono-Regular, Menlo, 'DejaVu Sans Mono', monospace"


@dataclass(frozen=True)
class Colours:
    """Of one scheme."""

    text: str
    quiet: str
    panel: str
    box: str
    line: str
    accent: str
    good: str
    asks: str


SCHEMES: Final = {
    "light": Colours("#1a2330", "#566273", "#f3f6fa", "#ffffff", "#8793a3", "#0b5cad", "#177245", "#9a5b00"),
    "dark": Colours("#e8edf3", "#a3afbd", "#1c2430", "#262f3d", "#7d8a9b", "#7cb8f5", "#6fd39c", "#f0b35a"),
}


def path(scheme: str) -> Path:
    """Return where the picture for a scheme is."""
    return FOLDER / f"overview-{scheme}.svg"


def svg(colours: Colours) -> str:
    """Return the picture."""
    parts = "\n".join([*_request(colours), *_orchestrator(colours), *_pipeline(colours), *_loop(colours)])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' font-family="{escape(_SANS)}" fill="{colours.text}">\n<defs><marker id="end" viewBox="0 0 8 8" refX="7"'
        f' refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="{colours.accent}"/>'
        f"</marker></defs>\n{parts}\n</svg>\n"
    )


def _box(left: int, top: int, size: tuple[int, int], fill: str, line: str) -> str:
    width, height = size
    return (
        f'<rect x="{left}" y="{top}" width="{width}" height="{height}" rx="10" fill="{fill}" stroke="{line}"'
        ' stroke-width="1.5"/>'
    )


def _text(left: int, top: int, words: str, more: str = "") -> str:
    return f'<text x="{left}" y="{top}" {more}>{escape(words, quote=False)}</text>'


def _title(left: int, top: int, words: str) -> str:
    return _text(left, top, words, 'font-size="20" font-weight="700"')


def _arrow(colours: Colours, points: str) -> str:
    return f'<path d="{points}" fill="none" stroke="{colours.accent}" stroke-width="2.5" marker-end="url(#end)"/>'


def _request(colours: Colours) -> Iterator[str]:
    yield _box(12, 12, (330, 238), colours.panel, colours.line)
    yield _title(32, 44, "1  One request")
    shown = f'font-family="{escape(_MONO)}" font-size="11.5" xml:space="preserve"'
    for number, line in enumerate(json.dumps(REQUEST, indent=1).splitlines()):
        # An address that does not fit is cut where a reader expects it.
        yield _text(28, 70 + 17 * number, line if len(line) < _LONGEST else _cut(line), shown)
    yield _text(32, 236, "API, command, console or a file in S3", f'font-size="13" fill="{colours.quiet}"')


def _cut(line: str) -> str:
    return f'{line[: _LONGEST - 8]}…"{"," if line.endswith(",") else ""}'


def _orchestrator(colours: Colours) -> Iterator[str]:
    yield _box(400, 12, (240, 238), colours.panel, colours.line)
    yield _title(420, 44, "2  The orchestrator")
    for number, line in enumerate(_ORCHESTRATOR):
        yield _text(420, 84 + 32 * number, f"✓  {line}", 'font-size="15.5"')
    yield _text(420, 236, "no administrator role", f'font-size="13" fill="{colours.quiet}"')
    yield _arrow(colours, "M342 130 H396")


def _pipeline(colours: Colours) -> Iterator[str]:
    yield _box(698, 12, (490, 238), colours.panel, colours.line)
    yield _title(718, 44, "3  A pipeline through your accounts")
    yield _arrow(colours, "M640 130 H694")
    for number, stage in enumerate(STAGE_ACCOUNTS):
        left = 718 + 160 * number
        yield _box(left, 76, (110, 112), colours.box, colours.good)
        yield _text(
            left + 55, 104, stage, f'font-size="17" font-weight="700" text-anchor="middle" fill="{colours.good}"'
        )
        for line, said in enumerate(("endpoint,", "batch or", "monitor")):
            yield _text(left + 55, 130 + 20 * line, said, 'font-size="14" text-anchor="middle"')
        if number:
            yield _arrow(colours, f"M{left - 50} 132 H{left - 4}")
            yield _text(left - 26, 208, "approve", f'font-size="14" text-anchor="middle" fill="{colours.asks}"')
            yield f'<path d="M{left - 26} 194 V140" stroke="{colours.asks}" stroke-width="1.5" stroke-dasharray="3 3"/>'
    words = "e-mails to approvers and subscribers"
    yield _text(718, 236, words, f'font-size="13" fill="{colours.quiet}"')


def _loop(colours: Colours) -> Iterator[str]:
    yield _box(698, 312, (490, 104), colours.panel, colours.line)
    yield _title(718, 346, "4  Monitors, with reports")
    yield _text(718, 374, _WATCHED, 'font-size="15.5"')
    yield _text(718, 400, "computed by an engine that comes with it", f'font-size="13" fill="{colours.quiet}"')
    yield _arrow(colours, "M1093 250 V308")
    yield _box(212, 312, (428, 104), colours.panel, colours.line)
    yield _title(232, 346, "5  Train again, and register")
    yield _text(232, 374, "training · tuning · Autopilot · model registry", 'font-size="15.5"')
    yield _text(232, 400, "by a request, or by itself if you allow it", f'font-size="13" fill="{colours.quiet}"')
    yield _arrow(colours, "M698 364 H644")
    yield _arrow(colours, "M212 364 H110 V254")
