# SPDX-License-Identifier: Apache-2.0
"""Predictions of the endpoint for a baseline, which has labels and no predictions."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from monitor_engine import aws
from monitor_engine.attribution import scores
from monitor_engine.bias.configuration import Predicting
from monitor_engine.contract import Job
from monitor_engine.data import attributes, questions
from monitor_engine.data.payloads import UnreadableError
from monitor_engine.data.questions import Questions
from monitor_engine.problems import EngineError


def of(rows: Sequence[Sequence[str]], predicting: Predicting, job: Job) -> list[str | bool]:
    """Return the predicted label of each row, or whether it is positive by its probability. Raise EngineError."""
    asks = Questions(functools.partial(aws.ask, predicting.endpoint), job.asking.per_second, questions.name_of_run(job))
    found: list[Any] = []
    try:
        for text, is_json, count in asks.answers(rows):
            values = _values(text, is_json, count, predicting)
            if len(values) != count:
                raise UnreadableError(f"it has {len(values)} values for {count} rows")
            found += values
        return _labels(found, predicting)
    except UnreadableError as error:
        raise EngineError(
            f"the answer of the endpoint {predicting.endpoint} cannot be used: {error}. "
            "Check model_predicted_label_config."
        ) from error


def _values(text: str, is_json: bool, count: int, predicting: Predicting) -> list[Any]:
    if predicting.label or not predicting.headers:
        return attributes.values(text, is_json, predicting.label or predicting.probability)
    found = scores.of(text, is_json, predicting.probability, count)
    if any(len(row) != len(predicting.headers) for row in found):
        raise UnreadableError(f"it has other than {len(predicting.headers)} probabilities for a row")
    return [predicting.headers[row.index(max(row))] for row in found]


def _labels(values: Sequence[Any], predicting: Predicting) -> list[str | bool]:
    by_probability = not predicting.headers and (predicting.probability or _are_probabilities(values))
    if by_probability and not predicting.label:
        return [attributes.probability(value) >= predicting.threshold for value in values]
    return [attributes.label(value) for value in values]


def _are_probabilities(values: Sequence[Any]) -> bool:
    """Whether answers whose meaning nobody states are probabilities: from 0 to 1, and not all of them labels."""
    try:
        numbers = [float(value) for value in values]
    except (TypeError, ValueError):
        return False
    return all(0 <= number <= 1 for number in numbers) and any(number not in {0.0, 1.0} for number in numbers)
