# SPDX-License-Identifier: Apache-2.0
"""Where in a YAML file a key stands. Only for texts that were found harmless: nesting is followed to its end."""

from __future__ import annotations

from typing import Any, Final

import yaml

_Loader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def of_key(text: str, key: str) -> int:
    """The line of a key such as `request.properties.team`, or of the nearest one around it."""
    node, line, parts = yaml.compose(text, Loader=_Loader), 1, key.split(".")
    while parts and node is not None:
        found = _member(node, parts)
        if found is None:
            break
        mark, node, taken = found
        line, parts = mark.line + 1, parts[taken:]
    return line


def _member(node: yaml.Node, parts: list[str]) -> tuple[Any, yaml.Node, int] | None:
    """The place and value of what the first parts name: a name may have dots itself."""
    if isinstance(node, yaml.SequenceNode):
        index = int(parts[0]) if parts[0].isdecimal() and len(parts[0]) < 6 else len(node.value)
        return (node.value[index].start_mark, node.value[index], 1) if index < len(node.value) else None
    if not isinstance(node, yaml.MappingNode):
        return None
    for taken in range(1, len(parts) + 1):
        name = ".".join(parts[:taken])
        for key, value in node.value:
            if key.value == name:
                return key.start_mark, value, taken
    return None
