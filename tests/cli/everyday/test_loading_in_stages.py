# SPDX-License-Identifier: Apache-2.0
"""`mlops load` in the accounts of stages: it asks before calls of prod."""

from __future__ import annotations

import io

import pytest

from scripts.cli.everyday import loading
from scripts.demo.demo_model import TrainedModel
from scripts.load.pacing import Run
from tests.cli.conftest import Mlops
from tests.end_to_end import users
from tests.end_to_end.running import Running
from tests.end_to_end.users import SERVED

NAME = "loaded-in-prod"


class Terminal(io.StringIO):
    """Somebody who answers."""

    def isatty(self) -> bool:
        return True


def test_prod_is_asked_about_before_it_is_called(
    multi_account: Running, trained_model: TrainedModel, mlops: Mlops, rows: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(multi_account.folder)
    orchestrator = users.with_artifact(multi_account.deployment)
    orchestrator.store(trained_model)
    api = {"dev": "raw", "staging": "raw", "prod": "none"}
    pipeline_id = orchestrator.provision(orchestrator.request(NAME, inference_api=api, **SERVED))["pipeline_id"]
    for stage in ("staging", "prod"):
        orchestrator.decide(pipeline_id, orchestrator.asked(pipeline_id, stage))
    assert orchestrator.ended(pipeline_id).has_succeeded
    asked = ("load", NAME, "--payload", rows, "--rate", "20", "--seconds", "0.2", "--local", "--stage")

    with monkeypatch.context() as patched:
        patched.setattr(loading.pacing, "run", _nobody_may_be_called)
        patched.setattr(loading.predicting, "ask", _nobody_may_be_called)
        patched.setattr("sys.stdin", Terminal("n\n"))
        refused = mlops(*asked, "prod")
        assert (refused.status, f"Make 4 calls of {NAME} in prod?" in refused.out) == (0, True)
        assert "Nobody was called." in refused.out

    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    agreed = mlops(*asked, "prod")
    assert agreed.status == 0, agreed.err
    assert "4 calls in 0.2 s, of endpoint " in agreed.out

    monkeypatch.setattr("sys.stdin", io.StringIO())
    (document,) = mlops(*asked, "prod", "--yes", "--json").documents
    assert (document["calls"], document["failed"]) == (4, 0)
    (document,) = mlops(*asked, "dev", "--json").documents
    assert (document["calls"], document["failed"]) == (4, 0), "no question is asked of dev"


def _nobody_may_be_called(*_: object) -> Run:
    raise AssertionError
