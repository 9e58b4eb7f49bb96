# SPDX-License-Identifier: Apache-2.0
"""The committed templates as data: the tests look at what is shipped, not at what makes it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

TEMPLATES = Path(__file__).parents[2] / "templates"
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


@pytest.fixture(scope="session")
def templates() -> dict[str, Template]:
    """Every committed template by its path below `templates/`."""
    return {
        path.relative_to(TEMPLATES).as_posix(): yaml.load(path.read_text(encoding="utf-8"), _Loader)
        for path in sorted(TEMPLATES.rglob("*.yaml"))
    }


@pytest.fixture
def root(templates: dict[str, Template]) -> Template:
    return templates["mlops-orchestrator-single-account.yaml"]


@pytest.fixture
def pipeline(templates: dict[str, Template]) -> Template:
    return templates["pipelines/single_account_codepipeline.yaml"]


@pytest.fixture
def blueprints(templates: dict[str, Template]) -> dict[str, Template]:
    return {path: template for path, template in templates.items() if path.startswith("blueprints/")}
