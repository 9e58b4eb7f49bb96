# SPDX-License-Identifier: Apache-2.0
"""A template that cannot be made ends the command: its second process waits for nobody."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

from scripts.paths import ROOT

_LIMIT_SECONDS: Final = 60
_FAILING: Final = """
from generator import catalogue, halves

def texts_of(makers):
    if not any(path.startswith("blueprints/") for path in makers):
        raise ValueError("no such resource")
    return {"blueprints/x.yaml": "x" * 1_000_000}

catalogue.texts_of = texts_of
halves.texts()
"""


def test_a_failure_of_one_half_ends_both() -> None:
    """More than a pipe holds is written to nobody; whoever reads this output waits for both processes."""
    done = subprocess.run(
        [sys.executable, "-c", _FAILING], cwd=ROOT, capture_output=True, text=True, timeout=_LIMIT_SECONDS, check=False
    )
    assert done.returncode == 1
    assert "no such resource" in done.stderr
