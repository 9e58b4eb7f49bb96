# SPDX-License-Identifier: Apache-2.0
"""Names of monitors and of their runs, as people type them."""

from __future__ import annotations

from typing import Final

from orchestrator.pipeline_types.base import STACK_PREFIX

# Word in the name of every type that monitors.
_WORD: Final = "monitor"
_SHORT: Final = 8


def of_monitor(given: str) -> str:
    """Return the name by which the API finds a monitor: a model's own name may mean other pipelines, too."""
    is_model = "/" not in given and not given.startswith((f"{STACK_PREFIX}-", "arn:"))
    return f"{given}/{_WORD}" if is_model else given


def short(run_id: str) -> str:
    """Return the end of a run's id, which commands take as well."""
    return run_id[-_SHORT:]
