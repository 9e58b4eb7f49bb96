# SPDX-License-Identifier: Apache-2.0
"""Requests of the loop's demo: the three files that a person writes once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from scripts.demo.loop.harbour import LABEL

PREDICTED: Final = "predicted"
_INSTANCE: Final = "ml.m5.large"

Staged = str | Mapping[str, str]


@dataclass(frozen=True)
class Names:
    """Names of one loop: those of others in the account are others."""

    model: str = "harbour-delay"
    group: str = ""
    """Of the model's versions."""

    @property
    def endpoint(self) -> str:
        """The endpoint."""
        return f"{self.model}-live"

    @property
    def training(self) -> str:
        """Folder of training data in the assets bucket."""
        return f"training/{self.model}"

    @property
    def validation(self) -> str:
        """Folder of validation data."""
        return f"validation/{self.model}"

    @property
    def baseline(self) -> str:
        """Key of the baseline of the monitor."""
        return f"baselines/{self.model}.csv"

    @property
    def truth(self) -> str:
        """Folder of ground truth in the bucket of captures."""
        return f"labels/{self.model}"

    @property
    def captured(self) -> str:
        """Folder of captures."""
        return f"captured/{self.model}"


def training(names: Names) -> dict[str, Any]:
    """Train, and register what is better than the deployed version; a person approves."""
    return {
        "pipeline_type": "model_training_builtin",
        "model_name": names.model,
        "training_data": f"{names.training}/",
        "validation_data": f"{names.validation}/",
        "job_output_location": "trained",
        "model_framework": "xgboost",
        "model_framework_version": "1.7-1",
        "content_type": "text/csv",
        "algo_hyperparameters": {
            "objective": "reg:squarederror",
            "eval_metric": "rmse",
            "num_round": 60,
            "max_depth": 3,
            "eta": 0.15,
        },
        "register": {
            "model_package_group_name": names.group,
            "approval_status": "PendingManualApproval",
            "better_than": "deployed",
            "comparison_metric": "rmse",
        },
    }


def serving(names: Names, version: str, captured: Staged) -> dict[str, Any]:
    """Serve a registered version, and each that is approved after it."""
    return {
        "pipeline_type": "byom_realtime_builtin",
        "model_name": names.model,
        "model_package_name": version,
        "inference_instance": _INSTANCE,
        "endpoint_name": names.endpoint,
        "data_capture_location": captured,
        "deploy_on_approval": True,
    }


def monitoring(names: Names, bucket: Staged, training_pipeline: str, **retrain: Any) -> dict[str, Any]:
    """Watch the model's quality, and have it trained again when the error has risen."""
    return {
        "pipeline_type": "byom_model_quality_monitor",
        "model_name": names.model,
        "endpoint_name": names.endpoint,
        "baseline_data": names.baseline,
        "baseline_job_output_location": _below(bucket, "monitoring/baselines"),
        "data_capture_location": _below(bucket, names.captured),
        "monitoring_output_location": _below(bucket, "monitoring/reports"),
        "monitor_ground_truth_input": _below(bucket, names.truth),
        "schedule_expression": "rate(1 hour)",
        "monitor_max_runtime_seconds": 1800,
        "instance_type": _INSTANCE,
        "instance_volume_size": 20,
        "problem_type": "Regression",
        "monitor_inference_attribute": "0",
        "baseline_inference_attribute": PREDICTED,
        "baseline_ground_truth_attribute": LABEL,
        "retrain": {"pipeline": training_pipeline, "on": ["GreaterThanThreshold"], **retrain},
    }


def _below(bucket: Staged, folder: str) -> Staged:
    if isinstance(bucket, str):
        return f"{bucket}/{folder}"
    return {stage: f"{name}/{folder}" for stage, name in bucket.items()}
