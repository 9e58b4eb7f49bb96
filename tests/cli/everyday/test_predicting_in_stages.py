# SPDX-License-Identifier: Apache-2.0
"""`mlops predict` and `mlops logs` in the accounts of stages."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from tests.cli.conftest import Mlops
from tests.end_to_end.users import SERVED, Orchestrator


def test_a_stage_is_asked_in_its_own_account(
    staged: Orchestrator, trained_model: TrainedModel, mlops: Mlops, tmp_path: Path
) -> None:
    pipeline_id = staged.provision(staged.request("asked-in-dev", **SERVED))["pipeline_id"]
    staged.asked(pipeline_id, "staging")
    (tmp_path / "rows.csv").write_bytes(demo_model.as_csv(trained_model.holdout_rows[:1]))
    rows = str(tmp_path / "rows.csv")

    for name in ("asked-in-dev", "asked-in-dev/realtime", pipeline_id):
        ended = mlops("predict", name, rows, "--stage", "dev", "--local")
        assert ended.status == 0, ended.err
        assert float(ended.out) == pytest.approx(demo_model.predict(trained_model, trained_model.holdout_rows[:1])[0])

    not_there = mlops("predict", "asked-in-dev", rows, "--stage", "prod", "--local")
    assert not_there.status == 2
    assert "asked-in-dev has no stack of the stage prod in the account 333333333333" in not_there.err
    without = mlops("predict", "asked-in-dev", rows, "--local")
    assert without.status == 2
    assert "name one by --stage dev|staging|prod" in without.err
    assert "/aws/sagemaker/Endpoints/" in mlops("logs", "asked-in-dev", "--stage", "dev", "--local").out
