# SPDX-License-Identifier: Apache-2.0
"""`mlops shift`: what is sent, what is shown, and what is no weight."""

from __future__ import annotations

import json
from unittest.mock import Mock

import pytest

from mlops_orchestrator.aws.api_client import OrchestratorApi
from scripts.cli import connection
from tests.cli.conftest import Mlops

SHARED = {
    "message": "Calls of churn/realtime are to be shared: AllTraffic 25%, challenger 75%.",
    "pipeline_id": "p",
    "endpoint": "churn-live",
    "variants": [
        {"name": "AllTraffic", "weight": 1.0, "share": 0.25},
        {"name": "challenger", "weight": 3.0, "share": 0.75},
    ],
}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """What is sent to the API, which answers that it is done."""
    sent = Mock()
    sent.post.return_value = (200, json.dumps(SHARED).encode())
    monkeypatch.setattr(connection, "orchestrator_api", lambda *_: OrchestratorApi(sent, "https://api"))
    return sent


def test_weights_are_sent_and_shares_shown(client: Mock, mlops: Mlops) -> None:
    ran = mlops("shift", "churn", "AllTraffic=1", "challenger=3", "--type", "realtime", "--region", "eu-west-1")
    assert (ran.status, ran.err) == (0, "")
    client.post.assert_called_once_with(
        "https://api/pipelines/churn%2Frealtime/weights", b'{"weights": {"AllTraffic": 1.0, "challenger": 3.0}}'
    )
    assert SHARED["message"] in ran.out
    assert "75%" in ran.out


def test_a_stage_has_an_endpoint_in_each_account(client: Mock, mlops: Mlops) -> None:
    place = {"endpoint": "churn-live", "variants": SHARED["variants"]}
    accounts = [{"account": number, **place} for number in ("111111111111", "222222222222")]
    client.post.return_value = (200, json.dumps({**SHARED, "accounts": accounts}).encode())
    ran = mlops("shift", "churn", "challenger=3", "--stage", "dev", "--region", "eu-west-1")
    assert client.post.call_args.args[1] == b'{"weights": {"challenger": 3.0}, "stage": "dev"}'
    assert ran.out.count("churn-live in ") == 2
    assert "churn-live in 222222222222" in ran.out


def test_a_program_gets_the_answer(client: Mock, mlops: Mlops) -> None:
    ran = mlops("shift", "churn", "challenger=0.5", "--region", "eu-west-1", "--json")
    assert ran.documents == [SHARED]


@pytest.mark.parametrize("pair", ["challenger", "challenger=", "=3", "challenger=-1", "challenger=nan", "a=many"])
def test_what_is_no_weight_is_not_sent(client: Mock, mlops: Mlops, pair: str) -> None:
    ran = mlops("shift", "churn", pair, "b=1", "b=2", "--region", "eu-west-1")
    assert ran.status == 2
    assert f"{pair} is no VARIANT=WEIGHT" in ran.err
    assert "b has two weights" in ran.err
    client.post.assert_not_called()


def test_a_refusal_is_told(client: Mock, mlops: Mlops) -> None:
    problem = {"key": "weights.next", "problem": "there is no variant of this name; the endpoint has AllTraffic"}
    refused = {"message": "Bad request: 1 problem. No weight was changed.", "errors": [problem]}
    client.post.return_value = (400, json.dumps(refused).encode())
    ran = mlops("shift", "churn", "next=1", "--region", "eu-west-1")
    assert ran.status != 0
    assert "there is no variant of this name; the endpoint has AllTraffic" in ran.err
