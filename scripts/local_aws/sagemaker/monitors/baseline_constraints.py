# SPDX-License-Identifier: Apache-2.0
"""Model Monitor's constraints.json: constraints on future data, suggested from a baseline's statistics.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Columns with more different strings get no list of allowed ones ("for small cardinality"); deequ's limit.
_MOST_DOMAINS = 120
# Thresholds that the container itself writes: all values must be of the type and known, whatever the defaults of a
# file without them are.
_MONITORING_CONFIG = {
    "evaluate_constraints": "Enabled",
    "emit_metrics": "Enabled",
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


def constraints(statistics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of constraints.json for the content of statistics.json."""
    features = [_feature(feature) for feature in statistics["features"]]
    return {"version": 0.0, "features": features, "monitoring_config": _MONITORING_CONFIG}


def _feature(feature: Mapping[str, Any]) -> dict[str, Any]:
    found = feature.get("numerical_statistics") or feature["string_statistics"]
    present, missing = found["common"]["num_present"], found["common"]["num_missing"]
    suggested = {
        "name": feature["name"],
        "inferred_type": feature["inferred_type"],
        "completeness": present / (present + missing) if present else 0.0,
    }
    if "numerical_statistics" in feature:
        return suggested | {"num_constraints": {"is_non_negative": found["min"] >= 0}}
    domains = [bucket["value"] for bucket in found["distribution"]["categorical"]["buckets"]]
    if 0 < len(domains) <= _MOST_DOMAINS:
        suggested["string_constraints"] = {"domains": domains}
    return suggested
