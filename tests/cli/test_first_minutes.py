# SPDX-License-Identifier: Apache-2.0
"""README's first ten minutes: the wheel, an empty folder, a terminal, and nothing but what README and the hints say."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from scripts.demo import demo_model
from tests.cli.installed import Installed
from tests.shell_blocks import blocks
from tests.shell_blocks.blocks import Command, Request
from tests.shell_blocks.shell import Shell, Told

# One wheel, installed once, serves these tests and those of its commands.
pytestmark = pytest.mark.xdist_group("installed")

_FIRST: Final = "aws s3 cp model.tar.gz"
_LAST: Final = "mlops status harbour-delay"
_ESCAPES: Final = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def _on_readme() -> list[Command | Request]:
    """What README says between the model and the state of the pipeline."""
    steps = list(blocks.steps(blocks.ROOT / "README.md"))
    texts = [step.text for step in steps]
    first = next(number for number, text in enumerate(texts) if text.startswith(_FIRST))
    return steps[first : texts.index(_LAST) + 1]


def _run(installed: Installed, folder: Path) -> dict[str, Told]:
    """Start the local AWS as README says, then do what it says."""
    words = {
        "ASSETS-BUCKET": "$(aws cloudformation describe-stacks | grep -o 'mlops-orchestrator-assets[^\"]*' | head -1)"
    }
    local, listed = Command("README.md", 0, "mlops local"), Command("README.md", 0, "mlops list")
    shell = Shell(folder, {}, words, installed.mlops, is_terminal=True)
    return {told.command.text.split("#")[0].strip(): told for told in shell.run([local, *_on_readme(), listed])}


def test_first_ten_minutes(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "model.tar.gz").write_bytes(demo_model.package(demo_model.train()))
    told = _run(installed, tmp_path)
    shown = {text: _ESCAPES.sub("", one.output) for text, one in told.items()}

    assert [problem for one in told.values() if (problem := one.problem)] == []
    started, starter = (tmp_path / "local.log").read_text(), "mlops new byom_realtime_builtin --out request.json"
    # Each hint is the command that README has next.
    assert f"next, in another terminal of this folder: {starter}\n" in started
    assert "mlops check request.json" in shown[starter]
    assert "The request is valid" in shown["mlops check request.json"]
    assert "note: using the local AWS of" in shown["mlops check request.json"]
    assert "Succeeded" in shown["mlops provision request.json --watch"]
    assert "InferenceApiUrl" in shown[_LAST]
    assert "harbour-delay" in shown["mlops list"]
