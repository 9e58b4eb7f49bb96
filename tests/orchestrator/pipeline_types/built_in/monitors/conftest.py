# SPDX-License-Identifier: Apache-2.0
"""An orchestrator whose monitors are SageMaker's, and one with the open engine, as it is launched by default."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orchestrator.launch.settings import Launch


@pytest.fixture
def opened(launch: Launch) -> Launch:
    return replace(launch, monitor_engine="open")


@pytest.fixture
def opened_in_stages(multi_account: Launch) -> Launch:
    return replace(multi_account, monitor_engine="open")


@pytest.fixture
def launch(launch: Launch) -> Launch:
    return replace(launch, monitor_engine="sagemaker")
