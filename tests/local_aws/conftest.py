# SPDX-License-Identifier: Apache-2.0
"""One running local AWS per test module, and boto3 clients that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.config import Config

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.local_aws.cloudformation.resources import registry
from scripts.local_aws.processes import programs
from scripts.local_aws.sagemaker import install as sagemaker
from scripts.local_aws.server import LocalAws
from tests.local_aws.gates import Gate

ClientFactory = Callable[..., Any]


@pytest.fixture(scope="session", autouse=True)
def one_import_of_xgboost() -> Iterator[None]:
    """What forks the programs that need XGBoost imports it once, and does not end with each local AWS."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sagemaker, "programs", SimpleNamespace(stop=lambda: None))
        yield
    programs.stop()


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    # Roles without policies serve most tests here; those of IAM have a server of their own.
    with LocalAws(enforce_iam=False) as aws:
        yield aws


@pytest.fixture(scope="module")
def client(local_aws: LocalAws) -> ClientFactory:
    """`client("s3")` or `client("s3", aws_access_key_id=..., ...)`: made once per service when no keyword is given."""
    made: dict[str, Any] = {}

    def make(service: str, **keywords: Any) -> Any:
        if keywords or service not in made:
            keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": local_aws.region}
            session = boto3.session.Session(**(keys | keywords))
            fresh = session.client(
                service, endpoint_url=local_aws.endpoint_url, config=Config(retries={"total_max_attempts": 1})
            )
            if keywords:
                return fresh
            made[service] = fresh
        return made[service]

    return make


@pytest.fixture(scope="session")
def trained() -> TrainedModel:
    """The demo's model."""
    return demo_model.train()


@pytest.fixture
def cloudformation(client: ClientFactory) -> Any:
    return client("cloudformation")


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate = Gate()
    monkeypatch.setitem(registry._TYPES, gate.type_name, gate)
    yield gate
    gate.open.set()
