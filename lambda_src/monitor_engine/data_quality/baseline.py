# SPDX-License-Identifier: Apache-2.0
"""A baseline as a run needs it, read from constraints.json and statistics.json, ours or Model Monitor's."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from monitor_engine.data.columns import NUMERIC, STRING, UNKNOWN, Numbers
from monitor_engine.problems import EngineError
from monitor_engine.results import Document


@dataclass(frozen=True)
class Distribution:
    """How a feature was distributed: points with their weights, or categories with their counts."""

    count: int
    points: Numbers = field(default_factory=lambda: np.empty(0))
    """Distinct numbers, in order."""
    weights: Numbers = field(default_factory=lambda: np.empty(0))
    categories: Mapping[str, int] = field(default_factory=dict)
    is_whole: bool = True
    """Whether every category was counted."""


@dataclass(frozen=True)
class Feature:
    """What a baseline says of one column."""

    name: str
    kind: str
    completeness: float
    domain: frozenset[str] | None
    config: Document
    """The monitoring_config, with the feature's own overrides."""
    distribution: Distribution | None

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers."""
        return self.kind in NUMERIC


@dataclass(frozen=True)
class Baseline:
    """All features in the order of their columns, and what is to be done with them."""

    features: tuple[Feature, ...]
    config: Document

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [feature.name for feature in self.features]

    @property
    def texts(self) -> frozenset[str]:
        """The columns that are read as text."""
        return frozenset(feature.name for feature in self.features if feature.kind == STRING)


def read(constraints: Path, statistics: Path | None) -> Baseline:
    """Return the baseline in two files. Raise EngineError."""
    document = _json(constraints)
    known = _json(statistics) if statistics is not None and statistics.is_file() else {"features": []}
    config = document.get("monitoring_config") or {}
    try:
        of_name = {feature["name"]: feature for feature in known["features"]}
        features = tuple(_feature(one, config, of_name.get(one["name"], {})) for one in document["features"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EngineError(
            f"{constraints.name} or its statistics.json is not as a baseline writes it ({type(error).__name__}: "
            f"{error}): compute the baseline again"
        ) from error
    return Baseline(features, config)


def _json(path: Path) -> Document:
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise EngineError(f"{path.name} of the baseline is no JSON: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("features"), list):
        raise EngineError(f"{path.name} of the baseline has no features: compute the baseline again")
    return found


def _feature(stated: Mapping[str, Any], config: Document, statistics: Mapping[str, Any]) -> Feature:
    domains = (stated.get("string_constraints") or {}).get("domains")
    overrides = stated.get("monitoringConfigOverrides") or {}
    own = {**config, **overrides}
    nested = "distribution_constraints"
    own[nested] = {**(config.get(nested) or {}), **(overrides.get(nested) or {})}
    return Feature(
        name=str(stated["name"]),
        kind=str(stated.get("inferred_type", UNKNOWN)),
        completeness=float(stated.get("completeness", 0.0)),
        domain=None if domains is None else frozenset(map(str, domains)),
        config=own,
        distribution=_distribution(statistics),
    )


def _distribution(statistics: Mapping[str, Any]) -> Distribution | None:
    numerical, textual = statistics.get("numerical_statistics"), statistics.get("string_statistics")
    if numerical:
        levels = ((numerical.get("distribution") or {}).get("kll") or {}).get("sketch", {}).get("data") or []
        values = np.array([value for level in levels for value in level], dtype=np.float64)
        # A value on a level of a KLL sketch stands for two to the power of the level's number.
        weights = np.array([2.0**number for number, level in enumerate(levels) for _ in level])
        if not len(values):
            return None
        points, places = np.unique(values, return_inverse=True)
        count = int(numerical["common"]["num_present"])
        return Distribution(count, points, np.bincount(places, weights=weights).astype(np.float64))
    if textual:
        buckets = ((textual.get("distribution") or {}).get("categorical") or {}).get("buckets") or []
        counts = {str(bucket["value"]): int(bucket["count"]) for bucket in buckets}
        is_whole = int(textual.get("distinct_count", 0)) <= len(counts)
        count = int(textual["common"]["num_present"])
        return Distribution(count, categories=counts, is_whole=is_whole) if counts else None
    return None
