# SPDX-License-Identifier: Apache-2.0
"""Conversion of template values to parameters of an API.

CloudFormation's properties are mostly the parameters of the service's API, in another spelling (`taskRoleArn`,
`KMSKeyArn`) and in looser types: "5" means 5, and a policy may be written out where the API takes text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def fitted(value: Any, shape: Any) -> Any:
    """Return a value with the names and types of botocore's shape; what does not fit stays, for the API to refuse."""
    if shape is None or value is None:
        return value
    if shape.type_name == "structure" and isinstance(value, Mapping):
        spelt = spellings(shape)
        named = {spelt.get(name.lower(), name): item for name, item in value.items()}
        return {name: fitted(item, shape.members.get(name)) for name, item in named.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [fitted(item, shape.member) for item in value]
    if shape.type_name == "map" and isinstance(value, Mapping):
        return {name: fitted(item, shape.value) for name, item in value.items()}
    return _scalar(value, shape.type_name)


def spellings(shape: Any) -> dict[str, str]:
    """A structure's members, by their names in lower case."""
    return {name.lower(): name for name in shape.members}


def tags_for(shape: Any, tags: Mapping[str, str]) -> Any:
    """Tags in the form of a parameter: a map, or a list of pairs whose members have a name of their own."""
    if shape.type_name == "map":
        return dict(tags)
    key, value = sorted(shape.member.members, key=lambda name: name.lower().endswith("value"))
    return [{key: name, value: text} for name, text in tags.items()]


def _scalar(value: Any, kind: str) -> Any:
    if kind == "boolean" and isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if kind in ("integer", "long", "float", "double") and isinstance(value, str):
        try:
            return int(value) if kind in ("integer", "long") else float(value)
        except ValueError:
            return value
    if kind == "string" and isinstance(value, bool | Mapping):
        return json.dumps(value)
    if kind == "string" and isinstance(value, int | float):
        return str(value)
    return value
