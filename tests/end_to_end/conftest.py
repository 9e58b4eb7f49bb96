# SPDX-License-Identifier: Apache-2.0
"""One deployed orchestrator on the local AWS for all tests here, made by the code of `mlops local`."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scripts.cli.local_stack import LocalDeployment
from scripts.demo_model import TrainedModel
from scripts.iam import recording
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import LONGEST_WAIT_SECONDS, Orchestrator, logged, mlops_local, trained_and_stored
from tests.hostile.planted import CANARY
from tests.permissions.recorded import only_recorded_calls


@pytest.fixture(scope="session", autouse=True)
def calls_on_record(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No function calls what the proof of its permissions does not know of; `make trust` makes that record."""
    if os.environ.get(recording.FOLDER):
        yield
        return
    with pytest.MonkeyPatch.context() as patch, only_recorded_calls(tmp_path_factory.mktemp("calls"), patch):
        yield


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    """A process of `mlops local`: moto knows one AWS a process, and other tests have their own."""
    folder = tmp_path_factory.mktemp("local")
    with mlops_local(folder, "--option", "single-account") as running:
        yield running
        assert CANARY not in "".join(logged(running)), "what was planted in a request is in a log"


@pytest.fixture(scope="session")
def model(deployment: LocalDeployment) -> TrainedModel:
    return trained_and_stored(deployment)


@pytest.fixture(scope="session")
def orchestrator(deployment: LocalDeployment) -> Orchestrator:
    return Orchestrator(deployment)


@pytest.fixture
def subscriber(orchestrator: Orchestrator, request: pytest.FixtureRequest) -> Iterator[Subscriber]:
    """Hears of everything that the topic sends from here on."""
    made = Subscriber(orchestrator, request.node.originalname[:60].replace("_", "-"))
    yield made
    made.unsubscribe()


@pytest.fixture
def until() -> Callable[[Callable[[], Any]], Any]:
    """`until(condition)` waits for a true value and gives it."""

    def wait(condition: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + LONGEST_WAIT_SECONDS
        while time.monotonic() < deadline:
            if found := condition():
                return found
            threading.Event().wait(0.05)
        raise AssertionError("the condition did not come true in time")

    return wait
