# SPDX-License-Identifier: Apache-2.0
"""On which line of a JSON document something stands: the decoder of JSON does not tell, that of YAML does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml


@dataclass(frozen=True)
class Lines:
    """The lines of one document; without `root`, none is known."""

    root: Any = None

    @classmethod
    def in_text(cls, text: bytes) -> Lines:
        """Look at a valid document. Where YAML does not take what JSON does, as some escapes, no line is known."""
        try:
            return cls(yaml.compose(text.decode("utf-8-sig"), Loader=yaml.CSafeLoader))
        except (yaml.YAMLError, UnicodeDecodeError):
            return cls()

    def of(self, entry: int, key: str = "") -> int:
        """Line, from 1 on, of a dotted key in an entry of a list (from 1 on; 0 is the document); else of what holds it.

        0 where no line is known.
        """
        if self.root is None:
            return 0
        place = self.root.value[entry - 1] if entry else self.root
        line = int(place.start_mark.line)
        for part in filter(None, key.split(".")):
            members = place.value if isinstance(place, yaml.MappingNode) else []
            found = next(((name, value) for name, value in members if name.value == part), None)
            if found is None:
                break
            name, place = found
            line = int(name.start_mark.line)
        return line + 1
