# SPDX-License-Identifier: Apache-2.0
"""Model of the demo: a small XGBoost classifier, packaged as SageMaker's XGBoost 1.7-1 image loads it."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import xgboost

DATA = Path(__file__).with_name("demo_data") / "breast_cancer.csv"
MODEL_FILE = "xgboost-model"

Matrix = npt.NDArray[np.float64]

_ROUNDS = 40
# One thread and a fixed seed: the same data give the same model on every machine of a kind.
_PARAMETERS = {"objective": "binary:logistic", "max_depth": 3, "eta": 0.2, "nthread": 1, "seed": 7}
_HOLDOUT_EVERY = 5


@dataclass(frozen=True)
class TrainedModel:
    """Model with its test data: `holdout_rows` (rows, features), `holdout_labels` (rows,) of 0 and 1."""

    booster: xgboost.Booster
    holdout_rows: Matrix
    holdout_labels: Matrix


def train(data: Path = DATA) -> TrainedModel:
    """Train on the first column of a CSV file with a header line; every fifth row is held out."""
    learned, held_out = split(data)
    booster = xgboost.train(_PARAMETERS, xgboost.DMatrix(learned[:, 1:], learned[:, 0]), _ROUNDS)
    return TrainedModel(booster, held_out[:, 1:], held_out[:, 0])


def split(data: Path = DATA) -> tuple[Matrix, Matrix]:
    """Return the rows for training and the held-out ones, each with its label first."""
    table = np.loadtxt(data, delimiter=",", skiprows=1)
    held_out = np.arange(len(table)) % _HOLDOUT_EVERY == 0
    return table[~held_out], table[held_out]


def as_csv(table: Matrix) -> bytes:
    """Return rows as SageMaker's XGBoost reads them: CSV without a header line."""
    return "".join(",".join(map(repr, row)) + "\n" for row in table.tolist()).encode()


def predict(model: TrainedModel, rows: Matrix) -> list[float]:
    """Return the probability of label 1 for each row, in single precision as XGBoost computes it."""
    return predicted(model.booster, rows)


def predicted(booster: xgboost.Booster, rows: Matrix) -> list[float]:
    """Return what a model predicts for each row."""
    found: list[float] = booster.predict(xgboost.DMatrix(rows)).tolist()
    return found


def package(model: TrainedModel) -> bytes:
    """Return `model.tar.gz`: the same bytes for the same model."""
    content = _portable_json(model.booster)
    packed = io.BytesIO()
    # Neither the archive nor its compression may contain the time.
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as zipped, tarfile.open(fileobj=zipped, mode="w") as tar:
        member = tarfile.TarInfo(MODEL_FILE)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def unpacked(artifact: bytes) -> xgboost.Booster:
    """Load the model from a `model.tar.gz` in one of XGBoost's own formats. Raise KeyError if there is none."""
    with tarfile.open(fileobj=io.BytesIO(artifact)) as tar:
        content = tar.extractfile(MODEL_FILE)
        booster = xgboost.Booster()
        booster.load_model(bytearray(content.read() if content else b""))
    return booster


def _portable_json(booster: xgboost.Booster) -> bytes:
    """Return the model in XGBoost's JSON, with the base score as a number.

    Since 3.1, XGBoost writes it as a list; earlier versions, like the image's, read only a number, later ones both.
    """
    document = json.loads(booster.save_raw("json"))
    parameters = document["learner"]["learner_model_param"]
    parameters["base_score"] = parameters["base_score"].strip("[]")
    return json.dumps(document).encode()
