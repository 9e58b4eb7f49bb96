# SPDX-License-Identifier: Apache-2.0
"""`mlops load` in the accounts of stages: it asks before calls of prod."""

from __future__ import annotations

import io

import pytest

from scripts.cli.everyday import loading
from scripts.load.pacing import Run
from tests.cli.conftest import Mlops
from tests.end_to_end.users import SERVED, Orchestrator

NAME = "loaded-in-prod"


class Terminal(io.StringIO):
    """Somebody who answers."""

    def isatty(self) -> bool:
        return True


def test_prod_is_asked_about_before_it_is_called(
    staged: Orchestrator, mlops: Mlops, rows: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = {"dev": "raw", "staging": "raw", "prod": "none"}
    pipeline_id = staged.provision(staged.request(NAME, inference_api=api, **SERVED))["pipeline_id"]
    for stage in ("staging", "prod"):
        staged.decide(pipeline_id, staged.asked(pipeline_id, stage))
    assert staged.ended(pipeline_id).has_succeeded
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
