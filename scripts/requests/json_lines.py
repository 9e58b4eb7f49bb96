# SPDX-License-Identifier: Apache-2.0
"""Line numbers in a JSON document, found by the YAML parser, since the JSON decoder does not report them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml


@dataclass(frozen=True)
class Lines:
    """Lines of one document; without `root`, none is known."""

    root: Any = None

    @classmethod
    def in_text(cls, text: bytes) -> Lines:
        """Parse a valid document. If YAML does not accept what JSON does, such as some escapes, no line is known."""
        try:
            return cls(yaml.compose(text.decode("utf-8-sig"), Loader=yaml.CSafeLoader))
        except (yaml.YAMLError, UnicodeDecodeError):
            return cls()

    def of(self, entry: int, key: str = "") -> int:
        """Return the line, from 1, of a dotted key in an entry of a list, or of its nearest parent.

        Entries count from 1; 0 is the document. The result is 0 if no line is known.
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
