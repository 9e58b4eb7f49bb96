# SPDX-License-Identifier: Apache-2.0
"""The API's messages in the words of the command line: a person there does not know routes."""

from __future__ import annotations

import re
from typing import Final

_COMMANDS: Final = (
    (r"GET /pipelines/\{id\}, or mlops status,", "`mlops status`"),
    (r"GET /pipelines/\{id\}", "`mlops status`"),
    (r"GET /pipelines\b(?!/)", "`mlops list`"),
    (r"DELETE /pipelines/\{id\}", "`mlops delete`"),
    (r"GET /pipeline-types/\{name\}", "`mlops pipeline-types new`"),
    (r"GET /pipeline-types\b(?!/)", "`mlops pipeline-types list`"),
    (r"POST /provisionpipeline", "`mlops provision`"),
    (r"POST /pipelinestatus", "`mlops status`"),
)
_PATTERNS: Final = [(re.compile(route), command) for route, command in _COMMANDS]


def as_commands(text: str) -> str:
    """Return a message of the API with the command in place of each route, such as `mlops list` for GET /pipelines."""
    for route, command in _PATTERNS:
        text = route.sub(command, text)
    return text
