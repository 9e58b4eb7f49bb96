# SPDX-License-Identifier: Apache-2.0
"""A monitor whose runs have a model trained again: the training pipeline, the monitor, its runs and its data jobs."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from orchestrator.automation import retrainings
from orchestrator.automation.instructions import Retrain
from orchestrator.aws import calls
from orchestrator.plan import layout
from orchestrator.sagemaker import deployed_outputs, monitor_runs
from tests.faults.invoking import ApiCall, Event
from tests.faults.world import World
from tests.orchestrator.conftest import read_json

MODEL: Final = "berth-occupancy"
TRAINING: Final = f"mlops-pipeline-{MODEL}-modeltraining"
MONITOR: Final = f"mlops-pipeline-{MODEL}-byommodelqualitymonitor"
_REPORTS: Final = "quayside-monitoring"
_SCHEDULE: Final = f"{MODEL}-modelquality-1a2b"
_ENDPOINT: Final = "berth-live"
DRIFT: Final = {"feature_name": "rmse", "constraint_check_type": "GreaterThanThreshold", "description": "worse"}
_WORDS: Final = (
    "CompletedWithViolations: Job completed successfully with 1 violations. rmse: GreaterThanThreshold 3.1 > 2."
)


def job_of_run(run: str) -> str:
    """Name of the job of a run."""
    return f"{monitor_runs.JOBS}51af3dc0-{run}"


class Loop:
    """The closed loop of one model in a world."""

    def __init__(self, world: World, **retrain: Any) -> None:
        self.world = world
        _launch(world, is_enabled=True)
        self.training = ApiCall("POST", "/provisionpipeline", read_json("requests/model_training_builtin.json"))
        for key in ("2026w47.csv", "2026w47-validation.csv"):
            world.store(world.settings.launch.assets_bucket, f"training/berths/{key}", b"1,2\n")
        self.training.until_it_ends(world)
        world.settle()
        self.asks(MONITOR, **retrain)

    def asks(self, monitor: str, **retrain: Any) -> Retrain:
        """Store the instructions of a monitor."""
        self.retrain = Retrain(pipeline=f"{MODEL}/training", **retrain)
        self._store(self.retrain.key(monitor), self.retrain.as_json())
        return self.retrain

    def _store(self, key: str, content: bytes) -> None:
        self.world.store(self.world.settings.launch.pipelines_bucket, key, content)

    def job_of(self, run: str) -> str:
        """Name of the training that a run has started, or would have."""
        return retrainings.job_name(MODEL, 63, job_of_run(run))

    def ended(self, run: str, monitor: str = MONITOR, *, age: timedelta = timedelta()) -> Event:
        """A run of a monitor that has found violations, with its files; gives the event of its end."""
        job, end = job_of_run(run), datetime.now(UTC) - age
        environment = {
            "output_path": f"s3://{_REPORTS}/{_ENDPOINT}/{_SCHEDULE}",
            "start_time": f"{end - timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}",
            "end_time": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "run_id": job,
            "sagemaker_endpoint_name": _ENDPOINT,
            "sagemaker_monitoring_schedule_name": _SCHEDULE,
        }
        folder = f"{_ENDPOINT}/{_SCHEDULE}/{end:%Y/%m/%d/%H}/{job}/"
        self.world.store(_REPORTS, f"{folder}constraint_violations.json", json.dumps({"violations": [DRIFT]}).encode())
        described = self._describe(job, "Completed", Environment=environment, ExitMessage=_WORDS)
        return self._event(described, monitor)

    def scheduled(self) -> None:
        """The deployed monitor with its schedule, whose runs have a place for training data."""
        outputs = {deployed_outputs.SCHEDULE: _SCHEDULE, deployed_outputs.MONITOR_ENGINE: deployed_outputs.OPEN}
        made = {
            "Resources": {"Schedule": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {name: {"Value": value} for name, value in outputs.items()},
        }
        calls.client("cloudformation").create_stack(StackName=MONITOR, TemplateBody=json.dumps(made))
        self.world.settle()
        place = f"s3://{self.world.settings.launch.assets_bucket}/retraining/{MONITOR}"
        declared = {
            "ProcessingJobName": "mlops-monitor-<aws.scheduler.execution-id>",
            "ProcessingResources": {
                "ClusterConfig": {"InstanceCount": 1, "InstanceType": "ml.m5.large", "VolumeSizeInGB": 20}
            },
            "AppSpecification": {"ImageUri": "i"},
            "RoleArn": "arn:aws:iam::123456789012:role/mlops-pipeline-x-SageMakerRole-1",
            "Environment": {"output_path": "s3://x/y", "training_data_path": place, "scheduled_time": "<now>"},
        }
        calls.client("scheduler").create_schedule(
            Name=_SCHEDULE,
            ScheduleExpression="rate(1 hour)",
            FlexibleTimeWindow={"Mode": "OFF"},
            Target={
                "Arn": "arn:aws:scheduler:::aws-sdk:sagemaker:createProcessingJob",
                "RoleArn": "arn:aws:iam::123456789012:role/x",
                "Input": json.dumps(declared),
            },
        )

    def written(self, run: str, rows: int, status: str = "Completed", **reason: str) -> Event:
        """The job that writes the data has ended; gives the event."""
        stack = self.world.stack(MONITOR).stack_id
        folder = f"retraining/{MONITOR}/{job_of_run(run)}/"
        if status == "Completed":
            told = {"rows": rows, "validation_rows": rows // 4, "columns": ["y", "a"], "from": "x", "to": "y"}
            self.world.store(self.world.settings.launch.assets_bucket, f"{folder}data.json", json.dumps(told).encode())
            for name in ("train.csv", "validation.csv", "labelled.csv"):
                self.world.store(self.world.settings.launch.assets_bucket, f"{folder}{name}", b"1,2\n")
        described = self._describe(monitor_runs.data_job(stack, job_of_run(run)), status, **reason)
        return self._event(described, MONITOR)

    def trains(self, run: str, status: str = "InProgress") -> None:
        """SageMaker has the job of a retraining."""
        name = self.job_of(run)
        self.world.sagemaker.described[name] = {
            **read_json("events/training_job_description.json"),
            "TrainingJobName": name,
            "TrainingJobArn": f"arn:aws:sagemaker:eu-west-1:123456789012:training-job/{name}",
            "TrainingJobStatus": status,
            "CreationTime": datetime.now(UTC),
        }

    def _describe(self, name: str, status: str, **more: Any) -> dict[str, Any]:
        described = {
            "ProcessingJobName": name,
            "ProcessingJobArn": f"arn:aws:sagemaker:eu-west-1:123456789012:processing-job/{name}",
            "ProcessingJobStatus": status,
            "CreationTime": datetime.now(UTC),
            "LastModifiedTime": datetime.now(UTC),
            **more,
        }
        self.world.sagemaker.described[name] = described
        return described

    def _event(self, job: dict[str, Any], monitor: str) -> Event:
        bucket = self.world.settings.launch.pipelines_bucket
        place = f"{layout.folder(monitor)}{layout.ENGINE}{self.retrain.engine_folder}x-0f1e/monitor_engine.zip"
        return Event(
            {
                "detail-type": monitor_runs.DETAIL_TYPE,
                "source": "aws.sagemaker",
                "region": "eu-west-1",
                "time": "2026-11-24T06:14:09Z",
                "resources": [],
                "detail": {
                    "ProcessingJobName": job["ProcessingJobName"],
                    "ProcessingJobStatus": job["ProcessingJobStatus"],
                    "ProcessingInputs": [{"InputName": "engine", "S3Input": {"S3Uri": f"s3://{bucket}/{place}"}}],
                    "CreationTime": 1795500300000,
                },
            }
        )


def _launch(world: World, *, is_enabled: bool) -> None:
    launch = replace(world.settings.launch, automatic_retraining=is_enabled)
    world.settings = replace(world.settings, launch=launch)


def disable(world: World) -> None:
    """Launch the orchestrator without automatic retraining."""
    _launch(world, is_enabled=False)


RUN: Final = "0f1e2d3c"


def drifted(world: World) -> Event:
    """A run has found violations, and the training pipeline has its own data."""
    return Loop(world).ended(RUN)


def drifted_with_truth(world: World) -> Event:
    """A run has found violations, and the data is what the monitor has merged."""
    loop = Loop(world, data="merged")
    loop.scheduled()
    return loop.ended(RUN)


def data_written(world: World) -> Event:
    """The data of a retraining is written."""
    loop = Loop(world, data="merged")
    loop.scheduled()
    loop.ended(RUN).until_it_ends(world)
    return loop.written(RUN, 800)
