# SPDX-License-Identifier: Apache-2.0
"""The function of `Custom::SageMakerJob` as Lambda loads it, between SageMaker and CloudFormation."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import ModuleType

import pytest
from botocore.stub import Stubber

from tests.inline.custom_resource import FILE, CloudFormation
from tests.inline.loading import loaded, stubbed


@pytest.fixture(scope="module")
def function() -> Iterator[ModuleType]:
    with loaded(FILE) as module:
        yield module


@pytest.fixture
def sagemaker(function: ModuleType) -> Iterator[Stubber]:
    """SageMaker's answers."""
    with stubbed(function._client) as stub:
        yield stub


@pytest.fixture
def cloudformation(function: ModuleType) -> Iterator[CloudFormation]:
    played = CloudFormation(function)
    thread = threading.Thread(target=played.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield played
    played.server.shutdown()
    thread.join()
    played.server.server_close()
