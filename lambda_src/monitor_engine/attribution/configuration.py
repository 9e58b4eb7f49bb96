# SPDX-License-Identifier: Apache-2.0
"""Clarify's analysis configuration, as far as attribution uses it; what it does not use is refused in words.

https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-processing-job-configure-analysis.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from monitor_engine.attribution import background
from monitor_engine.attribution.background import Row
from monitor_engine.problems import EngineError

AGGREGATIONS: Final = ("mean_abs", "median", "mean_sq")
_SAMPLES: Final = 200
_MOST_CLUSTERS: Final = 100
_KNOWN: Final = frozenset(
    ("baseline", "num_samples", "agg_method", "use_logit", "save_local_shap_values", "seed", "num_clusters",
     "features_to_explain")
)  # fmt: skip


@dataclass(frozen=True)
class Configuration:
    """What is explained, and how."""

    features: tuple[str, ...]
    label: str
    """The label's column, in a baseline; empty without one."""
    endpoint: str
    score: str = ""
    labels: tuple[str, ...] = ()
    """Names of a score each, where a model answers with several; empty: told by their places."""
    background: tuple[Row, ...] = ()
    clusters: int = 0
    """Rows that are the background where none are given: one of each cluster of the data."""
    explained: tuple[str, ...] = ()
    """The features whose values are computed; others stay as they are in the row."""
    samples: int = _SAMPLES
    aggregation: str = AGGREGATIONS[0]
    use_logit: bool = False
    keeps_rows: bool = True
    """Whether the values of each row are written."""
    seed: int = 0


def read(path: Path) -> Configuration:
    """Return the configuration in a file. Raise EngineError with what is not right."""
    try:
        return _configuration(json.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise EngineError(f"there is no analysis configuration at {path}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EngineError(
            f"{path.name} is not as Clarify's configuration of SHAP ({type(error).__name__}: {error}): it needs "
            "headers, methods.shap and predictor.endpoint_name"
        ) from error


def _configuration(stated: Mapping[str, Any]) -> Configuration:
    shap, predictor = stated["methods"]["shap"], stated["predictor"]
    label = str(stated.get("label", ""))
    features = tuple(str(name) for name in stated["headers"] if str(name) != label)
    found = Configuration(
        features=features,
        label=label,
        endpoint=str(predictor["endpoint_name"]),
        score=str(predictor.get("label", "")),
        labels=tuple(map(str, predictor.get("label_headers") or stated.get("label_headers") or ())),
        background=background.read(shap.get("baseline"), features),
        clusters=int(shap.get("num_clusters") or 0),
        explained=_explained(shap.get("features_to_explain"), features),
        samples=int(shap.get("num_samples") or _SAMPLES),
        aggregation=str(shap.get("agg_method") or AGGREGATIONS[0]),
        use_logit=bool(shap.get("use_logit", False)),
        keeps_rows=bool(shap.get("save_local_shap_values", True)),
        seed=int(shap.get("seed") or 0),
    )
    problems = list(_problems(shap, found))
    if problems:
        raise EngineError(f"the settings of SHAP are not right: {'; '.join(problems)}")
    return found


def _problems(shap: Mapping[str, Any], found: Configuration) -> list[str]:
    told = [f"{name} is not known to this engine, leave it out" for name in sorted(shap.keys() - _KNOWN)]
    if found.aggregation not in AGGREGATIONS:
        told.append(f"agg_method is {found.aggregation!r}: give one of {', '.join(AGGREGATIONS)}")
    lacking = [name for name in found.explained if name not in found.features]
    if lacking:
        told.append(f"features_to_explain has {', '.join(lacking)}: there are {', '.join(found.features[:20])}")
    if not 0 <= found.clusters <= _MOST_CLUSTERS:
        told.append(f"num_clusters is {found.clusters}: give a number from 1 to {_MOST_CLUSTERS}")
    if found.clusters and found.background:
        told.append("num_clusters is for a baseline that is not given: leave out one of baseline and num_clusters")
    return told


def _explained(stated: Any, features: tuple[str, ...]) -> tuple[str, ...]:
    """Names of features; a number is a place among the features, from 0."""
    if stated is None:
        return features
    return tuple(features[one] if isinstance(one, int) and 0 <= one < len(features) else str(one) for one in stated)
