# SPDX-License-Identifier: Apache-2.0
"""The committed templates as data: tests look at what is shipped, not at what makes it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Final

import yaml

TEMPLATES: Final = Path(__file__).parents[1] / "templates"
PATHS: Final = [path.relative_to(TEMPLATES).as_posix() for path in sorted(TEMPLATES.rglob("*.yaml"))]
Template = dict[str, Any]


class _Loader(yaml.CSafeLoader):
    """YAML with CloudFormation's short forms, which become the long ones."""


def _long_form(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _long_form)


@functools.cache
def template(path: str) -> Template:
    """A template by its path below `templates/`; nobody may change it."""
    found: Template = yaml.load((TEMPLATES / path).read_text(encoding="utf-8"), _Loader)
    return found
