# SPDX-License-Identifier: Apache-2.0
"""Colours of states. A colour only repeats what the word says."""

from __future__ import annotations

import re
from typing import Final

from rich.text import Text

_STYLES: Final = (
    (r"[A-Z_]*(?:FAILED|ROLLBACK)[A-Z_]*|Failed|Unhealthy|Stopped|Cancelled|Abandoned|Rejected|OUTDATED", "red"),
    (r"CompletedWithViolations", "red"),
    (r"Waiting for approval", "bold magenta"),
    (r"[A-Z_]+_IN_PROGRESS|InProgress|Deploying|Running|Stopping|Pending|Creating|Updating|Deleting", "yellow"),
    (r"[A-Z_]+_COMPLETE|Succeeded|Completed|Approved|InService|Scheduled|CURRENT", "green"),
    (r"Waiting|Superseded|unknown", "dim"),
)
_WORDS: Final = [(re.compile(rf"(?<![\w-])(?:{words})(?![\w-])"), colour) for words, colour in _STYLES]
# In a longer line, such a word is part of a sentence and tells no state.
_LONGEST_LINE: Final = 60


def style(state: str) -> str:
    """Return the colour of a state; empty for other words."""
    return next((colour for words, colour in _WORDS if words.fullmatch(state)), "")


def coloured(text: str) -> Text:
    """Return the text with the states in its short lines coloured."""
    made = Text()
    for number, line in enumerate(text.split("\n")):
        shown = Text(line)
        if len(line) <= _LONGEST_LINE:
            for words, colour in reversed(_WORDS):
                shown.highlight_regex(words, colour)
        made.append("\n" if number else "").append_text(shown)
    return made
