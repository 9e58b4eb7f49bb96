# SPDX-License-Identifier: Apache-2.0
"""Endpoints that are scaled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scripts.local_aws.server import LocalAws
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.minutes import begin_minute
from tests.local_aws.serving import CUSTOM_IMAGE, VARIANT, make_model

Endpoint = Callable[..., str]


@pytest.fixture
def endpoint(client: ClientFactory, local_aws: LocalAws) -> Iterator[Endpoint]:
    """Make an endpoint without a process, and return its variant's id; a minute has just begun."""
    sm, made = client("sagemaker"), []

    def make(name: str, **more: Any) -> str:
        make_model(sm, name, CUSTOM_IMAGE, "")
        variant = {**VARIANT, "ModelName": name, **more}
        sm.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
        sm.create_endpoint(EndpointName=name, EndpointConfigName=name)
        made.append(name)
        begin_minute(local_aws)
        return f"endpoint/{name}/variant/AllTraffic"

    yield make
    for name in made:
        sm.delete_endpoint(EndpointName=name)
        sm.delete_endpoint_config(EndpointConfigName=name)
        sm.delete_model(ModelName=name)
