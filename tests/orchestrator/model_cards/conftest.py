# SPDX-License-Identifier: Apache-2.0
"""SageMaker's answers one by one, S3 by moto, and requests for cards."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator import service
from orchestrator.errors import RefusedRequestError
from orchestrator.launch.settings import Settings
from tests.orchestrator.conftest import read_json

Body = dict[str, Any]
ARN = "arn:aws:sagemaker:eu-west-1:111122223333"
NAME = "berth-delay-card"
MADE = datetime(2026, 11, 20, 8, 15, tzinfo=UTC)


@pytest.fixture
def full() -> Body:
    """A request that gives every key of every section."""
    body: Body = read_json("model_cards/create_model_card.json")
    return body


@pytest.fixture
def ask(settings: Settings) -> Callable[..., Body]:
    """`ask("describe_model_card", name=...)`: the answer of the orchestrator, as JSON has it."""

    def asked(pipeline_type: str, **keys: Any) -> Body:
        answer: Body = json.loads(
            json.dumps(service.provision_pipeline({"pipeline_type": pipeline_type, **keys}, settings))
        )
        return answer

    return asked


@pytest.fixture
def refused(ask: Callable[..., Body]) -> Callable[..., dict[str, str]]:
    """`refused("describe_model_card", name=...)`: the problems of a request by key."""

    def asked(pipeline_type: str, **keys: Any) -> dict[str, str]:
        with pytest.raises(RefusedRequestError) as caught:
            ask(pipeline_type, **keys)
        found = [(problem.key, problem.problem) for problem in caught.value.problems]
        assert len(dict(found)) == len(found), f"a key is reported twice: {found}"
        return dict(found)

    return asked


def card(content: Any = None, status: str = "Draft", version: int = 1, name: str = NAME) -> Body:
    """What DescribeModelCard answers."""
    return {
        "ModelCardArn": f"{ARN}:model-card/{name}",
        "ModelCardName": name,
        "ModelCardVersion": version,
        "Content": json.dumps(content or {}),
        "ModelCardStatus": status,
        "CreationTime": MADE,
        "CreatedBy": {},
    }
