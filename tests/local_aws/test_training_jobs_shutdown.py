# SPDX-License-Identifier: Apache-2.0
"""Training and tuning jobs and the end of the local AWS."""

from __future__ import annotations

import threading
from typing import Any

import boto3
from moto.sagemaker.models import sagemaker_backends

from scripts.local_aws import job_process, job_records
from scripts.local_aws.server import LocalAws
from tests.local_aws import training
from tests.local_aws.serving import ACCOUNT

ENDLESS = {"num_round": "100000000", "objective": "binary:logistic"}


def client(aws: LocalAws, service: str) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": aws.region}
    return boto3.session.Session(**keys).client(service, endpoint_url=aws.endpoint_url)


def start_endless_tuning(aws: LocalAws) -> None:
    training.store_channels(client(aws, "s3"))
    ranges = {"IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "1", "MaxValue": "6"}]}
    client(aws, "sagemaker").create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="endless",
        HyperParameterTuningJobConfig={
            "Strategy": "Random",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 9, "MaxParallelTrainingJobs": 2},
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:logloss"},
            "ParameterRanges": ranges,
        },
        TrainingJobDefinition={
            **training.definition(),
            "StaticHyperParameters": ENDLESS,
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 20},
        },
    )


def threads() -> list[str]:
    names = (thread.name for thread in threading.enumerate())
    return [name for name in names if name.startswith(("training job", "hyper parameter", "guard of"))]


def test_running_jobs_end_with_the_local_aws() -> None:
    with LocalAws() as aws:
        start_endless_tuning(aws)
        with job_records.THREADS.changed:
            assert job_records.THREADS.changed.wait_for(lambda: len(job_process.running()) == 2, 60)
        assert "hyper parameter tuning job endless" in threads()
        job: Any = sagemaker_backends[ACCOUNT][aws.region].hyper_parameter_tuning_jobs["endless"]
    assert threads() == job_process.running() == []
    assert job.status == "Stopped"
    assert [trial.job.status for trial in job.trials] == ["Stopped", "Stopped"]
