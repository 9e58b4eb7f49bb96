# SPDX-License-Identifier: Apache-2.0
"""Clarify's analysis configuration, as far as bias monitors use it.

https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-processing-job-configure-analysis.html
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from monitor_engine.problems import EngineError


@dataclass(frozen=True)
class Chosen:
    """Values of a column that are meant, or a threshold above which they are."""

    values: frozenset[str] = frozenset()
    threshold: float | None = None

    @property
    def text(self) -> str:
        """How it is written in analysis.json."""
        return ",".join(sorted(self.values)) if self.threshold is None else f"({self.threshold:g}, inf)"

    def has(self, value: str) -> bool:
        """Whether a value is meant. Raise EngineError for a text where a number is compared."""
        if self.threshold is None:
            return value in self.values
        try:
            return float(value) > self.threshold
        except ValueError as error:
            raise EngineError(f"{value!r} is no number, and {self.threshold:g} is a threshold") from error


@dataclass(frozen=True)
class Facet:
    """A column that tells groups apart; without `disfavoured` each of its values is compared with all others."""

    name: str
    disfavoured: Chosen | None = None


@dataclass(frozen=True)
class Predicting:
    """The endpoint that predicts for a baseline, and how its answers become labels."""

    endpoint: str
    label: str = ""
    """Where the predicted label stands in an answer: a position or a path."""
    probability: str = ""
    """Where the probability stands, or with `headers` one for each of them."""
    threshold: float = 0.5
    headers: tuple[str, ...] = ()
    """Values of the label, in the order of their probabilities."""


@dataclass(frozen=True)
class Configuration:
    """What is compared."""

    headers: tuple[str, ...]
    label: str
    positive: Chosen
    facets: tuple[Facet, ...]
    group: str = ""
    predicting: Predicting | None = None

    @property
    def features(self) -> tuple[str, ...]:
        """All columns but the label, in their order."""
        return tuple(name for name in self.headers if name != self.label)

    @property
    def thresholds(self) -> tuple[str, ...]:
        """Columns for which one number is given, which is a threshold if the column has many numbers."""
        chosen = [(self.label, self.positive), *((facet.name, facet.disfavoured) for facet in self.facets)]
        return tuple(name for name, one in chosen if one is not None and _single(one) is not None)

    def with_thresholds(self, names: frozenset[str]) -> Configuration:
        """Return the configuration with these columns compared with their threshold."""
        facets = tuple(
            replace(facet, disfavoured=_above(facet.disfavoured)) if facet.name in names else facet
            for facet in self.facets
        )
        positive = _above(self.positive) if self.label in names else self.positive
        return replace(self, positive=positive or self.positive, facets=facets)


def read(path: Path) -> Configuration:
    """Return the configuration in a file. Raise EngineError with what is not right."""
    try:
        return _configuration(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise EngineError(f"there is no analysis configuration at {path}") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise EngineError(
            f"{path.name} is not as Clarify's configuration of a bias analysis ({type(error).__name__}: {error}): it "
            "needs headers, label, label_values_or_threshold and facet"
        ) from error


def _configuration(stated: Mapping[str, Any]) -> Configuration:
    headers = tuple(str(name) for name in stated["headers"])
    facets = tuple(
        Facet(_name(one["name_or_index"], headers), _chosen(one.get("value_or_threshold"))) for one in stated["facet"]
    )
    positive = _chosen(stated["label_values_or_threshold"])
    if positive is None or not facets:
        raise EngineError("label_values_or_threshold and facet must each have an entry")
    group = stated.get("group_variable")
    return Configuration(
        headers,
        _name(stated.get("label", headers[0]), headers),
        positive,
        facets,
        "" if group is None else _name(group, headers),
        _predicting(stated),
    )


def _predicting(stated: Mapping[str, Any]) -> Predicting | None:
    told = stated.get("predictor") or {}
    if not told.get("endpoint_name"):
        return None
    return Predicting(
        endpoint=str(told["endpoint_name"]),
        label=_place(told.get("label")),
        probability=_place(told.get("probability")),
        threshold=float(stated.get("probability_threshold") or 0.5),
        headers=tuple(normal(str(value)) for value in told.get("label_headers") or ()),
    )


def _place(stated: Any) -> str:
    return "" if stated is None else str(stated)


def _name(stated: Any, headers: tuple[str, ...]) -> str:
    name = headers[stated] if isinstance(stated, int) else str(stated)
    if name not in headers:
        raise EngineError(f"there is no column {name!r}; there are {', '.join(headers)}")
    return name


def _chosen(stated: Any) -> Chosen | None:
    if stated is None or stated == []:
        return None
    values = stated if isinstance(stated, list) else [stated]
    return Chosen(frozenset(normal(str(value)) for value in values))


def normal(text: str) -> str:
    """Return a value as it is compared: `1`, `1.0` and `true` are one."""
    text = text.strip()
    if text.lower() in {"true", "false"}:
        return str(int(text.lower() == "true"))
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if math.isfinite(number) and number == int(number) else repr(number)


def _single(chosen: Chosen) -> float | None:
    if len(chosen.values) != 1:
        return None
    try:
        return float(next(iter(chosen.values)))
    except ValueError:
        return None


def _above(chosen: Chosen | None) -> Chosen | None:
    return chosen if chosen is None else Chosen(threshold=_single(chosen))
