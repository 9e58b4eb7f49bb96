# SPDX-License-Identifier: Apache-2.0
"""The pictures of a terminal in the guide, each of a command that was really run."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from scripts.paths import ROOT
from scripts.pictures import scene, terminal

FOLDER: Final = ROOT / "docs" / "images"
_REFUSED: Final[dict[str, Any]] = {
    "pipeline_type": "byom_realtime_builtin",
    "model_name": "ship delay",
    "model_framework": "xgboost",
    "model_framework_version": "1.7-11",
    "model_artifact_location": "models/ship-delay/model.zip",
    "inference_instance": "ml.m5.larg",
    "instance_count": 2,
}


@dataclass(frozen=True)
class Session:
    """Command, and its picture."""

    name: str
    arguments: tuple[str, ...]

    @property
    def path(self) -> Path:
        """Where the picture is."""
        return FOLDER / f"{self.name}.svg"

    @property
    def typed(self) -> str:
        """What a person types."""
        return " ".join(("mlops", *self.arguments))

    def written(self, folder: Path) -> str:
        """Return what the command writes, for the local AWS that runs in a folder."""
        (folder / "request.json").write_text(json.dumps(_REFUSED), encoding="utf-8")
        return terminal.mlops(self.arguments, folder)


SESSIONS: Final = (
    Session("mlops-list", ("list", "--model", scene.MODEL)),
    Session("mlops-status", ("status", f"{scene.MODEL}/realtime")),
    Session("mlops-check", ("check", "request.json")),
    Session("mlops-monitor-list", ("monitor", "list", scene.MONITOR)),
)
DEMO: Final = FOLDER / "make-demo.svg"
_DEMO_BEGINS: Final = "Provision: one signed call of the API"
_CHAPTER: Final = re.compile(r"(\x1b\[[\d;]*m)*\[ *(\x1b\[[\d;]*m)*[\d.]+[^m]* s")
_LEFT_OUT: Final = "  …"


def drawn(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield each picture of `mlops` with its content, for the scene in a folder."""
    for session in SESSIONS:
        yield session.path, terminal.svg(session.name, session.typed, session.written(folder))


def demo() -> str:
    """Return the picture of the end of `make demo`: mails by their subjects, and nothing of the second model."""
    written = terminal.steady(terminal.run((sys.executable, "-m", "scripts.demo.single"), ROOT))
    return terminal.svg("make-demo", "make demo", "\n".join(_shortened(written.splitlines())))


def _shortened(lines: list[str]) -> Iterator[str]:
    begins = next(number for number, line in enumerate(lines) if _DEMO_BEGINS in line)
    yield _LEFT_OUT
    yield ""
    skipping = False
    for line in lines[begins:]:
        is_chapter = bool(_CHAPTER.match(line))
        if is_chapter:
            skipping = "another model" in line
        is_inside_a_mail = line.startswith("  |") and "Subject:" not in line
        if is_chapter or not (skipping or is_inside_a_mail):
            yield line
