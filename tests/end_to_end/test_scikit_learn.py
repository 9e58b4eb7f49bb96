# SPDX-License-Identifier: Apache-2.0
"""scikit-learn by a request alone, as docs/first-pipeline.md prints it: the predictions are those of Python."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any, Final

import joblib
import pytest
from sklearn.linear_model import LinearRegression

from tests.end_to_end import tides
from tests.end_to_end.users import Orchestrator
from tests.local_aws.scripted import archive

PAGE: Final = (Path(__file__).parents[2] / "docs" / "first-pipeline.md").read_text(encoding="utf-8")
SECTION: Final = PAGE.partition("## A scikit-learn model\n")[2]
STACK: Final = "mlops-pipeline-berth-turnover-byompipelinerealtimebuiltin"
ROWS: Final = tides.ROWS[:4]
OTHER: Final = "models/berth-turnover/other.tar.gz"


def printed(language: str) -> str:
    """The first block of the section in a language."""
    found = re.search(rf"^```{language}\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)
    assert found
    return found[1]


def store(orchestrator: Orchestrator, key: str, model: LinearRegression) -> None:
    """Put a model into the assets bucket as the page says."""
    dumped = io.BytesIO()
    joblib.dump(model, dumped)
    packed = archive(model_joblib=dumped.getvalue(), code__inference_py=printed("python"))
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    orchestrator.client("s3").put_object(Bucket=bucket, Key=key, Body=packed)


def test_it_predicts_as_in_python_and_so_does_a_model_beside_it(orchestrator: Orchestrator) -> None:
    model, other = tides.trained(), LinearRegression().fit(tides.ROWS, tides.ROWS @ [-1.0, 0.0, 8.0])
    request: dict[str, Any] = json.loads(printed("json"))
    store(orchestrator, request["model_artifact_location"], model)
    store(orchestrator, OTHER, other)
    # The page's other bucket is the reader's; here the assets bucket takes its place.
    request["data_capture_location"] = orchestrator.request("berth-turnover")["data_capture_location"]
    pipeline = orchestrator.provisioned(request)
    assert tides.predicted(orchestrator, STACK, ROWS) == (200, pytest.approx(model.predict(ROWS).tolist()))

    # The same image serves a variant, so it needs the same environment.
    beside = {"name": "challenger", "model_artifact_location": OTHER}
    assert orchestrator.changed(pipeline, {**request, "variants": [beside]}).has_succeeded
    for name, expected in (("AllTraffic", model), ("challenger", other)):
        answer = tides.predicted(orchestrator, STACK, ROWS, target_variant=name)
        assert answer == (200, pytest.approx(expected.predict(ROWS).tolist()))
