# SPDX-License-Identifier: Apache-2.0
"""Model Monitor's constraint_violations.json: data that violates a baseline's constraints.

Columns, data types, completeness and known values are checked; the drift of distributions is not.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-interpreting-violations.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from scripts.local_aws.sagemaker.monitors.baseline_dataset import FRACTIONAL, INTEGRAL, UNKNOWN, value_types

_FITTING = {INTEGRAL: {INTEGRAL}, FRACTIONAL: {INTEGRAL, FRACTIONAL}}


def find(dataset: pd.DataFrame, constraints: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return the violations in a table of text: feature, kind of check, and description."""
    config = constraints.get("monitoring_config", {})
    if config.get("evaluate_constraints", "Enabled") != "Enabled":
        return []
    expected = {feature["name"]: feature for feature in constraints["features"]}
    found = list(_columns(len(dataset.columns), len(expected)))
    for name in (str(name) for name in dataset.columns if name in expected):
        found += _column(dataset[name], expected[name], config)
    return found


def _columns(current: int, baseline: int) -> Iterator[dict[str, str]]:
    if current == baseline:
        return
    word = "missing" if current < baseline else "extra"
    yield _violation(
        f"{word.capitalize()} columns",
        f"{word}_column_check",
        f"There are {word} columns in current dataset. Number of columns in current dataset: {current}, "
        f"Number of columns in baseline constraints: {baseline}",
    )


def _column(column: pd.Series, expected: Mapping[str, Any], config: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    name, types = str(expected["name"]), value_types(column)
    yield from _types(name, types, expected["inferred_type"], config.get("datatype_check_threshold", 0.1))
    complete = len(types) / len(column)
    if complete < expected["completeness"]:
        yield _violation(
            name,
            "completeness_check",
            f"Data completeness requirement is not met. Expected completeness: {_percent(expected['completeness'])}. "
            f"Observed: Only {_percent(complete)} of data is complete.",
        )
    domains = expected.get("string_constraints", {}).get("domains")
    if domains is not None and len(types):
        known, threshold = float(column.dropna().isin(domains).mean()), config.get("domain_content_threshold", 0.1)
        if known < threshold:
            yield _violation(
                name,
                "categorical_values_check",
                f"Categorical value requirement is not met. Expected match: {_percent(threshold)}. "
                f"Observed: Only {_percent(known)} of values are known from the baseline.",
            )


def _types(name: str, types: pd.Series, expected: str, threshold: float) -> Iterator[dict[str, str]]:
    if expected == UNKNOWN or types.empty:
        return
    matching = float(types.isin(_FITTING[expected]).mean()) if expected in _FITTING else 1.0
    if matching < threshold:
        yield _violation(
            name,
            "data_type_check",
            f"Data type match requirement is not met. Expected data type: {expected}, Expected match: "
            f"{_percent(threshold)}. Observed: Only {_percent(matching)} of data is {expected}.",
        )


def _violation(feature: str, check: str, description: str) -> dict[str, str]:
    return {"feature_name": feature, "constraint_check_type": check, "description": description}


def _percent(share: float) -> str:
    return f"{share * 100}%"
