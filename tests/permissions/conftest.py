# SPDX-License-Identifier: Apache-2.0
"""The committed templates, and what is allowed beyond what is needed, told at the end of a run."""

from __future__ import annotations

from typing import Any

from tests.generator.conftest import templates

__all__ = ["templates"]

_told: dict[str, str] = {}


def pytest_runtest_logreport(report: Any) -> None:
    """Keep what tests have to say."""
    _told.update({name: str(value) for name, value in report.user_properties if name.startswith("role ")})


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say it."""
    for name, value in sorted(_told.items()):
        terminalreporter.write_line(f"{name}: {value}")
