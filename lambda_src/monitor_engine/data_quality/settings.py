# SPDX-License-Identifier: Apache-2.0
"""What is done with a feature: the monitoring_config of constraints.json, with the feature's own overrides.

Of the names that Model Monitor's first containers wrote, those with the same meaning are taken.
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from monitor_engine.results import Document

_ENABLED, _DISABLED = "Enabled", "Disabled"
_SIMPLE, _ROBUST = "Simple", "Robust"
_L_INFINITY, _CHI_SQUARED = "LInfinity", "ChiSquared"
_DISTANCES: Final = "distribution_constraints"
# Threshold of a file without one, as documented.
_THRESHOLD: Final = 0.1


@dataclass(frozen=True)
class Settings:
    """Settings of one feature."""

    evaluates: bool = True
    """Whether violations are looked for."""
    emits: bool = True
    """Whether metrics are sent."""
    least_of_type: float = _THRESHOLD
    """Share of the values that must be of the baseline's type."""
    least_known: float = _THRESHOLD
    """Share of the values that must be in the baseline's domain."""
    compares: bool = True
    """Whether distributions are compared."""
    is_robust: bool = True
    most: float = _THRESHOLD
    """Distance of numbers from which on they have drifted."""
    categorical: float = _THRESHOLD
    """The same of categories, or with a test of them the p-value."""
    is_tested: bool = False
    """Whether categories are compared by a test of chi squared."""


def merged(config: Document, feature: Mapping[str, Any]) -> Document:
    """Return the configuration of a feature: its own entries before those of all."""
    texts = feature.get("string_constraints") or {}
    found: Document = {**config, _DISTANCES: dict(config.get(_DISTANCES) or {})}
    for own in (texts.get("monitoring_config_overrides"), feature.get("monitoringConfigOverrides")):
        stated = own or {}
        found |= {name: value for name, value in stated.items() if name != _DISTANCES}
        found[_DISTANCES] |= stated.get(_DISTANCES) or {}
    return found


def read(config: Document, where: str, problems: list[str]) -> Settings:
    """Return the settings in a configuration; what cannot be meant is added to the problems."""
    stated = _Stated(config, where, problems)
    distances = _Stated(config.get(_DISTANCES) or {}, where, problems)
    compares = _DISABLED if distances.config.get("enable_comparisons") is False else _ENABLED
    known = distances.share("min_domain_mass", _THRESHOLD)
    return Settings(
        evaluates=stated.one_of("evaluate_constraints", (_ENABLED, _DISABLED)) == _ENABLED,
        emits=stated.one_of("emit_metrics", (_ENABLED, _DISABLED)) == _ENABLED,
        least_of_type=stated.share("datatype_check_threshold", _THRESHOLD),
        least_known=stated.share("domain_content_threshold", known),
        compares=distances.one_of("perform_comparison", (_ENABLED, _DISABLED), compares) == _ENABLED,
        is_robust=distances.one_of("comparison_method", (_ROBUST, _SIMPLE)) == _ROBUST,
        most=distances.share("comparison_threshold", _THRESHOLD),
        categorical=distances.share("categorical_comparison_threshold", _THRESHOLD),
        is_tested=distances.one_of("categorical_drift_method", (_L_INFINITY, _CHI_SQUARED)) == _CHI_SQUARED,
    )


@dataclass(frozen=True)
class _Stated:
    config: Mapping[str, Any]
    where: str
    problems: list[str]

    def one_of(self, name: str, known: tuple[str, ...], default: str = "") -> str:
        found = self.config.get(name)
        if found is None:
            return default or known[0]
        if found not in known:
            self.problems.append(f"{name}{self.where} is {found!r}: give {' or '.join(known)}")
            return known[0]
        return str(found)

    def share(self, name: str, default: float) -> float:
        stated = self.config.get(name)
        if stated is None:
            return default
        try:
            found = -1.0 if isinstance(stated, bool) else float(stated)
        except (TypeError, ValueError):
            found = -1.0
        if not 0 <= found <= 1:
            self.problems.append(f"{name}{self.where} is {stated!r}: give a number from 0 to 1")
            return default
        return found
