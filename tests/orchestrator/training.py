# SPDX-License-Identifier: Apache-2.0
"""Requests of the three kinds of jobs as they come (compatibility 7), and the tags that every job of theirs has."""

from __future__ import annotations

from typing import Any, Final

Body = dict[str, Any]

TRAINING: Final[Body] = {
    "pipeline_type": "model_training_builtin",
    "model_name": "harbour-delay",
    "job_name": "harbour-delay-2024w48",
    "training_data": "train/harbour/2024w48.csv",
    "validation_data": "train/harbour/2024w48-val.csv",
    "job_output_location": "train-out/harbour",
    "model_framework": "xgboost",
    "model_framework_version": "1.5-1",
    "content_type": "csv",
    "instance_type": "ml.m5.2xlarge",
    "instance_count": 1,
    "instance_volume_size": 40,
    "use_spot_instances": "True",
    "max_runtime_per_job": 7200,
    "max_wait_time_spot_instances": 14400,
    "algo_hyperparamaters": {"objective": "binary:logistic", "eval_metric": "auc", "num_round": 240, "eta": 0.08},
}

TUNING: Final[Body] = {
    "pipeline_type": "model_tuner_builtin",
    "model_name": "harbour-delay",
    "job_name": "harbour-hpo-w48",
    "training_data": "train/harbour/2024w48.csv",
    "validation_data": "train/harbour/2024w48-val.csv",
    "job_output_location": "hpo-out/harbour",
    "model_framework": "xgboost",
    "model_framework_version": "1.5-1",
    "algo_hyperparamaters": {"objective": "binary:logistic", "eval_metric": "auc", "num_round": 240},
    "tuner_configs": {
        "objective_metric_name": "validation:auc",
        "objective_type": "Maximize",
        "max_jobs": 12,
        "max_parallel_jobs": 3,
        "early_stopping_type": "Auto",
    },
    "hyperparamaters_ranges": {
        "eta": ["continuous", [0.02, 0.3]],
        "max_depth": ["integer", [3, 9]],
        "booster": ["categorical", ["gbtree", "dart"]],
    },
}

AUTOPILOT: Final[Body] = {
    "pipeline_type": "model_autopilot_training",
    "model_name": "harbour-delay",
    "job_name": "harbour-auto-w48",
    "training_data": "train/harbour/2024w48-header.csv",
    "job_output_location": "auto-out/harbour",
    "target_attribute": "was_late",
    "problem_type": "BinaryClassification",
    "job_objective": "AUC",
    "job_max_candidates": 15,
    "total_max_runtime": 21600,
}

SAMPLES: Final = (TRAINING, TUNING, AUTOPILOT)

OWN_IMAGE: Final = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/quayside/trainer:7"


def own_image(body: Body, **changes: Any) -> Body:
    """The request with an image of the caller's own in place of the framework."""
    frameless = {key: value for key, value in body.items() if not key.startswith("model_framework")}
    return {**frameless, "custom_image_uri": OWN_IMAGE, **changes}


def tags(stack_name: str, body: Body) -> list[dict[str, str]]:
    """What tells of the job's pipeline, and to whom it belongs, as SageMaker takes it."""
    values = {
        "stack_name": stack_name,
        "pipeline_type": body["pipeline_type"],
        "model_name": body["model_name"],
        "mlops:application": "mlops",
        "mlops:pipeline": stack_name,
        "mlops:stage": "single",
        "mlops:model": body["model_name"],
    }
    return [{"Key": key, "Value": value} for key, value in values.items()]
