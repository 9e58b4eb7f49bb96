# SPDX-License-Identifier: Apache-2.0

import io
import json
import tarfile

import numpy as np
import pytest
import xgboost

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel


@pytest.fixture(scope="module")
def model() -> TrainedModel:
    return demo_model.train()


def _packaged_file(archive: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        assert tar.getnames() == ["xgboost-model"]
        member = tar.extractfile("xgboost-model")
        assert member is not None
        return member.read()


def test_model_recognises_rows_it_has_not_seen(model: TrainedModel) -> None:
    guesses = np.array(demo_model.predict(model, model.holdout_rows)) > 0.5
    assert len(model.holdout_labels) == 114
    assert (guesses == model.holdout_labels).mean() > 0.93


def test_packaged_model_predicts_as_the_trained_one(model: TrainedModel) -> None:
    loaded = xgboost.Booster()
    loaded.load_model(bytearray(_packaged_file(demo_model.package(model))))
    assert loaded.predict(xgboost.DMatrix(model.holdout_rows)).tolist() == demo_model.predict(model, model.holdout_rows)


def test_an_unpacked_model_predicts_as_the_packaged_one(model: TrainedModel) -> None:
    loaded = demo_model.unpacked(demo_model.package(model))
    assert loaded.predict(xgboost.DMatrix(model.holdout_rows)).tolist() == demo_model.predict(model, model.holdout_rows)


def test_rows_survive_csv(model: TrainedModel) -> None:
    _, held_out = demo_model.split()
    read = np.loadtxt(io.BytesIO(demo_model.as_csv(held_out)), delimiter=",")
    assert np.array_equal(read[:, 0], model.holdout_labels)
    assert np.array_equal(read[:, 1:], model.holdout_rows)


def test_packaged_model_has_the_base_score_that_the_images_version_reads(model: TrainedModel) -> None:
    parameters = json.loads(_packaged_file(demo_model.package(model)))["learner"]["learner_model_param"]
    assert 0 < float(parameters["base_score"]) < 1


def test_training_and_packaging_again_give_the_same_bytes(model: TrainedModel) -> None:
    assert demo_model.package(demo_model.train()) == demo_model.package(model)
