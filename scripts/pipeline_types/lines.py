# SPDX-License-Identifier: Apache-2.0
"""Line numbers of keys in a YAML file. Only for texts found harmless: nesting is followed without limit."""

from __future__ import annotations

from typing import Any, Final

import yaml

_Loader: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def of_key(text: str, key: str) -> int:
    """Return the line of a key such as `request.properties.team`, or of the nearest one around it."""
    node, line, parts = yaml.compose(text, Loader=_Loader), 1, key.split(".")
    while parts and node is not None:
        found = _member(node, parts)
        if found is None:
            break
        mark, node, taken = found
        line, parts = mark.line + 1, parts[taken:]
    return line


def _member(node: yaml.Node, parts: list[str]) -> tuple[Any, yaml.Node, int] | None:
    """Find the member that the first parts name, with its value and line: a name may contain dots."""
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
