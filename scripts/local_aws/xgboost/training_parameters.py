# SPDX-License-Identifier: Apache-2.0
"""Hyper-parameters of SageMaker's XGBoost: parsed, checked and refused as by the image.

https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost_hyperparameters.html, and for ranges and wording
https://github.com/aws/sagemaker-xgboost-container (`algorithm_mode/hyperparameter_validation.py`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from scripts.local_aws.xgboost.xgboost_host import XgboostImage

_FIRST_WITHOUT_SILENT = (0, 90, 1)
_OBJECTIVE_METRIC = "_tuning_objective_metric"
_OWN_METRICS_NOT_BUILT = frozenset({
    "balanced_accuracy", "f1_binary", "f1_macro", "precision", "precision_macro", "precision_micro", "r2", "recall",
    "recall_macro", "recall_micro",
})  # fmt: skip
_METRICS = _OWN_METRICS_NOT_BUILT | {
    "accuracy", "aft-nloglik", "auc", "aucpr", "cox-nloglik", "error", "f1", "gamma-deviance", "gamma-nloglik",
    "interval-regression-accuracy", "logloss", "mae", "map", "mape", "merror", "mlogloss", "mphe", "mse", "ndcg",
    "poisson-nloglik", "rmse", "rmsle", "tweedie-nloglik",
}  # fmt: skip
_METRICS_WITH_THRESHOLD = frozenset({"error", "ndcg", "map"})
_CLASSIFICATION_AND_RANKING = ("binary:", "rank:", "multi:")
# Would change the model or its metrics, but is not implemented: better no model than one that differs from AWS's.
_NOT_BUILT = {"csv_weights": {"0"}, "_kfold": set(), "_num_cv_round": set(), "save_model_on_termination": {"false"}}


class ParameterError(Exception):
    """Raised for a hyper-parameter that the image refuses, with its message."""


@dataclass(frozen=True)
class Interval:
    """Range of numbers in mathematical notation: `(0, 1]` is open below and closed above."""

    low: float = -math.inf
    high: float = math.inf
    open_below: bool = False
    open_above: bool = False

    def __contains__(self, number: float) -> bool:
        above = number > self.low if self.open_below else number >= self.low
        below = number < self.high if self.open_above else number <= self.high
        return above and below

    def __str__(self) -> str:
        left = "(" if self.open_below or self.low == -math.inf else "["
        right = ")" if self.open_above or self.high == math.inf else "]"
        return f"{left}{_written(self.low)}, {_written(self.high)}{right}"


def _written(number: float) -> str:
    if math.isinf(number):
        return "+inf" if number > 0 else "-inf"
    return str(int(number)) if number == int(number) else str(number)


@dataclass(frozen=True)
class TrainingParameters:
    """Valid hyper-parameters: arguments of `xgboost.train`, and parameters of the booster."""

    rounds: int
    early_stopping_rounds: int | None
    metrics: list[str]
    booster: Mapping[str, Any]


def read(given: Mapping[str, str], image: XgboostImage) -> TrainingParameters:
    """Parse a request's HyperParameters, all text, as the image does. Raise ParameterError."""
    known = _KNOWN if image.version >= _FIRST_WITHOUT_SILENT else _KNOWN | {"silent": _integer(Interval(0, 1))}
    if "num_round" not in given:
        raise ParameterError("Missing required hyperparameter: num_round")
    values = {}
    for name, text in given.items():
        if name not in known:
            raise ParameterError(f"Extraneous hyperparameter found: {name}")
        values[name] = known[name](name, text)
    _check_together(values)
    _refuse_what_is_not_built(given)
    metrics = _metrics(values)
    values.pop("eval_metric", None)
    return TrainingParameters(values.pop("num_round"), values.pop("early_stopping_rounds", None), metrics, values)


def _metrics(values: dict[str, Any]) -> list[str]:
    """Return the metrics to report: those requested, and a tuning job's objective, which comes last."""
    metrics: list[str] = list(values.get("eval_metric", []))
    objective = values.pop(_OBJECTIVE_METRIC, None)
    if objective:
        metrics = [metric for metric in metrics if metric != objective] + [objective]
    for metric in metrics:
        if metric in _OWN_METRICS_NOT_BUILT:
            raise ParameterError(
                f"The local AWS does not compute the metric {metric}, which is the image's own and not XGBoost's."
            )
    return metrics


def _check_together(values: Mapping[str, Any]) -> None:
    objective, metrics = values.get("objective"), values.get("eval_metric", ())
    if objective in ("multi:softmax", "multi:softprob") and "num_class" not in values:
        raise ParameterError("Require input for parameter 'num_class' for multi-classification")
    if "auc" in metrics and objective and not objective.startswith(_CLASSIFICATION_AND_RANKING):
        raise ParameterError("Metric 'auc' can only be applied for classification and ranking problems.")


def _refuse_what_is_not_built(given: Mapping[str, str]) -> None:
    for name, built in _NOT_BUILT.items():
        if name in given and given[name] not in built:
            raise ParameterError(f"The local AWS trains without the hyperparameter {name}: leave it out.")


def _number(name: str, text: str, convert: Callable[[Any], float]) -> float:
    """Parse a number as the image does: as JSON first, so that an integer may be given as 5.0."""
    value: Any = text
    with suppress(json.JSONDecodeError):
        value = json.loads(text)
    try:
        return convert(value)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"Hyperparameter {name}: could not parse value") from error


def _numeric(convert: Callable[[Any], float], interval: Interval) -> Callable[[str, str], Any]:
    def parse(name: str, text: str) -> float:
        number = _number(name, text, convert)
        if number not in interval:
            raise ParameterError(f"Hyperparameter {name}: {number} is not in {interval}")
        return number

    return parse


def _integer(interval: Interval) -> Callable[[str, str], Any]:
    return _numeric(int, interval)


def _continuous(interval: Interval) -> Callable[[str, str], Any]:
    return _numeric(float, interval)


def _one_of(*choices: str) -> Callable[[str, str], Any]:
    def parse(name: str, text: str) -> str:
        if text not in choices:
            raise ParameterError(f"Hyperparameter {name}: {text} is not in {list(choices)}")
        return text

    return parse


def _as_given(name: str, text: str) -> str:
    """Return the text unchanged: XGBoost parses and checks it itself."""
    return text


def _metric_list(name: str, text: str) -> list[str]:
    """Parse metrics, given as a JSON list or separated by commas."""
    metrics: list[str] = json.loads(text) if text.startswith('["') and text.endswith('"]') else text.split(",")
    for metric in metrics:
        base, at, threshold = metric.partition("@")
        if at and base not in _METRICS_WITH_THRESHOLD:
            raise ParameterError(
                f"Metric '{metric}' is not supported. Parameter 'eval_metric' with customized threshold should be one "
                "of these options: 'error', 'ndcg', 'map'."
            )
        if at:
            _number(name, threshold, float)
        elif metric not in _METRICS:
            raise ParameterError(f"Hyperparameter {name}: value {metrics} not in range {sorted(_METRICS)}")
    return metrics


def _objective_metric(name: str, text: str) -> str:
    """Return the metric of `validation:auc`: a tuning job adds this parameter to those of its training jobs."""
    return _metric_list(name, text.partition(":")[2])[0]


_POSITIVE, _NOT_NEGATIVE, _SHARE = Interval(1), Interval(0), Interval(0, 1)
_SHARE_ABOVE_ZERO = Interval(0, 1, open_below=True)
_OBJECTIVES = (
    "binary:logistic", "binary:logitraw", "binary:hinge", "count:poisson", "multi:softmax", "multi:softprob",
    "rank:pairwise", "rank:ndcg", "rank:map", "reg:linear", "reg:squarederror", "reg:absoluteerror", "reg:logistic",
    "reg:gamma", "reg:pseudohubererror", "reg:squaredlogerror", "reg:tweedie", "survival:aft", "survival:cox",
)  # fmt: skip
_NOT_NEGATIVE_NUMBERS = (
    "gamma", "min_split_loss", "min_child_weight", "max_delta_step", "lambda", "reg_lambda", "alpha", "reg_alpha",
    "base_score", "aft_loss_distribution_scale",
)  # fmt: skip
_KNOWN: dict[str, Callable[[str, str], Any]] = {
    "num_round": _integer(_POSITIVE),
    "early_stopping_rounds": _integer(_POSITIVE),
    "eval_metric": _metric_list,
    _OBJECTIVE_METRIC: _objective_metric,
    "objective": _one_of(*_OBJECTIVES),
    "booster": _one_of("gbtree", "gblinear", "dart"),
    "tree_method": _one_of("auto", "exact", "approx", "hist", "gpu_hist"),
    "dsplit": _one_of("row", "col"),
    "process_type": _one_of("default", "update"),
    "grow_policy": _one_of("depthwise", "lossguide"),
    "predictor": _one_of("auto", "cpu_predictor", "gpu_predictor"),
    "sample_type": _one_of("uniform", "weighted"),
    "normalize_type": _one_of("tree", "forest"),
    "sampling_method": _one_of("uniform", "gradient_based"),
    "aft_loss_distribution": _one_of("normal", "logistic", "extreme"),
    "save_model_on_termination": _one_of("true", "false"),
    "single_precision_histogram": _one_of("true", "false"),
    "deterministic_histogram": _one_of("true", "false"),
    "updater": _as_given,
    "monotone_constraints": _as_given,
    "interaction_constraints": _as_given,
    "sketch_eps": _continuous(Interval(0, 1, open_below=True, open_above=True)),
    "scale_pos_weight": _continuous(Interval(0, open_below=True)),
    "tweedie_variance_power": _continuous(Interval(1, 2, open_below=True, open_above=True)),
    "verbosity": _integer(Interval(0, 3)),
    "num_class": _integer(Interval(2)),
    "_kfold": _integer(Interval(2)),
    "prob_buffer_row": _integer(Interval(1, open_below=True)),
    "seed": _integer(Interval(-(2**31), 2**31 - 1, open_below=True, open_above=True)),
    **dict.fromkeys(("csv_weights", "refresh_leaf", "one_drop"), _integer(_SHARE)),
    **dict.fromkeys(("max_depth", "max_leaves", "max_bin"), _integer(_NOT_NEGATIVE)),
    **dict.fromkeys(("nthread", "num_parallel_tree", "_num_cv_round"), _integer(_POSITIVE)),
    **dict.fromkeys(("eta", "learning_rate", "rate_drop", "skip_drop", "lambda_bias"), _continuous(_SHARE)),
    **dict.fromkeys(
        ("subsample", "colsample_bytree", "colsample_bylevel", "colsample_bynode"), _continuous(_SHARE_ABOVE_ZERO)
    ),
    **dict.fromkeys(_NOT_NEGATIVE_NUMBERS, _continuous(_NOT_NEGATIVE)),
}
