# SPDX-License-Identifier: Apache-2.0
"""The command makes its templates in two processes, each in one of its own here: a test has threads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
_LIMIT_SECONDS = 120


def ran(*lines: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "\n".join(lines)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=_LIMIT_SECONDS,
        check=False,
    )


def test_both_halves_are_all_templates() -> None:
    ended = ran("from generator import catalogue, halves", "assert halves.texts() == catalogue.texts()")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_a_blueprint_that_cannot_be_made_fails_the_command_and_says_why() -> None:
    ended = ran(
        "from generator import halves",
        "from generator.blueprints import batch_transform",
        "batch_transform.template = lambda: 1 / 0",
        "halves.texts()",
    )
    assert ended.returncode == 1
    assert "ZeroDivisionError" in ended.stderr
    assert "ChildProcessError: the blueprints could not be made" in ended.stderr


def test_a_root_template_that_cannot_be_made_ends_the_other_process_too() -> None:
    """It writes more than a pipe holds to nobody; whoever reads this output waits for both."""
    ended = ran(
        "from generator import halves",
        "from generator.root import single_account",
        "single_account.template = lambda kinds: 1 / 0",
        "halves.texts()",
    )
    assert ended.returncode == 1
    assert "ZeroDivisionError" in ended.stderr
