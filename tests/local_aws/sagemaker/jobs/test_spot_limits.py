# SPDX-License-Identifier: Apache-2.0
"""The orchestrator and the local AWS know the same algorithms without checkpoints, from AWS's pages (lesson 102)."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.sagemaker.exceptions import ValidationError

from orchestrator.sagemaker import checkpoints, images
from orchestrator.sagemaker.images import ImageQuery
from scripts.local_aws.sagemaker.jobs import spot_limits
from tests.local_aws import training
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.training import training_request


def image_of(framework: str, version: str) -> str:
    """Its training image for the first instance type of these that it runs on."""
    for instance_type in ("ml.m5.large", "ml.g5.xlarge", "ml.trn1.2xlarge"):
        try:
            return images.resolve(ImageQuery(framework, version, "us-east-1", instance_type, "training"))
        except images.UnknownInstanceError:
            continue
    raise AssertionError(framework)


def waiting(image: str, seconds: int) -> dict[str, Any]:
    times = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": seconds}
    return {
        "AlgorithmSpecification": {"TrainingImage": image},
        "EnableManagedSpotTraining": True,
        "StoppingCondition": times,
    }


def is_limited(image: str) -> bool:
    spot_limits.check(waiting(image, checkpoints.LONGEST_WAIT))
    try:
        spot_limits.check(waiting(image, checkpoints.LONGEST_WAIT + 1))
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize("framework", images.frameworks("training"))
def test_an_algorithm_is_limited_where_the_orchestrator_says_so(framework: str) -> None:
    table = images._table()["frameworks"][framework]["training"]
    for version in (*table["versions"], *table["aliases"]):
        try:
            image = image_of(framework, version)
        except images.UnknownRegionError:
            continue
        assert is_limited(image) is not checkpoints.are_written(framework, version), version


def test_both_kinds_of_jobs_are_limited(client: ClientFactory) -> None:
    training.store_channels(client("s3"))
    sagemaker, image = client("sagemaker"), image_of("kmeans", "1")
    too_long = {**training_request("Refused", image=image), "EnableManagedSpotTraining": True}
    too_long["StoppingCondition"] = {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 3601}
    with pytest.raises(ClientError, match="algorithms that do not checkpoint are limited to") as refused:
        sagemaker.create_training_job(**too_long)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    config = {
        "Strategy": "Random",
        "ResourceLimits": {"MaxNumberOfTrainingJobs": 1, "MaxParallelTrainingJobs": 1},
        "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "test:msd"},
        "ParameterRanges": {"IntegerParameterRanges": [{"Name": "k", "MinValue": "2", "MaxValue": "4"}]},
    }
    definition = {key: value for key, value in too_long.items() if key not in ("TrainingJobName", "HyperParameters")}
    with pytest.raises(ClientError, match="algorithms that do not checkpoint are limited to"):
        sagemaker.create_hyper_parameter_tuning_job(
            HyperParameterTuningJobName="Refused",
            HyperParameterTuningJobConfig=config,
            TrainingJobDefinition=definition,
        )
