# SPDX-License-Identifier: Apache-2.0
"""What the commands say of a pipeline's work on the local AWS, and how they end: never green on failure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from scripts.demo import demo_model
from tests.cli.conftest import Mlops
from tests.end_to_end.users import Orchestrator

pytestmark = pytest.mark.usefixtures("local")
Body = dict[str, Any]


@pytest.fixture
def training(orchestrator: Orchestrator) -> Body:
    """A request for a training job, with its data in the assets bucket."""
    bucket, (learned, held_out) = orchestrator.deployment.outputs["AssetsBucketName"], demo_model.split()
    keys = {"training_data": "outcomes/cells.csv", "validation_data": "outcomes/cells-validation.csv"}
    for key, rows in zip(keys.values(), (learned, held_out), strict=True):
        orchestrator.client("s3").put_object(Bucket=bucket, Key=key, Body=demo_model.as_csv(rows))
    return {
        "pipeline_type": "model_training_builtin",
        "model_name": "outcomes",
        **keys,
        "job_output_location": "trained",
        "model_framework": "xgboost",
        "model_framework_version": "1.7-1",
        "content_type": "text/csv",
        "algo_hyperparameters": {"objective": "binary:logistic", "eval_metric": "auc", "num_round": 5},
    }


def test_a_job_that_fails_is_no_success_for_anybody(mlops: Mlops, training: Body, tmp_path: Path) -> None:
    """Nor is it when the same request, which changes nothing, is sent and watched again."""
    hopeless = {"objective": "binary:sideways", "num_round": 5}
    file = tmp_path / "request.json"
    file.write_text(json.dumps({**training, "model_name": "hopeless", "algo_hyperparameters": hopeless}))
    provisioned = mlops("provision", str(file), "--local", "--watch")
    again = mlops("provision", str(file), "--local", "--watch", "--json")
    watched = mlops("status", "hopeless", "--local", "--watch", "--json")
    told = mlops("status", "hopeless", "--local", "--json").documents[0]
    (listed,) = mlops("list", "--local", "--model", "hopeless", "--json").documents[0]["pipelines"]
    shown = mlops("list", "--local", "--model", "hopeless")

    assert [ended.status for ended in (provisioned, again, watched)] == [1, 1, 1], provisioned.out
    assert "failed: " in told["state_reason"]
    assert provisioned.out.endswith(f"Failed: {told['state_reason']}\n")
    assert "No updates are to be performed" in again.documents[0]["message"]
    assert {one["state"] for one in (again.documents[-1], watched.documents[-1], told, listed)} == {"Failed"}
    assert listed["state_reason"] == told["state_reason"]
    assert told["job"]["failure_reason"] in told["state_reason"]
    assert (told["pipeline_type"], told["model_name"]) == ("model_training_builtin", "hopeless")
    assert "Failed" in shown.out


def test_a_job_is_waited_for(mlops: Mlops, training: Body, tmp_path: Path) -> None:
    file = tmp_path / "request.json"
    file.write_text(json.dumps(training))
    ended = mlops("provision", str(file), "--local", "--watch", "--json")

    assert ended.status == 0, ended.out + ended.err
    last = ended.documents[-1]
    assert (last["kind"], last["state"], last["job"]["status"]) == ("result", "Succeeded", "Completed")
    states = [line["state"] for line in ended.documents if line["kind"] == "state"]
    assert (states[0], states[-1]) == ("Deploying", "Succeeded")
