# SPDX-License-Identifier: Apache-2.0
"""`mlops pause` and `mlops resume`, and what `mlops status` says of a pipeline that does something by itself."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import Mock

import pytest

from mlops_orchestrator.aws.api_client import OrchestratorApi
from scripts.cli import connection
from scripts.cli.pipelines import pausing
from tests.cli.conftest import Mlops

PAUSED = {"at": "2026-11-30T07:00:00+00:00", "by": "arn:aws:iam::111122223333:user/anna", "reason": "labels are late"}
STEP = {"at": "2026-11-30T06:30:00+00:00", "step": "retrain", "cause": "a run", "outcome": "held", "detail": "too soon"}
TOLD: dict[str, Any] = {
    "paused": None,
    "retrain": {"pipeline": "churn/training"},
    "deploy_on_approval": False,
    "baseline": "follow",
    "steps": [],
}


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Mock:
    """What is sent to the API, which answers that it is done."""
    sent = Mock()
    done = json.dumps({"message": "churn/data-quality is paused.", "pipeline_id": "p", "paused": PAUSED}).encode()
    sent.post.return_value = sent.send.return_value = (200, done)
    monkeypatch.setattr(connection, "orchestrator_api", lambda *_: OrchestratorApi(sent, "https://api"))
    return sent


def test_a_pause_has_a_reason(client: Mock, mlops: Mlops) -> None:
    ran = mlops("pause", "churn/data-quality", "--reason", "labels are late", "--region", "eu-west-1")
    assert (ran.status, ran.out.strip()) == (0, "churn/data-quality is paused.")
    client.post.assert_called_once_with(
        "https://api/pipelines/churn%2Fdata-quality/pause", b'{"reason": "labels are late"}'
    )


def test_resuming_is_one_call(client: Mock, mlops: Mlops) -> None:
    ran = mlops("resume", "churn", "--region", "eu-west-1", "--json")
    assert (ran.status, json.loads(ran.out)["pipeline_id"]) == (0, "p")
    client.send.assert_called_once_with("POST", "https://api/pipelines/churn/resume")


def test_a_refusal_is_told(client: Mock, mlops: Mlops) -> None:
    client.send.return_value = (409, b'{"message": "churn does nothing by itself."}')
    ran = mlops("resume", "churn", "--region", "eu-west-1")
    assert ran.status != 0
    assert "churn does nothing by itself." in ran.err


def test_status_says_what_is_done_by_itself_and_how_to_resume() -> None:
    pipeline = Mock()
    pipeline.command.side_effect = lambda verb: f"mlops {verb} churn"
    assert list(pausing.lines(None, pipeline)) == []
    (alone,) = pausing.lines(TOLD, pipeline)
    assert alone == "by itself: has churn/training train again, its baseline follows the endpoint"
    _, paused, command, step = pausing.lines({**TOLD, "paused": PAUSED, "steps": [STEP]}, pipeline)
    assert paused == "paused since 2026-11-30 07:00 by anna: labels are late"
    assert command.strip() == "mlops resume churn"
    assert step.strip() == "2026-11-30 06:30 retrain held: too soon"
