# SPDX-License-Identifier: Apache-2.0
"""Values that a tuning job tries: drawn from its parameter ranges, or all combinations of a grid.

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping
from typing import Any

Ranges = Mapping[str, list[dict[str, Any]]]
Values = dict[str, str]

_INTEGER, _CONTINUOUS, _CATEGORICAL = (
    "IntegerParameterRanges",
    "ContinuousParameterRanges",
    "CategoricalParameterRanges",
)
_MOST_REDRAWS = 50


class RangeError(Exception):
    """Raised for a range from which nothing can be drawn; the message names what would be right."""


def proposals(ranges: Ranges, strategy: str, seed: int) -> Iterator[Values]:
    """Yield the values of one training job after another, all as text. A grid ends, drawing does not.

    The same seed gives the same values. Values are drawn again only if the ranges hold few others.
    """
    if strategy == "Grid":
        categories = ranges.get(_CATEGORICAL, [])
        names = [each["Name"] for each in categories]
        for combination in itertools.product(*(each["Values"] for each in categories)):
            yield dict(zip(names, combination, strict=True))
        return
    # S311: nothing here is secret.
    generator, seen = random.Random(seed), set()  # noqa: S311
    while True:
        for _ in range(_MOST_REDRAWS):
            drawn = _draw(ranges, generator)
            if tuple(drawn.items()) not in seen:
                break
        seen.add(tuple(drawn.items()))
        yield drawn


def check(ranges: Ranges, strategy: str) -> None:
    """Raise RangeError for ranges that cannot be searched."""
    numeric = [*ranges.get(_INTEGER, []), *ranges.get(_CONTINUOUS, [])]
    if not numeric and not ranges.get(_CATEGORICAL):
        raise RangeError("ParameterRanges names no hyperparameter: give one range at least.")
    if strategy == "Grid" and numeric:
        raise RangeError(
            f"The strategy Grid takes CategoricalParameterRanges only: {numeric[0]['Name']} has a range of numbers."
        )
    for each in ranges.get(_INTEGER, []):
        _check_numbers(each, int)
    for each in ranges.get(_CONTINUOUS, []):
        _check_numbers(each, float)


def _check_numbers(given: Mapping[str, str], convert: type[int] | type[float]) -> None:
    name = given["Name"]
    try:
        low, high = convert(given["MinValue"]), convert(given["MaxValue"])
    except ValueError as error:
        kind = "a whole number" if convert is int else "a number"
        raise RangeError(f"MinValue and MaxValue of the range of {name} must each be {kind}.") from error
    if low > high:
        raise RangeError(f"MinValue of the range of {name} is greater than its MaxValue: {low} > {high}.")
    scaling = given.get("ScalingType")
    if scaling == "Logarithmic" and low <= 0:
        raise RangeError(f"Logarithmic scaling needs a MinValue above 0; that of {name} is {low}.")
    if scaling == "ReverseLogarithmic" and (convert is int or not 0 <= low <= high < 1):
        raise RangeError(
            f"ReverseLogarithmic scaling needs a continuous range within 0 <= x < 1; that of {name} is {low} to {high}."
        )


def _draw(ranges: Ranges, generator: random.Random) -> Values:
    drawn = {}
    for each in ranges.get(_INTEGER, []):
        low, high = int(each["MinValue"]), int(each["MaxValue"])
        # Half a step more at both ends, so that they are as likely as the numbers between them.
        number = _between(low - 0.5, high + 0.5, each.get("ScalingType"), generator)
        drawn[each["Name"]] = str(min(max(round(number), low), high))
    for each in ranges.get(_CONTINUOUS, []):
        low_, high_ = float(each["MinValue"]), float(each["MaxValue"])
        number = _between(low_, high_, each.get("ScalingType"), generator)
        drawn[each["Name"]] = str(min(max(number, low_), high_))
    for each in ranges.get(_CATEGORICAL, []):
        drawn[each["Name"]] = generator.choice(each["Values"])
    return drawn


def _between(low: float, high: float, scaling: str | None, generator: random.Random) -> float:
    """Draw a number, uniformly on the scale. `Auto`, which leaves the choice to SageMaker, is linear here."""
    if scaling == "Logarithmic":
        return math.exp(generator.uniform(math.log(low), math.log(high)))
    if scaling == "ReverseLogarithmic":
        return 1 - math.exp(generator.uniform(math.log(1 - high), math.log(1 - low)))
    return generator.uniform(low, high)
