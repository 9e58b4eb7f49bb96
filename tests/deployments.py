# SPDX-License-Identifier: Apache-2.0
"""Orchestrators that all tests of a process share, and which tests stay together on one process.

`deployment` is a single-account launch, `multi_account` one with the stages dev, staging and prod; each is a process of
`mlops local`, started when the first test asks for it. Tests name what they make after themselves, and look at nothing
else, so that they can come in any order.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from scripts.iam import recording
from tests.end_to_end import running, waiting
from tests.permissions.recorded import unrecorded

if TYPE_CHECKING:
    from scripts.demo.demo_model import TrainedModel
    from scripts.launch.local_deployment import LocalDeployment
    from tests.cli.running import Ended
    from tests.end_to_end.running import Running
    from tests.end_to_end.subscribing import Subscriber
    from tests.end_to_end.users import Orchestrator

_LAUNCHES = ("multi_account", "single_account")
"""Whoever needs one of them stays with the others that do."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """With `--dist loadgroup`, one process has all tests of a launch, and each module's tests are on one process."""
    if item.get_closest_marker("xdist_group") is None:
        needed = getattr(item, "fixturenames", ())
        group = next((launch for launch in _LAUNCHES if launch in needed), item.nodeid.partition("::")[0])
        item.add_marker(pytest.mark.xdist_group(group))


@pytest.fixture(scope="session")
def recorded_calls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where roles' calls are written down: no function calls what the proof of its permissions does not know of."""
    if given := os.environ.get(recording.FOLDER):
        yield Path(given)
        return
    folder = tmp_path_factory.mktemp("calls")
    yield folder
    assert unrecorded(recording.read(folder)) == {}, "make trust puts new calls on record"


@pytest.fixture(scope="session")
def single_account(recorded_calls: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`mlops local`, where CloudFormation names models after stacks; other tests have the other form (lesson 104)."""
    from scripts.local_aws.cloudformation.resources.machine_learning import sagemaker_types  # noqa: PLC0415

    start = running.of_checkout()
    start = replace(start, variables={**start.variables, sagemaker_types.NAMES_AFTER_STACKS: "yes"})
    with running.mlops_local(tmp_path_factory.mktemp("local"), recorded_calls, start=start) as started:
        yield started


@pytest.fixture(scope="session")
def multi_account(recorded_calls: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """`mlops local --option multi-account`."""
    folder = tmp_path_factory.mktemp("local-multi")
    with running.mlops_local(folder, recorded_calls, "--option", "multi-account") as started:
        yield started


@pytest.fixture(scope="session")
def deployment(single_account: Running) -> LocalDeployment:
    return single_account.deployment


@pytest.fixture(scope="session")
def orchestrator(deployment: LocalDeployment) -> Orchestrator:
    """The deployed orchestrator, and an artifact for models that are never asked."""
    from tests.end_to_end import users  # noqa: PLC0415

    return users.with_artifact(deployment)


@pytest.fixture(scope="session")
def trained_model() -> TrainedModel:
    """The demo's model."""
    from scripts.demo import demo_model  # noqa: PLC0415

    return demo_model.train()


@pytest.fixture(scope="session")
def model(orchestrator: Orchestrator, trained_model: TrainedModel) -> TrainedModel:
    """The demo's model, with its artifact in the assets bucket."""
    return orchestrator.store(trained_model)


@pytest.fixture
def subscriber(orchestrator: Orchestrator) -> Iterator[Subscriber]:
    """Hears of everything that the topic sends from here on."""
    from tests.end_to_end.subscribing import Subscriber  # noqa: PLC0415

    made = Subscriber(orchestrator)
    yield made
    made.unsubscribe()


@pytest.fixture(scope="session")
def until() -> Callable[[Callable[[], Any]], Any]:
    """`until(condition)` waits for a true value and gives it."""
    return waiting.until


@pytest.fixture(scope="session")
def blueprint_policy(single_account: Running) -> Ended:
    """How `mlops deploy` ended that lets blueprints make what the examples make."""
    from tests.examples import worked  # noqa: PLC0415

    return worked.allow(single_account)
