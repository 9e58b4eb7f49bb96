# SPDX-License-Identifier: Apache-2.0
"""`mlops predict` of models with a raw API and with none, and what it says beside the data."""

from __future__ import annotations

import pytest

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from tests.cli.conftest import Mlops
from tests.end_to_end.users import SERVED, Orchestrator


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize("api", ["raw", "none"])
def test_the_model_is_asked_in_the_way_it_has(
    orchestrator: Orchestrator, mlops: Mlops, rows: str, model: TrainedModel, api: str
) -> None:
    name = f"asked-{api}"
    orchestrator.provisioned(orchestrator.request(name, **SERVED, inference_api=api))
    beside = ("--inference-id", "of-a-person", "--target-variant", "AllTraffic", "--accept", "text/csv")
    (document,) = mlops("predict", name, rows, "--local", "--json", *beside).documents
    predicted = [float(line) for line in document["prediction"].splitlines()]
    assert predicted == pytest.approx(demo_model.predict(model, model.holdout_rows[:2]))
    assert (document["answer_content_type"].partition(";")[0], document["variant"]) == ("text/csv", "AllTraffic")

    ended = mlops("predict", name, rows, "--local", "--content-type", "text/nothing")
    assert ended.status == 1
    assert "is not an accepted ContentType" in ended.err
