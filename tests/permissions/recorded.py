# SPDX-License-Identifier: Apache-2.0
"""The calls of functions that a whole run of tests/end_to_end has made, as `make trust` has written them down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from scripts.iam import recording
from tests.permissions.reasons import RARELY

FILE: Final = Path(__file__).with_name("recorded_calls.json")


def calls() -> dict[str, set[str]]:
    """Role of a function -> the actions that it has used."""
    return {role: set(actions) for role, actions in json.loads(FILE.read_text("utf-8")).items()}


def unrecorded(made: dict[str, list[str]]) -> dict[str, set[str]]:
    """What functions have called, and is not on record; roles of others are left out."""
    on_record = calls()
    found = {
        role: set(actions) - on_record[role] - RARELY.get(role, {}).keys()
        for role, actions in made.items()
        if role in on_record
    }
    return {role: actions for role, actions in found.items() if actions}


@contextmanager
def only_recorded_calls(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fails at the end if a function has made a call that is not on record."""
    patch.setenv(recording.FOLDER, str(folder))
    yield
    assert unrecorded(recording.read(folder)) == {}, "make trust puts new calls on record"
