# SPDX-License-Identifier: Apache-2.0
"""Model served as by SageMaker's XGBoost image: load the files, parse a request body, predict, format the answer.

Runs in a process of its own, which `xgboost_host.py` starts, so that XGBoost's memory stays out of the server and is
freed with the process. One JSON object per line goes in and out: first `{"ready": true}` or `{"failed": reason}`,
then an answer `{"status", "content_type", "body"}` for each request `{"body", "content_type", "accept"}`, bodies in
base64.

The wording of the errors and the format of the answers are those of the image's algorithm mode,
https://github.com/aws/sagemaker-xgboost-container (`algorithm_mode/serve.py`, `serve_utils.py`), so that a caller's
handling of them is tested.
"""

from __future__ import annotations

import argparse
import base64
import csv
import json
import os
import pickle
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt
import xgboost

Matrix = npt.NDArray[np.float64]

_OK, _BAD_REQUEST, _NOT_ACCEPTABLE, _UNSUPPORTED_MEDIA_TYPE = 200, 400, 406, 415
_CSV = {"csv", "text/csv"}
_LIBSVM = {"libsvm", "text/libsvm", "text/x-libsvm"}
_NOT_READ_HERE = {"parquet", "application/x-parquet", "recordio-protobuf", "application/x-recordio-protobuf"}
_ACCEPTED = (
    "csv, libsvm, parquet, recordio-protobuf, text/csv, text/libsvm, text/x-libsvm, application/x-parquet, "
    "application/x-recordio-protobuf"
)
_ACCEPTS = ["application/json", "text/csv"]
_OLD_BINARY_FORMAT = b"binf"


class ModelFileError(Exception):
    """Raised if the archive holds no file that can be loaded; the message names what would be right."""


class RequestError(Exception):
    """Request that the image refuses: `status` is the HTTP status of its answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Dialect:
    """Differences between versions of the image.

    `pickles`: models are Python pickles (images before 1.3-1; later ones use XGBoost's own formats).
    `lines`: predictions are separated by line ends and JSON is offered (1.2-2 and later; before, commas and CSV only).
    """

    pickles: bool
    lines: bool


@dataclass(frozen=True)
class Answer:
    """HTTP answer of the image."""

    status: int
    content_type: str
    body: str


def load(model_dir: Path, dialect: Dialect) -> list[xgboost.Booster]:
    """Load every file at the top of the archive as a model, whatever its name; several form an ensemble.

    Raises ModelFileError.
    """
    files = sorted(path for path in model_dir.iterdir() if path.is_file() and not path.name.startswith("."))
    if not files:
        raise ModelFileError("the archive holds no model file at its top level; put `xgboost-model` there")
    return [_load_file(path, dialect) for path in files]


def _load_file(path: Path, dialect: Dialect) -> xgboost.Booster:
    content = path.read_bytes()
    try:
        booster = xgboost.Booster({"nthread": 1})
        booster.load_model(bytearray(content))
    except (xgboost.core.XGBoostError, UnicodeDecodeError) as error:
        # Unpickling runs whatever code the file holds. It is the user's own model on the user's own machine, in a
        # process of its own, and only for those images whose models are pickles. (XGBoost quotes a file that it
        # cannot read in its message, which fails in turn if the file is not text: hence the second error.)
        if dialect.pickles:
            return _unpickle(path.name, content)
        raise ModelFileError(_why_not_loaded(path.name, content, error)) from error
    return booster


def _unpickle(name: str, content: bytes) -> xgboost.Booster:
    try:
        booster = pickle.loads(content)  # noqa: S301
    except Exception as error:
        raise ModelFileError(
            f"'{name}' is neither an XGBoost model nor a pickle that XGBoost {xgboost.__version__} can read "
            f"({_first_line(error)}); save it with booster.save_model('xgboost-model.json')"
        ) from error
    if not isinstance(booster, xgboost.Booster):
        raise ModelFileError(f"'{name}' is a pickled {type(booster).__name__}; a pickled xgboost.Booster is expected")
    return booster


def _why_not_loaded(name: str, content: bytes, error: Exception) -> str:
    if content.startswith(_OLD_BINARY_FORMAT):
        return (
            f"'{name}' is in XGBoost's old binary format, which SageMaker's images read but XGBoost "
            f"{xgboost.__version__} of the local AWS does not; save it with booster.save_model('xgboost-model.json')"
        )
    return f"'{name}' is not an XGBoost model in JSON or UBJSON: {type(error).__name__} while it was read"


def answer(boosters: list[xgboost.Booster], dialect: Dialect, request: dict[str, Any]) -> Answer:
    """Answer one request: `body` in base64, `content_type`, `accept`."""
    try:
        accept = _accept(request["accept"], dialect)
        rows, media_type = read_rows(base64.b64decode(request["body"]), request["content_type"], _width(boosters[0]))
        return _write(_predict(boosters, rows, media_type), accept, dialect)
    except RequestError as error:
        return Answer(error.status, "text/html; charset=utf-8", str(error))


def read_rows(payload: bytes, content_type: str, model_width: int) -> tuple[Matrix, str]:
    """Parse a request body: rows of shape (rows, columns), absent values as NaN, and `csv` or `libsvm`.

    Raises RequestError with the image's message for a body or a content type that it does not read.
    """
    media_type = content_type.split(";", maxsplit=1)[0].strip().lower()
    if media_type in _CSV:
        return _parse("csv", payload, _csv_rows), "csv"
    if media_type in _LIBSVM:
        return _parse("libsvm", payload, lambda text: _libsvm_rows(text, model_width)), "libsvm"
    if media_type in _NOT_READ_HERE:
        raise RequestError(
            _UNSUPPORTED_MEDIA_TYPE, f"The local AWS does not read {media_type}: send text/csv or text/libsvm."
        )
    raise RequestError(
        _UNSUPPORTED_MEDIA_TYPE, f"{content_type or 'no type'} is not an accepted ContentType: {_ACCEPTED}."
    )


def _parse(name: str, payload: bytes, parse: Any) -> Matrix:
    try:
        rows: Matrix = parse(payload.decode("utf-8").strip())
    except RequestError:
        raise
    except Exception as error:
        raise RequestError(
            _UNSUPPORTED_MEDIA_TYPE,
            f"Loading {name} data failed with Exception, please ensure data is in {name} format:\n "
            f"{type(error)}\n {error}",
        ) from error
    return rows


def _csv_rows(text: str) -> Matrix:
    lines = text.split("\n")
    sniffed = csv.Sniffer().sniff(lines[0][:512]).delimiter
    delimiter = "," if sniffed.isalnum() else sniffed
    return np.array([[float(cell.strip() or "nan") for cell in line.split(delimiter)] for line in lines])


def _libsvm_rows(text: str, model_width: int) -> Matrix:
    rows = [[_cell(item) for item in line.split() if ":" in item] for line in text.split("\n")]
    width = 1 + max((index for row in rows for index, _ in row), default=-1)
    # Checked before the matrix is made: a large index could make the matrix exceed memory.
    _check_width(width, model_width, "libsvm")
    matrix = np.full((len(rows), width), np.nan)
    for position, row in enumerate(rows):
        for index, value in row:
            matrix[position, index] = value
    return matrix


def _cell(item: str) -> tuple[int, float]:
    index, value = item.split(":")
    if int(index) < 0:
        raise ValueError("negative column index found")
    return int(index), float(value)


def _check_width(width: int, model_width: int, media_type: str) -> None:
    """Apply the image's rule: libsvm rows may be short; csv rows may lack one column, for models of 1-based libsvm.

    Raises RequestError.
    """
    if media_type == "libsvm" and width > model_width + 1:
        problem = f"is larger than feature size of trained model {model_width}."
    elif media_type == "csv" and model_width not in (width, width + 1):
        problem = f"is not consistent with feature size of trained model {model_width}"
    else:
        return
    raise RequestError(
        _BAD_REQUEST,
        f"Unable to evaluate payload provided: Feature size of {media_type} inference data {width} {problem}",
    )


def _predict(boosters: list[xgboost.Booster], rows: Matrix, media_type: str) -> list[Any]:
    """Return one prediction per row: a number, or a list of one number per class for `multi:softprob`."""
    _check_width(rows.shape[1], _width(boosters[0]), media_type)
    data = xgboost.DMatrix(rows)
    try:
        predictions = [
            booster.predict(data, iteration_range=_iterations(booster), validate_features=False) for booster in boosters
        ]
    except xgboost.core.XGBoostError as error:
        raise RequestError(_BAD_REQUEST, f"Unable to evaluate payload provided: {_first_line(error)}") from error
    values: list[Any] = (predictions[0] if len(predictions) == 1 else np.mean(predictions, axis=0)).tolist()
    return values


def _width(booster: xgboost.Booster) -> int:
    return int(booster.num_features())


def _iterations(booster: xgboost.Booster) -> tuple[int, int]:
    """Return the rounds to predict with: up to the best one if training stopped early, else all, given as (0, 0)."""
    best = booster.attr("best_iteration")
    return (0, int(best) + 1) if best is not None else (0, 0)


def _accept(accept: str, dialect: Dialect) -> str:
    media_type = accept.split(";", maxsplit=1)[0].strip().lower()
    if not dialect.lines or media_type in ("", "*/*"):
        return "text/csv"
    if media_type not in _ACCEPTS:
        raise RequestError(
            _NOT_ACCEPTABLE,
            f"Accept type {media_type} is not supported. Please use supported accept types: {_ACCEPTS}.",
        )
    return media_type


def _write(predictions: list[Any], accept: str, dialect: Dialect) -> Answer:
    if accept == "application/json":
        scores = [{"score": prediction} for prediction in predictions]
        return Answer(_OK, accept, json.dumps({"predictions": scores}))
    values = [str(prediction) for prediction in predictions]
    body = "".join(f"{value}\n" for value in values) if dialect.lines else ",".join(values)
    return Answer(_OK, "text/csv; charset=utf-8", body)


def _first_line(error: Exception) -> str:
    """Return the message without the native stack trace that XGBoost appends."""
    return str(error).split("\nStack trace", maxsplit=1)[0]


def serve(boosters: list[xgboost.Booster], dialect: Dialect, requests: IO[str], answers: IO[str]) -> None:
    """Answer requests, one per line, until the server closes the pipe or is gone."""
    for line in requests:
        result = answer(boosters, dialect, json.loads(line))
        encoded = base64.b64encode(result.body.encode()).decode()
        _say(answers, {"status": result.status, "content_type": result.content_type, "body": encoded})


def _say(answers: IO[str], message: dict[str, Any]) -> None:
    answers.write(json.dumps(message) + "\n")
    answers.flush()


def _own_stdout() -> IO[str]:
    """Return the pipe to the server, and move standard output, to which native code prints, to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


def main() -> int:
    """Load the model in the given directory and serve it on standard input and output."""
    parser = argparse.ArgumentParser(description="Serve an XGBoost model as SageMaker's image does.")
    parser.add_argument("model_dir", type=Path)
    parser.add_argument("--pickles", action="store_true")
    parser.add_argument("--lines", action="store_true")
    options = parser.parse_args()
    dialect = Dialect(pickles=options.pickles, lines=options.lines)
    answers = _own_stdout()
    try:
        boosters = load(options.model_dir, dialect)
    except ModelFileError as error:
        _say(answers, {"failed": str(error)})
        return 1
    _say(answers, {"ready": True})
    serve(boosters, dialect, sys.stdin, answers)
    return 0


if __name__ == "__main__":
    sys.exit(main())
