# SPDX-License-Identifier: Apache-2.0
"""The requests of docs/safe-updates.md are taken as they are printed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from orchestrator.launch.settings import Launch
from tests.orchestrator.requesting import parameters_of

PAGE = (Path(__file__).parents[5] / "docs/safe-updates.md").read_text(encoding="utf-8")
PRINTED = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)]


@pytest.mark.parametrize(
    ("index", "parameter", "begins"),
    [
        pytest.param(0, "Deployment", "CANARY,CAPACITY_PERCENT,10,300,", id="deployment"),
        pytest.param(1, "Variant1", "production|challenger|3|", id="variants"),
    ],
)
def test_what_is_printed_is_taken(index: int, parameter: str, begins: str, launch: Launch) -> None:
    assert len(PRINTED) == 2
    assert parameters_of(PRINTED[index], launch)[parameter].startswith(begins)
