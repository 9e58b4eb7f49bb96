# SPDX-License-Identifier: Apache-2.0
"""The closed loop with a real model: its error rises with the world, and falls again by what the product does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scripts.demo.demo_notifications import Notifications
from scripts.demo.demo_story import Story
from scripts.demo.loop import single
from scripts.demo.loop.orders import Names
from scripts.demo.loop.steps import AFTER, BEFORE, DURING, Loop
from tests.end_to_end.users import Orchestrator

NAMES = Names("harbour-loop", "mlops-model-registry-harbour-loop")


@pytest.fixture
def closed(with_options: Orchestrator) -> Loop:
    """The story of the demo, told on the orchestrator that others use as well."""
    with_options.client("sagemaker").create_model_package_group(ModelPackageGroupName=NAMES.group)
    loop = Loop(with_options.deployment, Story(), Notifications(with_options.deployment), NAMES)
    single.close(loop)
    return loop


def test_the_error_rises_with_the_world_and_falls_again(with_options: Orchestrator, closed: Loop) -> None:
    before, during, after = (closed.phases[name][0].error for name in (BEFORE, DURING, AFTER))
    assert before < during / 3
    assert after < during / 3
    assert after == pytest.approx(before, rel=0.5)

    sagemaker = with_options.client("sagemaker")
    listed = sagemaker.list_model_packages(ModelPackageGroupName=NAMES.group)["ModelPackageSummaryList"]
    versions = {one["ModelPackageVersion"]: one["ModelPackageArn"] for one in listed}
    assert versions.keys() == {1, 2}
    newer = sagemaker.describe_model_package(ModelPackageName=versions[2])
    told: dict[str, Any] = newer["CustomerMetadataProperties"]
    assert told["retrained_by_monitor"] == f"mlops-pipeline-{NAMES.model}-byommodelqualitymonitor"
    assert "rmse" in told["retrained_features"]
    assert float(told["challenger_rmse"]) * 3 < float(told["deployed_rmse"])
    assert {("prepare_data", "done"), ("retrain", "started"), ("deploy", "started")} <= set(_steps(with_options))


def _steps(orchestrator: Orchestrator) -> list[tuple[str, str]]:
    """What the product has recorded of what it did itself: each step of the model's pipelines, and its outcome."""
    s3, bucket = orchestrator.client("s3"), orchestrator.deployment.outputs["PipelinesBucketName"]
    prefix = f"automation-steps/mlops-pipeline-{NAMES.model}-"
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    found = [json.loads(s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()) for one in listed]
    return [(step["step"], step["outcome"]) for step in found]
