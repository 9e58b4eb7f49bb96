# SPDX-License-Identifier: Apache-2.0
"""`mlops predict` against what pipelines deployed on the local AWS."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from tests.cli.conftest import Mlops
from tests.end_to_end.running import Running
from tests.end_to_end.users import SERVED, Orchestrator


@pytest.fixture
def served(local: Running, orchestrator: Orchestrator, model: TrainedModel) -> Orchestrator:
    """The pipeline of the model `asked`, beside which there is a second one of the model."""
    orchestrator.provisioned(orchestrator.request("asked", **SERVED))
    return orchestrator


def test_a_prediction_is_printed_and_nothing_else(
    served: Orchestrator, mlops: Mlops, rows: str, model: TrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = demo_model.predict(model, model.holdout_rows[:2])
    for name in ("asked", "asked/realtime"):
        ended = mlops("predict", name, rows, "--local")
        assert (ended.status, ended.err) == (0, "")
        assert [float(line) for line in ended.out.splitlines()] == pytest.approx(expected)

    content = Path(rows).read_bytes()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(content)))
    (document,) = mlops("predict", "asked", "-", "--local", "--json").documents
    assert document["content_type"] == "text/csv"
    assert [float(line) for line in document["prediction"].splitlines()] == pytest.approx(expected)


def test_what_the_model_refuses_is_told_in_its_words(served: Orchestrator, mlops: Mlops, tmp_path: Path) -> None:
    (tmp_path / "question.json").write_text('{"a": 1}')
    ended = mlops("predict", "asked", str(tmp_path / "question.json"), "--local")
    assert ended.status == 1
    assert "The model refused the payload. (HTTP 400) application/json is not an accepted ContentType" in ended.err


def test_bytes_are_for_the_model_to_read(served: Orchestrator, mlops: Mlops, tmp_path: Path) -> None:
    (tmp_path / "rows.npy").write_bytes(b"\x93NUMPY\xff")
    question = ("asked", str(tmp_path / "rows.npy"), "--content-type", "application/x-npy")
    ended = mlops("predict", *question, "--local")
    assert ended.status == 1
    assert "application/x-npy is not an accepted ContentType" in ended.err


def test_an_image_that_the_local_aws_does_not_run_is_told_in_a_sentence(
    local: Running, orchestrator: Orchestrator, mlops: Mlops, rows: str
) -> None:
    orchestrator.provisioned(orchestrator.request("not-run"))
    shown = mlops("status", "not-run", "--local")
    ended = mlops("predict", "not-run", rows, "--local")
    sentence = "The local AWS cannot run the image"
    assert f"warning: {sentence}" in shown.out
    assert ended.status == 1
    assert ended.err.startswith(f"error: The model failed. (HTTP 424) {sentence}")
    assert "The endpoint did not answer" not in ended.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nobody", "rows.csv"), "there is no pipeline nobody in us-east-1"),
        (("nobody", "rows.parquet"), "give --content-type"),
        (("nobody", "missing.csv"), "missing.csv cannot be read"),
        (("nobody", "rows.csv", "--stage", "test"), "there is no stage test: it is dev, staging, prod"),
    ],
    ids=["pipeline", "type", "file", "stage"],
)
@pytest.mark.usefixtures("local")
def test_wrong_use_is_told(mlops: Mlops, tmp_path: Path, arguments: Any, words: str) -> None:
    name, file, *others = arguments
    for made, content in (("rows.csv", b"1,2"), ("rows.parquet", b"PAR1")):
        (tmp_path / made).write_bytes(content)
    ended = mlops("predict", name, str(tmp_path / file), *others, "--local")
    assert ended.status == 2
    assert words in ended.err
