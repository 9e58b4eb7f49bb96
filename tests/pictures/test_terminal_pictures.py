# SPDX-License-Identifier: Apache-2.0
"""The pictures of a terminal say what the commands write today; times, ids and numbers may be others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scripts import paths
from scripts.pictures import scene, sessions, terminal
from scripts.pictures.sessions import SESSIONS, Session
from tests.end_to_end import running

if TYPE_CHECKING:
    from tests.end_to_end.running import Running

_AGAIN = "run `make pictures`, and look at the pictures"
_DRAWN = [*(session.path for session in SESSIONS), sessions.DEMO]


@pytest.fixture(scope="module")
def stage(recorded_calls: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A local AWS of its own, with what the pictures show and nothing else."""
    with running.mlops_local(tmp_path_factory.mktemp("pictures"), recorded_calls) as started:
        scene.make(started.deployment)
        scene.run_monitor(started.folder)
        yield started


@pytest.mark.parametrize("session", SESSIONS, ids=lambda session: session.name)
def test_a_picture_says_what_its_command_writes(stage: Running, session: Session) -> None:
    typed, *lines = terminal.said(session.path.read_text(encoding="utf-8"))
    assert typed == f"${session.typed.replace(' ', '')}"
    assert lines == terminal.shown(session.written(stage.folder)), _AGAIN


def test_the_demos_picture_has_its_chapters() -> None:
    """The demo itself takes half a minute, and is run by `make demo`."""
    told = (paths.ROOT / "scripts" / "demo" / "single.py").read_text(encoding="utf-8")
    chapters = [re.sub(r"\W|\d", "", title) for title in re.findall(r'chapter\(f?"([^"{]+)', told)]
    shown = re.sub(r"[^\w\n]|\d", "", "\n".join(terminal.said(sessions.DEMO.read_text(encoding="utf-8"))))
    assert len(chapters) == 7
    assert [chapter for chapter in chapters[2:] if chapter not in shown] == [], _AGAIN


@pytest.mark.parametrize("path", _DRAWN, ids=lambda path: path.stem)
def test_a_picture_is_small_and_loads_nothing(path: Path) -> None:
    content = path.read_text(encoding="utf-8")
    assert len(content) < 40_000
    assert "<script" not in content
    assert "url(http" not in content
    assert "@font-face" not in content
    assert str(paths.ROOT) not in content


def test_what_differs_from_run_to_run_is_the_same_in_pictures() -> None:
    written = (
        "note: using the local AWS of /tmp/a, at http://127.0.0.1:1\n2026-11-30 07:29 12:30:01"
        " MLOpsPipeline-OPXEGPWBNUPM assetsbucket-yhedvegovndi 127.0.0.1:38211 `/a/.venv/bin/mlops local`"
    )
    assert terminal.steady(written) == (
        "2026-11-24 15:00 15:00:00 MLOpsPipeline-A1B2C3D4E5F6 assetsbucket-A1B2C3D4E5F6 127.0.0.1:40000 `mlops local`"
    )


def test_other_words_are_noticed() -> None:
    assert terminal.shown("state: Succeeded 17") == terminal.shown("state:  Succeeded 4")
    assert terminal.shown("state: Succeeded") != terminal.shown("state: Failed")
