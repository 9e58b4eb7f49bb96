# SPDX-License-Identifier: Apache-2.0
"""A second orchestrator in the account of the first, launched with everything that a launch can be given."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end import options

if TYPE_CHECKING:
    from scripts.demo.demo_model import TrainedModel
    from tests.end_to_end.options import Given
    from tests.end_to_end.running import Running
    from tests.end_to_end.users import Orchestrator


@pytest.fixture(scope="session")
def given(single_account: Running) -> Given:
    """What is there before the launch."""
    return options.prepared(single_account.deployment.aws)


@pytest.fixture(scope="session")
def with_options(single_account: Running, given: Given, trained_model: TrainedModel) -> Orchestrator:
    """The second orchestrator, with the trained model in its assets bucket."""
    from tests.end_to_end import users  # noqa: PLC0415

    state = options.launched(single_account.deployment.aws, given.parameters)
    api_url = single_account.deployment.reachable(state.outputs["ApiEndpoint"])
    deployment = replace(single_account.deployment, api_url=api_url, stack_name=options.STACK, outputs=state.outputs)
    orchestrator = users.Orchestrator(deployment)
    orchestrator.store(trained_model)
    return orchestrator


@pytest.fixture(scope="session")
def package(with_options: Orchestrator) -> str:
    """The ARN of the registered version of the model."""
    return options.registered(with_options)
