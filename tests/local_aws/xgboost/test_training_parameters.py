# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import re

import pytest

from scripts.local_aws.xgboost import training_parameters
from scripts.local_aws.xgboost.training_parameters import ParameterError
from scripts.local_aws.xgboost.xgboost_host import XgboostImage

NEW = XgboostImage((1, 7, 1))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Missing required hyperparameter: num_round"),
        ({"num_round": "many"}, "Hyperparameter num_round: could not parse value"),
        ({"num_round": "0"}, "Hyperparameter num_round: 0 is not in [1, +inf)"),
        ({"num_round": "1", "eat": "1"}, "Extraneous hyperparameter found: eat"),
        ({"num_round": "1", "silent": "1"}, "Extraneous hyperparameter found: silent"),
        ({"num_round": "1", "subsample": "0"}, "Hyperparameter subsample: 0.0 is not in (0, 1]"),
        (
            {"num_round": "1", "booster": "tree"},
            "Hyperparameter booster: tree is not in ['gbtree', 'gblinear', 'dart']",
        ),
        ({"num_round": "1", "objective": "multi:softmax"}, "Require input for parameter 'num_class'"),
        ({"num_round": "1", "eval_metric": "auc,speed"}, "Hyperparameter eval_metric: value ['auc', 'speed'] not in"),
        ({"num_round": "1", "eval_metric": "rmse@2"}, "Metric 'rmse@2' is not supported."),
        ({"num_round": "1", "eval_metric": "auc", "objective": "reg:squarederror"}, "Metric 'auc' can only be applied"),
        (
            {"num_round": "1", "_tuning_objective_metric": "validation:speed"},
            "Hyperparameter _tuning_objective_metric:",
        ),
        ({"num_round": "1", "csv_weights": "1"}, "The local AWS trains without the hyperparameter csv_weights"),
        ({"num_round": "1", "eval_metric": "recall"}, "The local AWS does not compute the metric recall"),
    ],
)
def test_hyper_parameters_are_refused_in_the_images_words(given: dict[str, str], words: str) -> None:
    with pytest.raises(ParameterError, match=f"^{re.escape(words)}"):
        training_parameters.read(given, NEW)


def test_hyper_parameters_are_read_as_the_image_reads_them() -> None:
    given = {"num_round": "5.0", "eta": "1e-1", "eval_metric": "auc,error@0.7", "early_stopping_rounds": "2"}
    read = training_parameters.read({**given, "csv_weights": "0", "monotone_constraints": "(1, -1)"}, NEW)
    assert (read.rounds, read.early_stopping_rounds, read.metrics) == (5, 2, ["auc", "error@0.7"])
    assert read.booster == {"eta": 0.1, "csv_weights": 0, "monotone_constraints": "(1, -1)"}
    tuned = training_parameters.read({**given, "_tuning_objective_metric": "validation:auc"}, NEW)
    assert tuned.metrics == ["error@0.7", "auc"]
    assert training_parameters.read({"num_round": "1", "silent": "1"}, XgboostImage((0, 72, 1))).rounds == 1
