# SPDX-License-Identifier: Apache-2.0
"""Endpoints with capacity as requests ask for it, deployed by the blueprint with the orchestrator's own values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.local_aws.server import LocalAws
from tests.end_to_end.deployed import ORCHESTRATOR, Deployed, launch_of
from tests.local_aws.minutes import begin_minute
from tests.local_aws.serving import csv_of
from tests.local_aws.stack_setting import acting_in

ASSETS: Final = "quayside-assets"
ARTIFACT: Final = "models/berths/model.tar.gz"
ENDPOINT: Final = "berths-live"
VARIANT: Final = f"endpoint/{ENDPOINT}/variant/AllTraffic"
SCALING: Final[dict[str, Any]] = {
    "minimum": 2,
    "maximum": 6,
    "invocations_per_instance": 30,
    "scale_in_cooldown": 60,
    "scale_out_cooldown": 30,
    "schedules": [
        {"schedule": "cron(0 7 ? * MON-FRI *)", "minimum": 4, "maximum": 6, "time_zone": "Europe/Berlin"},
        {"schedule": "rate(12 hours)", "minimum": 1, "maximum": 2},
    ],
}

Deploy = Callable[..., Deployed]
"""Deploy or update the one stack with a request's changes."""
UPDATED: Final = "UPDATE_COMPLETE"
TAKEN_BACK: Final = "UPDATE_ROLLBACK_COMPLETE"


@pytest.fixture(scope="module")
def local_aws() -> Iterator[LocalAws]:
    with LocalAws() as aws:
        yield aws


@pytest.fixture(scope="module", autouse=True)
def assets(local_aws: LocalAws, trained_model: TrainedModel) -> None:
    s3 = acting_in(local_aws, ORCHESTRATOR, "s3")
    for bucket in (ASSETS, launch_of(ASSETS).pipelines_bucket):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket=ASSETS, Key=ARTIFACT, Body=demo_model.package(trained_model))


@pytest.fixture
def deploy(local_aws: LocalAws) -> Iterator[Deploy]:
    made: list[Deployed] = []

    def deploy(**changes: Any) -> Deployed:
        given = {
            "pipeline_type": "byom_realtime_builtin",
            "model_name": "berths",
            "model_framework": "xgboost",
            "model_framework_version": "1.7-1",
            "model_artifact_location": ARTIFACT,
            "inference_instance": "ml.m5.large",
            "data_capture_location": f"{ASSETS}/captured",
            "endpoint_name": ENDPOINT,
            **changes,
        }
        body = {key: value for key, value in given.items() if value is not None}
        if made:
            assert made[0].update(body)
        else:
            made.append(Deployed(local_aws, body, launch_of(ASSETS)))
        return made[0]

    yield deploy
    for deployed in made:
        deployed.remove()


def scaling_of(local_aws: LocalAws) -> dict[str, Any]:
    """What Application Auto Scaling knows of the endpoint's variant."""
    scaling = acting_in(local_aws, ORCHESTRATOR, "application-autoscaling")
    place = {"ServiceNamespace": "sagemaker"}
    targets = scaling.describe_scalable_targets(ResourceIds=[VARIANT], **place)["ScalableTargets"]
    policies = scaling.describe_scaling_policies(ResourceId=VARIANT, **place)["ScalingPolicies"]
    actions = scaling.describe_scheduled_actions(ResourceId=VARIANT, **place)["ScheduledActions"]
    return {
        "limits": [(target["MinCapacity"], target["MaxCapacity"]) for target in targets],
        "policies": {one["PolicyName"]: one["TargetTrackingScalingPolicyConfiguration"] for one in policies},
        "schedules": [
            (one["Schedule"], one["Timezone"], *one["ScalableTargetAction"].values())
            for one in sorted(actions, key=lambda one: str(one["ScheduledActionName"]))
        ],
    }


def test_an_endpoint_is_scaled_as_the_request_says_and_no_longer_when_it_is_silent(
    deploy: Deploy, local_aws: LocalAws
) -> None:
    deploy(autoscaling=SCALING)
    assert scaling_of(local_aws) == {
        "limits": [(2, 6)],
        "policies": {
            "load": {
                "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
                "TargetValue": 30.0,
                "ScaleInCooldown": 60,
                "ScaleOutCooldown": 30,
            }
        },
        "schedules": [("cron(0 7 ? * MON-FRI *)", "Europe/Berlin", 4, 6), ("rate(12 hours)", "UTC", 1, 2)],
    }
    sagemaker = acting_in(local_aws, ORCHESTRATOR, "sagemaker")
    config = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    (variant,) = sagemaker.describe_endpoint_config(EndpointConfigName=config)["ProductionVariants"]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.m5.large", 2)
    fewer = {**SCALING, "maximum": 9, "schedules": SCALING["schedules"][:1]}
    assert deploy(autoscaling=fewer).status == UPDATED
    changed = scaling_of(local_aws)
    assert changed["limits"] == [(2, 9)]
    assert changed["schedules"] == [("cron(0 7 ? * MON-FRI *)", "Europe/Berlin", 4, 6)]
    assert deploy().status == UPDATED
    assert scaling_of(local_aws)["limits"] == []


def count_of(sagemaker: Any) -> int:
    (variant,) = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["ProductionVariants"]
    return int(variant["CurrentInstanceCount"])


def test_the_number_of_instances_follows_the_calls(
    deploy: Deploy, local_aws: LocalAws, trained_model: TrainedModel
) -> None:
    scaled = {"minimum": 1, "maximum": 5, "invocations_per_instance": 4, "scale_out_cooldown": 0}
    deploy(autoscaling=scaled)
    sagemaker = acting_in(local_aws, ORCHESTRATOR, "sagemaker")
    runtime = acting_in(local_aws, ORCHESTRATOR, "sagemaker-runtime")
    begin_minute(local_aws)
    for _ in range(3):
        for _ in range(10):
            runtime.invoke_endpoint(EndpointName=ENDPOINT, ContentType="text/csv", Body=csv_of(trained_model, 1))
        local_aws.advance(60)
    assert count_of(sagemaker) == 3
    # Another configuration does not fall back to the minimum, and another instance type is refused.
    assert deploy(autoscaling=scaled, data_capture_location=f"{ASSETS}/elsewhere").status == UPDATED
    assert count_of(sagemaker) == 3
    assert deploy(autoscaling=scaled, inference_instance="ml.m5.xlarge").status == TAKEN_BACK
    assert count_of(sagemaker) == 3


def test_a_serverless_endpoint_predicts_and_captures_nothing(
    deploy: Deploy, local_aws: LocalAws, trained_model: TrainedModel
) -> None:
    given = {"serverless": {"memory_mb": 2048, "max_concurrency": 5, "provisioned_concurrency": 1}}
    deployed = deploy(inference_instance=None, data_capture_location=None, **given)
    assert "EndpointDataCaptureLocation" not in deployed.outputs
    answer = acting_in(local_aws, ORCHESTRATOR, "sagemaker-runtime").invoke_endpoint(
        EndpointName=ENDPOINT, ContentType="text/csv", Body=csv_of(trained_model, 4)
    )
    predicted = [float(line) for line in answer["Body"].read().decode().split()]
    assert predicted == pytest.approx(demo_model.predict(trained_model, trained_model.holdout_rows[:4]), abs=1e-6)
    sagemaker = acting_in(local_aws, ORCHESTRATOR, "sagemaker")
    described = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
    (variant,) = described["ProductionVariants"]
    serving = {"MemorySizeInMB": 2048, "MaxConcurrency": 5, "ProvisionedConcurrency": 1}
    assert variant["CurrentServerlessConfig"] == serving
    config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
    assert "DataCaptureConfig" not in config
    assert config["ProductionVariants"][0].keys().isdisjoint({"InstanceType", "InitialInstanceCount"})


def test_an_endpoint_on_instances_does_not_become_serverless(deploy: Deploy, local_aws: LocalAws) -> None:
    deploy()
    assert deploy(serverless={"memory_mb": 2048, "max_concurrency": 5}).status == TAKEN_BACK
    sagemaker = acting_in(local_aws, ORCHESTRATOR, "sagemaker")
    assert count_of(sagemaker) == 1
