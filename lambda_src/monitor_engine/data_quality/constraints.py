# SPDX-License-Identifier: Apache-2.0
"""Model Monitor's constraints.json: constraints on future data, suggested from a baseline's statistics.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
"""

from __future__ import annotations

from typing import Any, Final

from monitor_engine.results import Document

# Columns with more different strings get no list of allowed ones ("for small cardinality"); deequ's limit.
_MOST_DOMAINS: Final = 120
_MONITORING_CONFIG: Final[dict[str, Any]] = {
    "evaluate_constraints": "Enabled",
    "emit_metrics": "Enabled",
    # All values must be of the type, and known.
    "datatype_check_threshold": 1.0,
    "domain_content_threshold": 1.0,
    "distribution_constraints": {
        "perform_comparison": "Enabled",
        "comparison_threshold": 0.1,
        "comparison_method": "Robust",
        "categorical_comparison_threshold": 0.1,
        "categorical_drift_method": "LInfinity",
    },
}


def document(statistics: Document, drift_method: str = "") -> Document:
    """Return the content of constraints.json for the content of statistics.json."""
    features = [_feature(feature) for feature in statistics["features"]]
    config = {**_MONITORING_CONFIG, "distribution_constraints": {**_MONITORING_CONFIG["distribution_constraints"]}}
    if drift_method:
        config["distribution_constraints"]["categorical_drift_method"] = drift_method
    return {"version": 0.0, "features": features, "monitoring_config": config}


def _feature(feature: Document) -> Document:
    found = feature.get("numerical_statistics") or feature["string_statistics"]
    present, missing = found["common"]["num_present"], found["common"]["num_missing"]
    suggested = {
        "name": feature["name"],
        "inferred_type": feature["inferred_type"],
        "completeness": present / (present + missing) if present else 0.0,
    }
    if "numerical_statistics" in feature:
        return suggested | {"num_constraints": {"is_non_negative": found["min"] >= 0}}
    buckets = found["distribution"]["categorical"]["buckets"]
    if 0 < found["distinct_count"] <= _MOST_DOMAINS:
        suggested["string_constraints"] = {"domains": [bucket["value"] for bucket in buckets]}
    return suggested
