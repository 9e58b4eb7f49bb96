# SPDX-License-Identifier: Apache-2.0
"""The four kinds of monitors on the open engine, each with a change that it finds."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from tests.end_to_end import berths
from tests.end_to_end.berths import CENTRE, Berths, Change, same

BINARY: Final = {
    "problem_type": "BinaryClassification",
    "monitor_probability_attribute": "0",
    "probability_threshold_attribute": 0.5,
}


@dataclass(frozen=True)
class Case:
    """A kind of monitor: its own keys, a change that it finds, and what it is called."""

    kind: str
    words: str
    named: str
    """What the message names."""
    files: tuple[str, ...]
    """Of its baseline and its runs, beside those that all have."""
    keys: dict[str, Any] = field(default_factory=dict)
    sent: Change = same
    labelled: Change = same

    def __str__(self) -> str:
        return self.kind

    @property
    def needs_truth(self) -> bool:
        return self.kind in {"model_quality", "model_bias"}


def _doubled(rows: Any) -> Any:
    rows[:, 0] *= 2
    return rows


def _opposite(labels: Any) -> Any:
    return 1 - labels


def _late_at_high_tide(labels: Any) -> Any:
    labels[berths.MODEL.holdout_rows[:, 2] == 1] = 1
    return labels


def _of_one_size(rows: Any) -> Any:
    rows[:, 0] = CENTRE[0]
    return rows


BIAS: Final = {"label_values_or_threshold": [1], "facet_name": "tide", "facet_values_or_threshold": [1]}
COLUMNS: Final = {
    "baseline_inference_attribute": "predicted",
    "baseline_probability_attribute": "probability",
    "baseline_ground_truth_attribute": "late",
}
SHAP: Final = {"baseline": [list(CENTRE)], "num_samples": 20}
CASES: Final = [
    Case("data_quality", "data quality", "size: baseline_drift_check", ("statistics.json",), sent=_doubled),
    Case("model_quality", "model quality", "accuracy", ("statistics.json",), COLUMNS | BINARY, labelled=_opposite),
    Case("model_bias", "bias", "tide: bias_drift_check", ("analysis.json",), {"bias_config": BIAS} | BINARY,
         labelled=_late_at_high_tide),
    Case("model_explainability", "explainability", "feature_attribution_drift_check", ("analysis.json",),
         {"shap_config": SHAP} | BINARY, sent=_of_one_size),
]  # fmt: skip


def request_of(case: Case, served: Berths, place: str, baseline: str, **more: Any) -> dict[str, Any]:
    """The request of a monitor of this kind; baselines and reports lie below a place, `baseline` is an asset's key."""
    truth = {"monitor_ground_truth_input": served.truth} if case.needs_truth else {}
    return {
        "pipeline_type": f"byom_{case.kind}_monitor",
        "model_name": served.name,
        "endpoint_name": served.name,
        "baseline_data": baseline,
        "baseline_job_output_location": f"{place}/baselines",
        "data_capture_location": served.captured,
        "monitoring_output_location": f"{place}/reports",
        "schedule_expression": "rate(1 hour)",
        "monitor_max_runtime_seconds": 600,
        "instance_type": "ml.m5.large",
        "instance_volume_size": 20,
        **case.keys,
        **truth,
        **more,
    }
