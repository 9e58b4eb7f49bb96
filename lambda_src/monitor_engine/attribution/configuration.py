# SPDX-License-Identifier: Apache-2.0
"""Clarify's analysis configuration, as far as attribution uses it.

https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-config-json-monitor-model-explainability-parameters.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from monitor_engine.problems import EngineError

AGGREGATIONS: Final = ("mean_abs", "median", "mean_sq")
_SAMPLES: Final = 200


@dataclass(frozen=True)
class Configuration:
    """What is explained, and how."""

    features: tuple[str, ...]
    label: str
    """The label's column, in a baseline; empty without one."""
    endpoint: str
    score: str = ""
    background: tuple[tuple[str, ...], ...] = ()
    samples: int = _SAMPLES
    aggregation: str = AGGREGATIONS[0]
    use_logit: bool = False
    seed: int = 0


def read(path: Path) -> Configuration:
    """Return the configuration in a file. Raise EngineError with what is not right."""
    try:
        return _configuration(json.loads(path.read_text(encoding="utf-8")))
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
    background = shap.get("baseline") or []
    if isinstance(background, str):
        raise EngineError("the baseline of SHAP is a file: give its rows in shap_config.baseline")
    rows = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in background)
    wrong = next((row for row in rows if len(row) != len(features)), None)
    if wrong is not None:
        raise EngineError(f"a row of SHAP's baseline has {len(wrong)} values for {len(features)} features")
    aggregation = str(shap.get("agg_method", AGGREGATIONS[0]))
    if aggregation not in AGGREGATIONS:
        raise EngineError(f"agg_method is {aggregation!r}: give one of {', '.join(AGGREGATIONS)}")
    return Configuration(
        features=features,
        label=label,
        endpoint=str(predictor["endpoint_name"]),
        score=str(predictor.get("label", "")),
        background=rows,
        samples=int(shap.get("num_samples") or _SAMPLES),
        aggregation=aggregation,
        use_logit=bool(shap.get("use_logit", False)),
        seed=int(shap.get("seed") or 0),
    )
