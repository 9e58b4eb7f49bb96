# SPDX-License-Identifier: Apache-2.0
"""The blueprint that serves models."""

from __future__ import annotations

import pytest

from tests.generator.resolving import Template


@pytest.fixture
def blueprint(blueprints: dict[str, Template]) -> Template:
    return blueprints["blueprints/realtime_inference.yaml"]
