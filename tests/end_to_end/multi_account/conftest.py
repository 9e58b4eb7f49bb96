# SPDX-License-Identifier: Apache-2.0
"""Here the orchestrator is the one with the stages dev, staging and prod."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from scripts.launch.local_deployment import LocalDeployment
from tests.end_to_end import users
from tests.end_to_end.running import Running
from tests.end_to_end.users import Orchestrator

if TYPE_CHECKING:
    from scripts.demo.demo_model import TrainedModel


@pytest.fixture(scope="session")
def deployment(multi_account: Running) -> LocalDeployment:
    return multi_account.deployment


@pytest.fixture(scope="session")
def orchestrator(deployment: LocalDeployment) -> Orchestrator:
    return users.with_artifact(deployment)


@pytest.fixture(scope="session")
def model(orchestrator: Orchestrator, trained_model: TrainedModel) -> TrainedModel:
    return orchestrator.store(trained_model)
