# SPDX-License-Identifier: Apache-2.0
"""The API's messages in the words of the command line: a person there does not know routes."""

from __future__ import annotations

import re
from typing import Final

from mlops_orchestrator.settings import hints

_COMMANDS: Final = (
    (r"GET /pipelines/\{id\}/runs", "monitor list"),
    (r"POST /pipelines/\{id\}/runs", "monitor run"),
    (r"GET /pipelines/\{id\}, or mlops status,", "status"),
    (r"GET /pipelines/\{id\}", "status"),
    (r"GET /pipelines\b(?!/)", "list"),
    (r"DELETE /pipelines/\{id\}", "delete"),
    (r"GET /pipeline-types/\{name\}", "pipeline-types new"),
    (r"GET /pipeline-types\b(?!/)", "pipeline-types list"),
    (r"POST /provisionpipeline", "provision"),
    (r"POST /pipelinestatus", "status"),
)
_PATTERNS: Final = [(re.compile(route), command) for route, command in _COMMANDS]


def as_commands(text: str) -> str:
    """Return a message of the API with the command in place of each route, such as `mlops list` for GET /pipelines."""
    for route, command in _PATTERNS:
        if route.search(text):
            # As a literal: a path may have a backslash.
            text = f"`{hints.command(command)}`".join(route.split(text))
    return text
