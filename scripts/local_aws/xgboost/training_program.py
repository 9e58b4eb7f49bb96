# SPDX-License-Identifier: Apache-2.0
"""Training as in SageMaker's XGBoost image: read the channels, train, write the model and its last metrics.

Runs in a process of its own, which `sagemaker/jobs/training_work.py` starts on a directory that holds

    job.json         {"content_type": "csv" | "libsvm", "rounds": ..., "early_stopping_rounds": ... or null,
                     "metrics": [...], "parameters": {...}}
    train/           the files of the channel, uncompressed
    validation/      the same, if there is such a channel

and in which it leaves `xgboost-model` and `result.json`: `{"metrics": {"train:auc": 0.99, ...}}`, or
`{"failed": reason}` in the words of the image, https://github.com/aws/sagemaker-xgboost-container
(`algorithm_mode/train.py`, `data_utils.py`).
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.sparse
import xgboost

Matrix = npt.NDArray[np.float64]

_DELIMITERS = ",;|\t "
_LONGEST_SNIPPET = 50
_CHANNELS = ("train", "validation")
# XGBoost's messages about errors in the data or the request.
_USER_ERRORS = ("label must be", "base_score must be in", "Number of columns")


class TrainingError(Exception):
    """Failure of the training, with the image's message; `kind` is its class of errors."""

    def __init__(self, message: str, kind: str = "UserError") -> None:
        super().__init__(message)
        self.kind = kind


def read(directory: Path, content_type: str) -> xgboost.DMatrix | None:
    """Read all data files of a channel, labels first; None if there are none. Raise TrainingError."""
    files = [path for path in sorted(directory.iterdir()) if path.stat().st_size]
    if not files:
        return None
    try:
        return _read_csv(files) if content_type == "csv" else _read_libsvm(files)
    except (ValueError, xgboost.core.XGBoostError) as error:
        raise TrainingError(f"Failed to load {content_type} data with exception:\n{_first_line(error)}") from error


def _read_csv(files: list[Path]) -> xgboost.DMatrix:
    with files[0].open() as lines:
        delimiter = _delimiter(lines.readline())
    tables = [_table(file, delimiter) for file in files]
    table = np.concatenate(tables)
    return xgboost.DMatrix(table[:, 1:], table[:, 0])


def _table(file: Path, delimiter: str) -> Matrix:
    # Passed open, not by name: numpy would decompress a file called .gz.
    with file.open() as lines:
        return np.loadtxt(
            lines, delimiter=delimiter, ndmin=2, comments=None, converters=lambda cell: float(cell.strip() or "nan")
        )


def _delimiter(line: str) -> str:
    try:
        return csv.Sniffer().sniff(line, _DELIMITERS).delimiter
    except csv.Error as error:
        raise TrainingError(f"Could not determine delimiter on line {line[:_LONGEST_SNIPPET]}:\n{error}") from error


def _read_libsvm(files: list[Path]) -> xgboost.DMatrix:
    labels, weights, starts, columns, values = [], [], [0], [], []
    for file in files:
        with file.open() as lines:
            for line in filter(str.strip, lines):
                label, weight, cells = _libsvm_row(line, file.name)
                labels.append(label)
                weights.append(weight)
                columns += [column for column, _ in cells]
                values += [value for _, value in cells]
                starts.append(len(columns))
    width = 1 + max(columns, default=0)
    rows = scipy.sparse.csr_matrix((values, columns, starts), shape=(len(labels), width))
    return xgboost.DMatrix(rows, labels, weight=weights)


def _libsvm_row(line: str, file: str) -> tuple[float, float, list[tuple[int, float]]]:
    """Parse label, weight (default 1) and cells of `<label>[:<weight>] <index>:<value> ...`, indices from 0."""
    label, *cells = line.split()
    number, _, weight = label.partition(":")
    try:
        pairs = [cell.split(":") for cell in cells]
        return float(number), float(weight or 1), [(int(column), float(value)) for column, value in pairs]
    except ValueError as error:
        raise TrainingError(
            f"Line '{line.strip()[:_LONGEST_SNIPPET]}...' of file '{file}' is not 'LIBSVM' format. "
            "Please ensure the file is in 'LIBSVM' format."
        ) from error


def _labels_and_classes(predictions: Matrix, data: xgboost.DMatrix) -> tuple[Matrix, Matrix]:
    """Return the labels and the predicted class of each row: the likeliest, or the nearer of 0 and 1."""
    classes = predictions.argmax(axis=1) if predictions.ndim > 1 else np.rint(predictions)
    return data.get_label(), classes


def _accuracy(predictions: Matrix, data: xgboost.DMatrix) -> float:
    labels, classes = _labels_and_classes(predictions, data)
    return float(np.mean(labels == classes))


def _f1(predictions: Matrix, data: xgboost.DMatrix) -> float:
    """Return the mean over the classes of the harmonic mean of precision and recall, as the image's `f1`."""
    labels, classes = _labels_and_classes(predictions, data)
    scores = []
    for one in np.union1d(labels, classes):
        hits = np.sum((labels == one) & (classes == one))
        scores.append(2 * hits / (np.sum(labels == one) + np.sum(classes == one)))
    return float(np.mean(scores))


def _mse(predictions: Matrix, data: xgboost.DMatrix) -> float:
    return float(np.mean((data.get_label() - predictions) ** 2))


# Metrics of the image that XGBoost lacks, as far as they are implemented here.
_OWN_METRICS: dict[str, Callable[[Matrix, xgboost.DMatrix], float]] = {"accuracy": _accuracy, "f1": _f1, "mse": _mse}
_MAXIMIZED = {"accuracy", "auc", "aucpr", "f1", "map", "ndcg"}


def train(job: dict[str, Any], directory: Path) -> tuple[xgboost.Booster, dict[str, float]]:
    """Return the model and the last round's metrics as `<channel>:<metric>` -> value. Raise TrainingError."""
    channels = _channels(job, directory)
    metrics, parameters = job["metrics"], dict(job["parameters"])
    own = [name for name in metrics if name in _OWN_METRICS]
    if metrics:
        parameters["eval_metric"] = [name for name in metrics if name not in own]
        parameters["disable_default_eval_metric"] = not parameters["eval_metric"]
    history: dict[str, dict[str, list[float]]] = {}
    try:
        booster = xgboost.train(
            parameters,
            channels["train"],
            job["rounds"],
            evals=[(data, name) for name, data in channels.items()],
            custom_metric=_custom_metric(own) if own else None,
            evals_result=history,
            callbacks=_early_stopping(job["early_stopping_rounds"], list(channels)[-1], metrics),
            verbose_eval=False,
        )
    except (xgboost.core.XGBoostError, ValueError) as error:
        words = _first_line(error)
        if any(known in words for known in _USER_ERRORS):
            raise TrainingError(words) from error
        raise TrainingError(f"XGB train call failed with exception:\n {words}", "AlgorithmError") from error
    return booster, {
        f"{channel}:{metric}": values[-1]
        for channel, by_metric in history.items()
        for metric, values in by_metric.items()
    }


def _channels(job: dict[str, Any], directory: Path) -> dict[str, xgboost.DMatrix]:
    channels = {}
    for name in _CHANNELS:
        if (directory / name).is_dir():
            data = read(directory / name, job["content_type"])
            if data is None:
                raise TrainingError(f"No data in {name} channel path /opt/ml/input/data/{name}")
            channels[name] = data
    return channels


def _custom_metric(names: list[str]) -> Any:
    return lambda predictions, data: [(name, _OWN_METRICS[name](predictions, data)) for name in names]


def _early_stopping(rounds: int | None, channel: str, metrics: list[str]) -> list[Any]:
    """Stop when the last metric no longer improves on the last channel, and keep the model of the best round."""
    if not rounds:
        return []
    metric = metrics[-1] if metrics else None
    maximize = metric.partition("@")[0] in _MAXIMIZED if metric else None
    stopping = xgboost.callback.EarlyStopping(
        rounds=rounds, metric_name=metric, data_name=channel, maximize=maximize, save_best=True
    )
    return [stopping]


def _first_line(error: Exception) -> str:
    """Return the message without the native stack trace that XGBoost appends."""
    return str(error).split("\nStack trace", maxsplit=1)[0].strip()


def main() -> int:
    """Run the job described in the given directory."""
    directory = Path(sys.argv[1])
    job = json.loads((directory / "job.json").read_text())
    result: dict[str, Any]
    try:
        booster, metrics = train(job, directory)
        (directory / "xgboost-model").write_bytes(booster.save_raw("json"))
        result = {"metrics": metrics}
    except TrainingError as error:
        result = {"failed": f"{error.kind}: {error}"}
    (directory / "result.json").write_text(json.dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main())
