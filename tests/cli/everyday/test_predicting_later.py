# SPDX-License-Identifier: Apache-2.0
"""`mlops predict` of an endpoint that answers later: it waits, and the answer alone is the output."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from tests.cli.conftest import Mlops
from tests.end_to_end.running import Running
from tests.end_to_end.users import SERVED, Orchestrator


@pytest.fixture
def later(local: Running, orchestrator: Orchestrator, model: TrainedModel) -> str:
    """A pipeline with an instance, whose answers go to the assets bucket."""
    place = f"{orchestrator.deployment.outputs['AssetsBucketName']}/answered-later"
    queue = {"async_inference": {"output_location": place}, "data_capture_location": None}
    orchestrator.provisioned(orchestrator.request("answeredlater", **SERVED, **queue))
    return "answeredlater"


def test_the_answer_is_awaited_and_printed(later: str, mlops: Mlops, rows: str, model: TrainedModel) -> None:
    expected = demo_model.predict(model, model.holdout_rows[:2])
    ended = mlops("predict", later, rows, "--local")
    assert ended.status == 0, ended.err
    assert [float(line) for line in ended.out.splitlines()] == pytest.approx(expected)


def test_a_failure_is_told_in_the_model_s_words(later: str, mlops: Mlops, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("no, numbers\n")
    ended = mlops("predict", later, str(tmp_path / "rows.csv"), "--local")
    assert ended.status == 1
    assert "The model failed:" in ended.err
    assert "could not convert string to float" in ended.err
    assert "answered-later/failures/" in ended.err


def test_it_is_not_loaded(later: str, mlops: Mlops, rows: str) -> None:
    ended = mlops("load", later, "--payload", rows, "--rate", "1", "--seconds", "1", "--local")
    assert ended.status == 1
    assert "The endpoint answers later: the answer will be in s3://" in ended.err
