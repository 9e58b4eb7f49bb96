# SPDX-License-Identifier: Apache-2.0
"""The published schema of a card's content, as CloudFormation's provider for `AWS::SageMaker::ModelCard` has it.

It is the same schema with keys in another spelling: `ModelOverview` for `model_overview`. cfn-lint ships it.
"""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import Any

import cfnlint
from jsonschema import Draft7Validator

_SCHEMAS = Path(cfnlint.__file__).parent / "data" / "schemas" / "resources"
_TYPE = '"typeName": "AWS::SageMaker::ModelCard"'


def _in_snake_case(name: str) -> str:
    return re.sub(r"(?<!^)(?<![A-Z_])(?=[A-Z])|(?<=[XY])(?=Axis)", "_", name).lower()


def _respelt(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_respelt(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {key: _respelt(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict):
        found["properties"] = {_in_snake_case(key): value for key, value in found["properties"].items()}
    if isinstance(schema.get("required"), list):
        found["required"] = [_in_snake_case(key) for key in schema["required"]]
    return found


@functools.cache
def content_schema() -> dict[str, Any]:
    (path,) = [path for path in _SCHEMAS.glob("*.json") if _TYPE in path.read_text(encoding="utf-8")]
    schema = json.loads(path.read_text(encoding="utf-8"))
    # The length is that of the text.
    content = {key: value for key, value in schema["definitions"]["Content"].items() if not key.endswith("Length")}
    return dict(_respelt({**content, "definitions": schema["definitions"]}))


def violations(content: dict[str, Any]) -> list[str]:
    """What the schema has against a content."""
    return [
        f"{'.'.join(map(str, e.path))}: {e.message}" for e in Draft7Validator(content_schema()).iter_errors(content)
    ]
