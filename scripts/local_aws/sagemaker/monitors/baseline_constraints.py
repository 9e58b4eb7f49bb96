# SPDX-License-Identifier: Apache-2.0
"""Model Monitor's constraints.json: what a baseline's statistics suggest that data must satisfy from then on.

https://docs.aws.amazon.com/sagemaker/latest/dg/model-monitor-byoc-constraints.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Columns of more different strings than this get no list of allowed ones ("for small cardinality"); deequ's limit.
_MOST_DOMAINS = 120
# The thresholds that the container itself writes: all values must be of the type and known, whatever a file without
# them would default to.
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
    """The content of constraints.json that follows from the content of statistics.json."""
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
