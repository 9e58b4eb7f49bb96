# SPDX-License-Identifier: Apache-2.0
"""The main case of captures in one piece: a block of records that have one row of plain CSV each and are in the window.

It takes half the time of record by record, and never decides otherwise: whatever is not plain is left to that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from monitor_engine.data.captures import OWN
from monitor_engine.problems import EngineError
from monitor_engine.windows import Window


def lines(documents: Sequence[Any], parts: Sequence[str], window: Window) -> list[str] | None:
    """Return a line of CSV without quotes for each record of a block; None if one of them needs a closer look."""
    try:
        events = [document["eventMetadata"] for document in documents]
        identifiers = [event.get("inferenceId") for event in events]
        if not all(map(window.holds, {event["inferenceTime"] for event in events})):
            return None
        if any(identifiers) and any(str(one).startswith(OWN) for one in identifiers if one):
            return None
        texts = [_texts([document["captureData"][name] for document in documents]) for name in parts]
    except (KeyError, TypeError, AttributeError, EngineError):
        return None
    if not all(map(all, texts)):
        return None
    found = [",".join(row) for row in zip(*texts, strict=True)]
    whole = "\n".join(found)
    # One line each.
    return None if '"' in whole or "\r" in whole or whole.count("\n") != len(found) - 1 else found


def _texts(sides: Sequence[Any]) -> list[str]:
    """What one side of each record says; nothing for a side that is no plain CSV. Raise KeyError and the like."""
    plain = {side["encoding"] for side in sides} == {"CSV"}
    types = {side.get("observedContentType", "") for side in sides}
    if not plain or any("json" in one for one in types):
        return [""]
    return [side["data"].rstrip("\r\n") for side in sides]
