# SPDX-License-Identifier: Apache-2.0
"""The type that the guide shows, as a folder, and with changes."""

from __future__ import annotations

import copy
import re
from pathlib import Path
from typing import Any, Final

import yaml

from orchestrator.pipeline_types.custom.custom_type import CustomType
from orchestrator.pipeline_types.custom.definition import BrokenTypeError
from orchestrator.pipeline_types.custom.storage import Version
from scripts.pipeline_types import pipeline_folder

_PAGE: Final = Path(__file__).parents[4] / "docs/custom-pipelines.md"
_BLOCKS: Final = re.findall(r"^```yaml\n(.*?)^```", _PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
DEFINITION: Final[str] = _BLOCKS[0]
BLUEPRINT: Final[str] = _BLOCKS[1]

Document = dict[str, Any]


def definition(**changes: Any) -> Document:
    """The definition with other keys; `None` leaves one out."""
    document: Document = {**yaml.safe_load(DEFINITION), **changes}
    return {key: value for key, value in document.items() if value is not None}


def with_key(name: str, schema: Any, **more: Any) -> Document:
    """The definition with one more key of the request, or another schema of one."""
    document = copy.deepcopy(definition(**more))
    document["request"]["properties"][name] = schema
    return document


def version(document: Any = DEFINITION, blueprint: str = BLUEPRINT) -> Version:
    """The type of a definition, as text or decoded, and of a blueprint."""
    text = document if isinstance(document, str) else yaml.safe_dump(document)
    return pipeline_folder.of_texts(text.encode(), blueprint.encode())[0]


def type_of(document: Any = DEFINITION, blueprint: str = BLUEPRINT) -> CustomType:
    return version(document, blueprint).type


def problems_of(document: Any = DEFINITION, blueprint: str = BLUEPRINT) -> dict[str, str]:
    """The problems by key, without the name of the file where it is the definition's."""
    try:
        version(document, blueprint)
    except BrokenTypeError as broken:
        found: dict[str, str] = {}
        for problem in broken.problems:
            key = problem.key.removeprefix("pipeline.yaml: ")
            found[key] = "; ".join(filter(None, [found.get(key, ""), problem.problem]))
        return found
    return {}


def write(folder: Path, document: str = DEFINITION, blueprint: str = BLUEPRINT) -> Path:
    """The folder with both files."""
    folder.mkdir(exist_ok=True)
    (folder / "pipeline.yaml").write_text(document, encoding="utf-8")
    (folder / "blueprint.yaml").write_text(blueprint, encoding="utf-8")
    return folder
