# SPDX-License-Identifier: Apache-2.0
"""The committed templates as data, for tests look at what is shipped; and what the generator makes, made once."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any, Final

import yaml

from generator import catalogue

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


def parsed(text: str) -> Template:
    """A template's text as data."""
    found: Template = yaml.load(text, _Loader)
    return found


@functools.cache
def template(path: str) -> Template:
    """A template by its path below `templates/`; nobody may change it."""
    return parsed((TEMPLATES / path).read_text(encoding="utf-8"))


generated: Final = functools.cache(catalogue.texts)
"""The texts that the generator makes, by path; nobody may change them."""


@functools.cache
def declared() -> dict[str, Template]:
    """The templates as troposphere has them, by path; nobody may change them."""
    return {path: make().to_dict() for path, make in catalogue.makers().items()}
