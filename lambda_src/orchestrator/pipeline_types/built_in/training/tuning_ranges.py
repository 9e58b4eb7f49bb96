# SPDX-License-Identifier: Apache-2.0
"""Ranges of hyper-parameters, in the forms of a request and of SageMaker (compatibility 3.11).

    "eta": ["continuous", [0.02, 0.3]]
    "max_depth": ["integer", [3, 9, "Linear"]]
    "booster": ["categorical", ["gbtree", "dart"]]

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ParameterRanges.html
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from orchestrator.errors import Problem
from orchestrator.pipeline_types.built_in.training import hyperparameters
from orchestrator.problems import shortened

_MOST_OF_A_KIND: Final = 30
_MOST_VALUES: Final = 30
_LONGEST_VALUE: Final = 256
_SCALINGS: Final = ("Auto", "Linear", "Logarithmic", "ReverseLogarithmic")
# Stricter than Python, which also accepts `1_000`, digits of other scripts and surrounding white space.
_NUMBER: Final = re.compile(r"[+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]+)?")
_CONTINUOUS: Final = "continuous"
_INTEGER: Final = "integer"
CATEGORICAL: Final = "categorical"


def problems(key: str, ranges: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield a problem for each range that SageMaker would refuse (lesson 18)."""
    yield from hyperparameters.problems_with_names(key, ranges)
    for name, given in ranges.items():
        if found := _problem_with(given):
            yield Problem(f"{key}.{name}", f"{found}; got {shortened(given)}")
    kinds = [kind_of(given) for given in ranges.values()]
    for kind in _CHECKS:
        if kinds.count(kind) > _MOST_OF_A_KIND:
            yield Problem(key, f"has {kinds.count(kind)} {kind} ranges; SageMaker takes {_MOST_OF_A_KIND} at most")


def kind_of(given: Any) -> str:
    """Return `continuous`, `integer` or `categorical`; empty for anything else."""
    return str(given[0]) if isinstance(given, list) and given and given[0] in list(_CHECKS) else ""


def as_json(ranges: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the ranges in the form of the API, all values as text; kinds without ranges are empty lists."""
    found: dict[str, list[dict[str, Any]]] = {_MEMBERS[kind]: [] for kind in _MEMBERS}
    for name, (kind, values) in ranges.items():
        found[_MEMBERS[kind]].append({"Name": name, **_members(kind, values)})
    return found


def combinations(ranges: Mapping[str, Any]) -> int:
    """Return the number of combinations of values, when all ranges are categorical."""
    return math.prod(len(values) for _, values in ranges.values())


_MEMBERS: Final = {
    _CONTINUOUS: "ContinuousParameterRanges",
    _INTEGER: "IntegerParameterRanges",
    CATEGORICAL: "CategoricalParameterRanges",
}


def _members(kind: str, values: list[Any]) -> dict[str, Any]:
    if kind == CATEGORICAL:
        return {"Values": [hyperparameters.text(value) for value in values]}
    least, greatest, *scaling = values
    low, high = hyperparameters.text(least), hyperparameters.text(greatest)
    return {"MinValue": low, "MaxValue": high, "ScalingType": scaling[0] if scaling else "Auto"}


def _problem_with(given: Any) -> str:
    shape = isinstance(given, list) and len(given) == 2 and isinstance(given[1], list)
    if not shape or given[0] not in list(_CHECKS):
        return 'must be ["continuous", [min, max]], ["integer", [min, max]] or ["categorical", [values]]'
    kind, values = given
    return _CHECKS[kind](values)


def _problem_with_values(values: list[Any]) -> str:
    if not 1 <= len(values) <= _MOST_VALUES:
        return f"must have 1 to {_MOST_VALUES} values"
    if any(isinstance(value, list | dict) for value in values):
        return "must have values that are texts, numbers or booleans"
    if any(len(hyperparameters.text(value)) > _LONGEST_VALUE for value in values):
        return f"must have values of {_LONGEST_VALUE} characters at most"
    return ""


def _problem_with_continuous(values: list[Any]) -> str:
    return _problem_with_bounds(values, float)


def _problem_with_integers(values: list[Any]) -> str:
    if found := _problem_with_bounds(values, int):
        return found
    return (
        "must not be scaled ReverseLogarithmic, which is for continuous ranges" if values[2:] == [_SCALINGS[3]] else ""
    )


def _problem_with_bounds(values: list[Any], number: Callable[[str], float]) -> str:
    if not 2 <= len(values) <= 3:
        return "must have a least value, a greatest value, and at most a scaling"
    try:
        least, greatest = (_number(value, number) for value in values[:2])
    except ValueError:
        return "must have whole numbers as bounds" if number is int else "must have numbers as bounds"
    if not least < greatest:
        return "must have a least value below the greatest one"
    return _problem_with_scaling(values[2], least, greatest) if values[2:] else ""


def _problem_with_scaling(scaling: Any, least: float, greatest: float) -> str:
    if scaling not in _SCALINGS:
        return f"must be scaled {', '.join(_SCALINGS[:-1])} or {_SCALINGS[-1]}"
    if scaling == "Logarithmic" and least <= 0:
        return "must have bounds above 0 to be scaled Logarithmic"
    if scaling == "ReverseLogarithmic" and not (least >= 0 and greatest < 1):
        return "must have bounds from 0 to below 1 to be scaled ReverseLogarithmic"
    return ""


def _number(value: Any, number: Callable[[str], float]) -> float:
    """Convert a bound, also from text as in the earlier solution; raises `ValueError`."""
    if isinstance(value, bool) or not isinstance(value, int | float | str) or not _NUMBER.fullmatch(str(value)):
        raise ValueError(value)
    found = number(str(value))
    if not math.isfinite(found):
        raise ValueError(value)
    return found


_CHECKS: Final[Mapping[str, Callable[[list[Any]], str]]] = {
    _CONTINUOUS: _problem_with_continuous,
    _INTEGER: _problem_with_integers,
    CATEGORICAL: _problem_with_values,
}
