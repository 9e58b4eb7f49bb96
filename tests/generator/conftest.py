# SPDX-License-Identifier: Apache-2.0
"""The committed templates."""

from __future__ import annotations

import pytest

from tests import committed
from tests.committed import Template


@pytest.fixture(scope="session")
def templates() -> dict[str, Template]:
    """Every committed template by its path below `templates/`."""
    return {path: committed.template(path) for path in committed.PATHS}


@pytest.fixture
def root(templates: dict[str, Template]) -> Template:
    return templates["mlops-orchestrator-single-account.yaml"]


@pytest.fixture
def pipeline(templates: dict[str, Template]) -> Template:
    return templates["pipelines/single_account_codepipeline.yaml"]


@pytest.fixture
def blueprints(templates: dict[str, Template]) -> dict[str, Template]:
    return {path: template for path, template in templates.items() if path.startswith("blueprints/")}
