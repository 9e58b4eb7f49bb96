# SPDX-License-Identifier: Apache-2.0
"""A baseline as a run needs it, read from constraints.json and statistics.json, ours or Model Monitor's.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-statistics.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from monitor_engine.data.columns import FRACTIONAL, INTEGRAL, NUMERIC, STRING, UNKNOWN
from monitor_engine.data_quality import distribution, settings
from monitor_engine.data_quality.distribution import Distribution
from monitor_engine.data_quality.settings import Settings
from monitor_engine.problems import EngineError
from monitor_engine.results import Document

_KINDS: Final = (INTEGRAL, FRACTIONAL, STRING, UNKNOWN)
# Problems of a file that are named.
_MOST: Final = 5


@dataclass(frozen=True)
class Feature:
    """What a baseline says of one column."""

    name: str
    kind: str
    completeness: float
    domain: frozenset[str] | None
    settings: Settings
    distribution: Distribution | None
    lacking: str = ""
    """Why it has no distribution."""

    @property
    def is_numeric(self) -> bool:
        """Whether its values are numbers."""
        return self.kind in NUMERIC


@dataclass(frozen=True)
class Baseline:
    """All features in the order of their columns, and what is to be done with them."""

    features: tuple[Feature, ...]
    settings: Settings

    @property
    def names(self) -> list[str]:
        """The names of the columns."""
        return [feature.name for feature in self.features]

    @property
    def texts(self) -> frozenset[str]:
        """The columns that are read as text."""
        return frozenset(feature.name for feature in self.features if feature.kind == STRING)

    @property
    def remarks(self) -> list[str]:
        """What of it cannot be used, in words."""
        reasons: dict[str, list[str]] = {}
        for feature in self.features:
            if feature.lacking and feature.settings.compares:
                reasons.setdefault(feature.lacking, []).append(feature.name)
        found = [f"drift was not looked at {reason}: {listed(names)}" for reason, names in reasons.items()]
        rough = [one.name for one in self.features if one.distribution is not None and len(one.distribution.edges)]
        if rough:
            found.append(f"the baseline has buckets without a sketch, so drift within one is not seen: {listed(rough)}")
        return found


def listed(names: Sequence[str]) -> str:
    """Return the first of some names, and how many more there are."""
    return ", ".join([*names[:5], *([f"{len(names) - 5} more"] if len(names) > 5 else [])])


def read(constraints: Path, statistics: Path | None) -> Baseline:
    """Return the baseline in two files. Raise EngineError."""
    document = _json(constraints)
    known = _json(statistics) if statistics is not None and statistics.is_file() else {"features": []}
    config, problems = document.get("monitoring_config") or {}, list[str]()
    try:
        of_name = {feature["name"]: feature for feature in known["features"]}
        features = tuple(_feature(one, config, of_name.get(one["name"], {}), problems) for one in document["features"])
        of_all = settings.read(config, "", problems)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EngineError(
            f"{constraints.name} or its statistics.json is not as a baseline writes it ({type(error).__name__}: "
            f"{error}): compute the baseline again"
        ) from error
    problems = list(dict.fromkeys(problems))
    if problems:
        more = f"; {len(problems) - _MOST} more" if len(problems) > _MOST else ""
        raise EngineError(f"{constraints.name} of the baseline is not right: {'; '.join(problems[:_MOST])}{more}.")
    return Baseline(features, of_all)


def _json(path: Path) -> Document:
    try:
        found: Any = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        raise EngineError(f"{path.name} of the baseline is no JSON: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("features"), list):
        others = [name for name in found if name != "version"][:3] if isinstance(found, dict) else []
        has = f", but {', '.join(others)}: is it of another kind of monitor?" if others else ":"
        raise EngineError(f"{path.name} of the baseline has no features{has} Compute the baseline again")
    return found


def _feature(
    stated: Mapping[str, Any], config: Document, statistics: Mapping[str, Any], problems: list[str]
) -> Feature:
    name = str(stated["name"])
    domains = (stated.get("string_constraints") or {}).get("domains")
    kind = str(stated.get("inferred_type") or statistics.get("inferred_type") or UNKNOWN)
    if kind not in _KINDS:
        problems.append(f"inferred_type of {name} is {kind!r}: give one of {', '.join(_KINDS)}")
    own = settings.merged(config, stated)
    # What is wrong for all is told once, without the name of a feature.
    where = f" of {name}" if own != settings.merged(config, {}) else ""
    found = distribution.read(statistics)
    lacking = "" if kind == UNKNOWN else _lacking(statistics, found, kind)
    return Feature(
        name=name,
        kind=kind,
        completeness=float(stated.get("completeness") or 0.0),
        domain=None if domains is None else frozenset(map(str, domains)),
        settings=settings.read(own, where, problems),
        distribution=None if lacking else found,
        lacking=lacking,
    )


def _lacking(statistics: Mapping[str, Any], found: Distribution | None, kind: str) -> str:
    if not statistics:
        return "without baseline statistics"
    if found is None:
        return "without a distribution in statistics.json"
    if found.is_numeric is not (kind in NUMERIC):
        return "where statistics.json has another type than constraints.json"
    return ""
