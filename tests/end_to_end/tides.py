# SPDX-License-Identifier: Apache-2.0
"""A model of scikit-learn that its own script serves, one whose script fails, and what the image is told of them."""

from __future__ import annotations

import json
import pickle
from typing import Any, Final

import numpy as np
from sklearn.linear_model import LinearRegression

from scripts.demo import demo_model
from tests.end_to_end.users import Orchestrator
from tests.local_aws.scripted import VARIABLES, archive

ROWS: Final = np.random.default_rng(11).random((40, 3))
SCIKIT_LEARN: Final[dict[str, Any]] = {
    "model_framework": "sklearn",
    "model_framework_version": "1.9-0",
    "environment": VARIABLES,
}
LOADS: Final = """
    import os
    import pickle

    def model_fn(model_dir):
        with open(os.path.join(model_dir, "model.pkl"), "rb") as file:
            return pickle.load(file)
"""
FAILS: Final = """
    def predict_fn(rows, model):
        raise RuntimeError("no tide table for this month")
"""


def trained() -> LinearRegression:
    """A model of three columns."""
    return LinearRegression().fit(ROWS, ROWS @ [3.0, -1.5, 0.25])


def store(orchestrator: Orchestrator, key: str, model: LinearRegression, script: str) -> None:
    """Put a model with its script into the assets bucket."""
    packed = archive(model_pkl=pickle.dumps(model), code__inference_py=script)
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    orchestrator.client("s3").put_object(Bucket=bucket, Key=key, Body=packed)


def failing_update(orchestrator: Orchestrator, name: str, endpoint: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Requests of a pipeline that updates by canary: for a model that answers, and for one that fails at each call."""
    model = trained()
    old, failing = (f"models/{name}/{which}.tar.gz" for which in ("old", "failing"))
    store(orchestrator, old, model, LOADS)
    store(orchestrator, failing, model, f"{LOADS}{FAILS}")
    request = orchestrator.request(
        name,
        **SCIKIT_LEARN,
        model_artifact_location=old,
        endpoint_name=endpoint,
        instance_count=2,
        deployment={"strategy": "canary", "step_instances": 1, "wait_seconds": 300},
    )
    return request, {**request, "model_artifact_location": failing}


def predicted(orchestrator: Orchestrator, stack: str, rows: Any, **more: str) -> tuple[int, Any]:
    """Status and answer of the inference API for some rows."""
    body = {
        "payload": demo_model.as_csv(rows).decode(),
        "content_type": "text/csv",
        "accept": "application/json",
        **more,
    }
    status, answer = orchestrator.predict(stack, body)
    return status, json.loads(answer)
