# SPDX-License-Identifier: Apache-2.0
"""Actions of others are pinned: a tag can be moved by whoever owns it, a commit cannot."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

_WORKFLOWS = sorted((Path(__file__).parents[1] / ".github" / "workflows").glob("*.yml"))
_USES = re.compile(r"\buses: (?P<action>\S+)(?P<comment>.*)")
_PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")


@pytest.mark.parametrize("workflow", _WORKFLOWS, ids=lambda path: path.stem)
def test_actions_of_others_are_pinned_to_a_commit_with_its_version(workflow: Path) -> None:
    used = [found for found in _USES.finditer(workflow.read_text("utf-8")) if not found["action"].startswith("./")]
    assert used
    for found in used:
        assert _PINNED.fullmatch(found["action"]), found["action"]
        assert re.fullmatch(r"  # v\d+\.\d+\.\d+", found["comment"]), found["comment"]
