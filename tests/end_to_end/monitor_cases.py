# SPDX-License-Identifier: Apache-2.0
"""Monitors of each problem type: what is requested, and what of it must reach SageMaker."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from orchestrator.values.per_stage import STAGES, Stage

Body = dict[str, Any]
ASSETS: Final = "quayside-assets"
BASELINE: Final = "baselines/label_first.csv"
SHAP_ROW: Final = "baselines/shap_row.csv"
LIVE: Final = "live"
"""The place of a single-account deployment, beside those that are called like their stages."""


@dataclass(frozen=True)
class Case:
    """A monitor of a problem type: what is requested beside the common keys, and what of it reaches SageMaker."""

    kind: str
    problem_type: str = ""
    keys: Body = field(default_factory=dict)
    endpoint: Body = field(default_factory=dict)
    """How the endpoint's data is understood."""
    environment: Body = field(default_factory=dict)
    """From which columns Model Monitor computes the baseline."""
    analysis: Body = field(default_factory=dict)
    """What Clarify compares, or how it computes SHAP values."""
    threshold: Body = field(default_factory=dict)
    """Of the baseline's labels."""
    label: Body = field(default_factory=dict)
    """Where the baseline's predictor finds it."""

    def __str__(self) -> str:
        how = "by-probability" if "probability_attribute" in self.environment else ""
        how = "but-some" if "features_to_ignore" in self.keys else how
        return "-".join(filter(None, (self.kind, self.problem_type, how)))

    @property
    def prefix(self) -> str:
        return self.kind.title().replace("_", "")

    @property
    def by_clarify(self) -> bool:
        return self.kind in {"model_bias", "model_explainability"}

    @property
    def has_truth(self) -> bool:
        return self.kind in {"model_quality", "model_bias"}


REGRESSION, BINARY, MULTICLASS = "Regression", "BinaryClassification", "MulticlassClassification"
PREDICTED: Final = {"monitor_inference_attribute": "0"}
FOR_BINARY: Final = {"monitor_probability_attribute": "1", "probability_threshold_attribute": "0.6"}
"""Without meaning for another problem type."""
BOTH: Final = {**PREDICTED, **FOR_BINARY}
COLUMN: Final = {"baseline_inference_attribute": "prediction", "baseline_ground_truth_attribute": "was_late"}
COLUMNS_OF_BOTH: Final = {**COLUMN, "baseline_probability_attribute": "probability"}
INFERENCE: Final = {"InferenceAttribute": "0"}
PROBABILITY: Final = {"ProbabilityAttribute": "1"}
THRESHOLD: Final = {**PROBABILITY, "ProbabilityThresholdAttribute": 0.6}
FEATURES: Final = {"FeaturesAttribute": "features"}
BY_PREDICTION: Final = {"inference_attribute": "prediction"}
BY_PROBABILITY: Final = {"probability_attribute": "probability", "probability_threshold_attribute": "0.6"}
SHAP: Final = {"use_logit": False, "save_local_shap_values": True}
CASES: Final = [
    Case("data_quality"),
    Case("data_quality", keys={"features_to_ignore": ["size", 3]}, endpoint={"ExcludeFeaturesAttribute": "size,3"}),
    Case("model_quality", REGRESSION,
         COLUMNS_OF_BOTH | BOTH | {"start_time_offset": "-PT2H", "end_time_offset": "-PT1H"},
         INFERENCE | {"StartTimeOffset": "-PT2H", "EndTimeOffset": "-PT1H"}, BY_PREDICTION),
    Case("model_quality", MULTICLASS, COLUMN | PREDICTED, INFERENCE, BY_PREDICTION),
    Case("model_quality", BINARY, COLUMNS_OF_BOTH | FOR_BINARY, THRESHOLD, BY_PROBABILITY),
    Case("model_quality", BINARY, COLUMNS_OF_BOTH | PREDICTED, INFERENCE, BY_PREDICTION),
    Case("model_bias", REGRESSION,
         BOTH | {"bias_config": {"label_values_or_threshold": [4.5], "facet_name": "size"}}, INFERENCE,
         analysis={"label_values_or_threshold": [4.5], "facet": [{"name_or_index": "size"}]}),
    Case("model_bias", MULTICLASS,
         PREDICTED | {
             "bias_config": {"label_values_or_threshold": [0, 2], "facet_name": ["size", "draught, metres"],
                             "facet_values_or_threshold": [[20, 25], [8]], "group_name": "prediction"},
             "model_predicted_label_config": {"label": 0, "label_headers": ["early", "late", "lost"]},
         }, INFERENCE,
         analysis={"label_values_or_threshold": [0, 2], "group_variable": "prediction",
                   "facet": [{"name_or_index": "size", "value_or_threshold": [20, 25]},
                             {"name_or_index": "draught, metres", "value_or_threshold": [8]}]},
         label={"label": 0, "label_headers": ["early", "late", "lost"]}),
    Case("model_bias", BINARY,
         FOR_BINARY | {
             "features_attribute": "features",
             "bias_config": {"label_values_or_threshold": [1], "facet_name": "size", "facet_values_or_threshold": [20]},
             "model_predicted_label_config": {"probability": 1, "probability_threshold": "0.6"},
         }, THRESHOLD | FEATURES,
         analysis={"label_values_or_threshold": [1], "facet": [{"name_or_index": "size", "value_or_threshold": [20]}]},
         threshold={"probability_threshold": 0.6}, label={"probability": 1}),
    Case("model_explainability", REGRESSION,
         BOTH | {"shap_config": {"baseline": SHAP_ROW, "num_samples": 300, "agg_method": "mean_abs"}}, INFERENCE,
         analysis=SHAP | {"baseline": f"s3://{ASSETS}/{SHAP_ROW}", "num_samples": 300, "agg_method": "mean_abs"}),
    Case("model_explainability", MULTICLASS,
         PREDICTED | {"model_scores": 1, "shap_config": {"num_clusters": 2, "features_to_explain": ["size"]}},
         INFERENCE, analysis=SHAP | {"num_clusters": 2, "features_to_explain": ["size"]}, label={"label": 1}),
    Case("model_explainability", BINARY,
         FOR_BINARY | {"features_attribute": "features", "model_scores": "scores",
                       "shap_config": {"baseline": [[20, 7.5, 0, 0.4]], "use_logit": True, "seed": 7}},
         PROBABILITY | FEATURES,
         analysis=SHAP | {"use_logit": True, "baseline": [[20, 7.5, 0, 0.4]], "seed": 7}, label={"label": "scores"}),
]  # fmt: skip
FIGURES: Final = {
    LIVE: ("cron(0 6 ? * * *)", 3000, "ml.m5.large", 30),
    "dev": ("cron(0 1 ? * * *)", 1000, "ml.m5.xlarge", 10),
    "staging": ("cron(0 0/6 ? * * *)", 2400, "ml.m5.2xlarge", 40),
    "prod": ("cron(0 2 ? * * *)", 2000, "ml.m5.4xlarge", 20),
}
"""By place: schedule, seconds of a run, instance type, gigabytes of its volume."""


def at_place(place: str, case: Case) -> Body:
    """The keys whose values may differ by stage; numbers as the earlier solution had them (compatibility 7)."""
    expression, seconds, instance_type, gigabytes = FIGURES[place]
    truth = {"monitor_ground_truth_input": f"quayside-{place}-arrivals/labels/"} if case.has_truth else {}
    return {
        "endpoint_name": f" Berths-{place.title()} ",
        "baseline_job_output_location": f"quayside-{place}-monitoring/baselines",
        "data_capture_location": f"quayside-{place}-capture/berths",
        "monitoring_output_location": f"quayside-{place}-monitoring/reports",
        "schedule_expression": expression,
        "monitor_max_runtime_seconds": str(seconds),
        "instance_type": instance_type,
        "instance_volume_size": str(gigabytes),
        **truth,
    }


def body_of(case: Case, stage: Stage | None, **more: Any) -> Body:
    """The request of a single-account or a multi-account orchestrator."""
    by_place = {place: at_place(place, case) for place in FIGURES}
    values = by_place[LIVE]
    if stage:
        values = {key: {each: by_place[each][key] for each in STAGES} for key in values}
    problem = {"problem_type": case.problem_type} if case.problem_type else {}
    common = {"pipeline_type": f"byom_{case.kind}_monitor", "model_name": "Berths", "baseline_data": BASELINE}
    return {**common, **values, **problem, **case.keys, **more}
