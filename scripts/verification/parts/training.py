# SPDX-License-Identifier: Apache-2.0
"""Train a tiny model, register it, and look at the event of its job; tune two of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from scripts.verification import waiting
from scripts.verification.part import Finding, Part, calls, executions, large_hours
from scripts.verification.parts import data, pipelines
from scripts.verification.parts.launching import heard
from scripts.verification.scene import PartFailedError, Scene

TRAIN: Final = "model_training_builtin"
_INSTANCE: Final = "ml.m5.large"
_GATE: Final = "validation:auc"
_SHOWN: Final = 200
_REGISTERED_MINUTES: Final = 10


def group_of(scene: Scene) -> str:
    """The model package group that the launch has made."""
    return scene.outputs()["ModelRegistryArn"].rpartition("/")[2]


def version_of(scene: Scene) -> str | None:
    """The ARN of the registered version, or `None` while there is none."""
    listed = scene.aws.client("sagemaker").list_model_packages(
        ModelPackageGroupName=group_of(scene), SortBy="CreationTime", SortOrder="Ascending"
    )["ModelPackageSummaryList"]
    return str(listed[0]["ModelPackageArn"]) if listed else None


def _request(scene: Scene, pipeline_type: str) -> dict[str, Any]:
    data.stored(scene, data.TRAINING, data.as_csv(data.learned()))
    data.stored(scene, data.VALIDATION, data.as_csv(data.held_out()))
    return {
        "pipeline_type": pipeline_type,
        "model_name": scene.name,
        "training_data": data.TRAINING,
        "validation_data": data.VALIDATION,
        "job_output_location": "verify/trained",
        "model_framework": "xgboost",
        "model_framework_version": "1.7-1",
        "content_type": "text/csv",
        "instance_type": _INSTANCE,
        "instance_volume_size": 10,
        "max_runtime_per_job": 1800,
        "algo_hyperparameters": {"objective": "binary:logistic", "eval_metric": "auc", "num_round": 40, "max_depth": 3},
    }


def _train(scene: Scene) -> None:
    register = {
        "model_package_group_name": group_of(scene),
        "approval_status": "Approved",
        "min_metric": {_GATE: 0.9},
    }
    pipeline_id = pipelines.provisioned(
        scene, {**_request(scene, TRAIN), "use_spot_instances": False, "register": register}
    )
    pipelines.job_of(scene, pipeline_id)
    arn = waiting.until(scene, "the registered version", _REGISTERED_MINUTES, lambda: version_of(scene))
    status = scene.aws.client("sagemaker").describe_model_package(ModelPackageName=arn)["ModelApprovalStatus"]
    if status != "Approved":
        raise PartFailedError(f"the version is {status}: its {_GATE} is below 0.9")


def _told(scene: Scene) -> Iterator[Finding]:
    """Check the form of the tags in SageMaker's event of a training job."""

    def is_ours(event: dict[str, Any]) -> bool:
        return "TrainingJobName" in event["detail"] and scene.name in json.dumps(event["detail"])

    tags = heard(scene, "an event of the training job", is_ours)["detail"].get("Tags")
    form = "a map" if isinstance(tags, dict) else "a list" if isinstance(tags, list) else "not there"
    yield Finding("event-tags", f"detail.Tags is {form}: {json.dumps(tags)[:_SHOWN]}", None if tags else False)


def _search(scene: Scene) -> Iterator[Finding]:
    """Check where the trials of one tuning job keep their checkpoints."""
    pipeline_id = pipelines.provisioned(
        scene,
        {
            **_request(scene, "model_tuner_builtin"),
            "tuner_configs": {
                "objective_metric_name": _GATE,
                "objective_type": "Maximize",
                "max_jobs": 2,
                "max_parallel_jobs": 2,
            },
            "hyperparameter_ranges": {"eta": ["continuous", [0.1, 0.3]]},
        },
    )
    name = pipelines.job_of(scene, pipeline_id)["name"]
    sagemaker = scene.aws.client("sagemaker")
    trials = sagemaker.list_training_jobs_for_hyper_parameter_tuning_job(HyperParameterTuningJobName=name)
    places = []
    for trial in trials["TrainingJobSummaries"]:
        described = sagemaker.describe_training_job(TrainingJobName=trial["TrainingJobName"])
        places.append(described.get("CheckpointConfig", {}).get("S3Uri", "none").replace(trial["TrainingJobName"], "*"))
    shared = len(places) > 1 and len(set(places)) == 1 and "*" not in places[0] and places[0] != "none"
    seen = f"{len(places)} trials, whose checkpoints are at {'one place for all' if shared else 'places of their own'}"
    # The local AWS stores no checkpoints.
    yield Finding("trial-checkpoints", seen, None if scene.aws.is_local else not shared)


PARTS: Final = (
    Part(
        "train",
        "train a tiny XGBoost model, register it if it is good enough",
        minutes=8,
        costs=(large_hours(0.1), executions(1), calls(0.01)),
        run=_train,
        needs=("launch", "listen"),
    ),
    Part(
        "training-event",
        "experiment: the event of the training job, as EventBridge gives it",
        minutes=1,
        costs=(calls(0.001),),
        run=_told,
        needs=("train",),
    ),
    Part(
        "tune",
        "experiment: two trials of one tuning job; do they share checkpoints",
        minutes=10,
        costs=(large_hours(0.3), executions(1)),
        run=_search,
        needs=("train",),
    ),
)
