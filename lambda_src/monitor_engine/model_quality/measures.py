# SPDX-License-Identifier: Apache-2.0
"""Model Monitor's metrics of model quality, computed by scikit-learn.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-model-quality-metrics.html
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from sklearn import metrics as sk

from monitor_engine.data.columns import Numbers
from monitor_engine.results import Document

Values = dict[str, float]
_SAMPLES: Final = 5
_SHARE: Final = 0.8
_FEWEST: Final = 200
"""Rows from which on a standard deviation is told."""
_POINTS: Final = 100
"""Points of a curve in the file."""
_BETAS: Final = {"f0_5": 0.5, "f1": 1.0, "f2": 2.0}
_BEST: Final = "_best_constant_classifier"


@dataclass(frozen=True)
class Classified:
    """Outcomes of a classification: codes of labels, from 0, and the probability of the last label."""

    truth: npt.NDArray[Any]
    predicted: npt.NDArray[Any]
    labels: Sequence[str]
    probability: Numbers | None = None


def regression(truth: Numbers, predicted: Numbers) -> Document:
    """Return the metrics of a regression. `r2` is NaN without two different true values."""

    def computed(rows: npt.NDArray[Any]) -> Values:
        true, guess = truth[rows], predicted[rows]
        mse = float(sk.mean_squared_error(true, guess))
        spread = len(true) > 1 and np.ptp(true) > 0
        return {
            "mae": float(sk.mean_absolute_error(true, guess)),
            "mse": mse,
            "rmse": math.sqrt(mse),
            "r2": float(sk.r2_score(true, guess)) if spread else math.nan,
        }

    return _with_deviation(computed, len(truth))


def binary(outcomes: Classified) -> Document:
    """Return the metrics of two labels, of which the second is the positive one."""

    def computed(rows: npt.NDArray[Any]) -> Values:
        true, guess = outcomes.truth[rows], outcomes.predicted[rows]
        matrix = sk.confusion_matrix(true, guess, labels=[0, 1])
        (tn, fp), (fn, tp) = matrix.tolist()
        # Without a record of one of the labels, what is a share of them is not 0 but unknown.
        found = {
            "recall": _share(tp, tp + fn),
            "precision": _share(tp, tp + fp),
            "accuracy": _share(tp + tn, len(true)),
            "true_positive_rate": _share(tp, tp + fn),
            "true_negative_rate": _share(tn, tn + fp),
            "false_positive_rate": _share(fp, tn + fp),
            "false_negative_rate": _share(fn, tp + fn),
        }
        for name, beta in _BETAS.items():
            found[name] = float(sk.fbeta_score(true, guess, beta=beta, pos_label=1, zero_division=math.nan))
        if outcomes.probability is not None:
            found["auc"] = (
                float(sk.roc_auc_score(true, outcomes.probability[rows])) if 0 < sum(true) < len(true) else math.nan
            )
        return found | _best_binary(float(np.mean(true)))

    found = _with_deviation(computed, len(outcomes.truth))
    return {"confusion_matrix": confusion(outcomes)} | found | _curves(outcomes)


def multiclass(outcomes: Classified) -> Document:
    """Return the metrics of any number of labels, weighted by how often each is true."""

    def computed(rows: npt.NDArray[Any]) -> Values:
        true, guess = outcomes.truth[rows], outcomes.predicted[rows]
        constant = np.full(len(true), np.bincount(true).argmax())
        best = {f"{name}{_BEST}": value for name, value in _weighted(true, constant).items()}
        return _weighted(true, guess) | best

    return {"confusion_matrix": confusion(outcomes)} | _with_deviation(computed, len(outcomes.truth))


def confusion(outcomes: Classified) -> Document:
    """Return how often each label was predicted, by what was true."""
    if len(outcomes.labels) == 1:
        return {outcomes.labels[0]: {outcomes.labels[0]: len(outcomes.truth)}}
    matrix = sk.confusion_matrix(outcomes.truth, outcomes.predicted, labels=list(range(len(outcomes.labels))))
    return {
        true: dict(zip(outcomes.labels, row, strict=True))
        for true, row in zip(outcomes.labels, matrix.tolist(), strict=True)
    }


def _best_binary(positive: float) -> Values:
    """The best that one answer for every record can do: the positive one, or for accuracy the more frequent one."""
    scores = {name: _share((1 + beta**2) * positive, beta**2 * positive + 1) for name, beta in _BETAS.items()}
    found = {"recall": 1.0, "precision": positive, "accuracy": max(positive, 1 - positive)} | scores
    return {f"{name}{_BEST}": value for name, value in found.items()}


def _weighted(true: npt.NDArray[Any], guess: npt.NDArray[Any]) -> Values:
    options = {"average": "weighted", "zero_division": 0.0}
    found = {
        "accuracy": float(sk.accuracy_score(true, guess)),
        "weighted_recall": float(sk.recall_score(true, guess, **options)),
        "weighted_precision": float(sk.precision_score(true, guess, **options)),
    }
    for name, beta in _BETAS.items():
        found[f"weighted_{name}"] = float(sk.fbeta_score(true, guess, beta=beta, **options))
    return found


def _curves(outcomes: Classified) -> Document:
    if outcomes.probability is None or len(np.unique(outcomes.truth)) < 2:
        return {}
    fpr, tpr, _ = sk.roc_curve(outcomes.truth, outcomes.probability)
    precision, recall, _ = sk.precision_recall_curve(outcomes.truth, outcomes.probability)
    return {
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": _thinned(fpr),
            "true_positive_rates": _thinned(tpr),
        },
        "precision_recall_curve": {"precisions": _thinned(precision[::-1]), "recalls": _thinned(recall[::-1])},
    }


def _thinned(points: Numbers) -> list[float]:
    places = np.unique(np.linspace(0, len(points) - 1, _POINTS).round().astype(int))
    found: list[float] = points[places].tolist()
    return found


def _with_deviation(computed: Callable[[npt.NDArray[Any]], Values], size: int) -> Document:
    """Each value with its standard deviation over five samples of 80 %, where there are rows enough for one."""
    whole = computed(np.arange(size))
    samples: list[Mapping[str, float]] = []
    if size >= _FEWEST:
        # The same rows every time: a second attempt of a run tells the same.
        random = np.random.default_rng(size)
        chosen = int(size * _SHARE)
        samples = [computed(random.choice(size, chosen, replace=False)) for _ in range(_SAMPLES)]
    return {name: {"value": value, "standard_deviation": _spread(samples, name)} for name, value in whole.items()}


def _spread(samples: Sequence[Mapping[str, float]], name: str) -> float:
    known = [sample[name] for sample in samples if not math.isnan(sample[name])]
    return float(np.std(known)) if known else math.nan


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
