# SPDX-License-Identifier: Apache-2.0
"""A monitor whose engine changes when its request is sent again, and what is left when it is deleted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.end_to_end import foreign
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
STACK: Final = "mlops-pipeline-regauged-byomdataqualitymonitor"
NATIVE: Final = {"monitor_engine": "SageMaker"}


@pytest.fixture
def request_(orchestrator: Orchestrator) -> dict[str, Any]:
    """As those of releases before, which knew no engines."""
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    foreign.make_endpoint(orchestrator.deployment.aws, "regauged")
    orchestrator.client("s3").put_object(Bucket=bucket, Key="baselines/regauged.csv", Body=b"a,b\n1,2\n2,4\n3,5\n")
    return {
        "pipeline_type": "byom_data_quality_monitor",
        "model_name": "regauged",
        "endpoint_name": "regauged",
        "baseline_data": "baselines/regauged.csv",
        "baseline_job_output_location": f"{bucket}/regauged/baselines",
        "data_capture_location": f"{bucket}/regauged/captured",
        "monitoring_output_location": f"{bucket}/regauged/reports",
        "schedule_expression": "cron(0 * ? * * *)",
        "monitor_max_runtime_seconds": 1800,
        "instance_type": "ml.m5.large",
        "instance_volume_size": 20,
    }


def schedules(orchestrator: Orchestrator) -> tuple[list[str], list[str]]:
    """Names of Model Monitor's schedules, and of EventBridge Scheduler's."""
    native = orchestrator.client("sagemaker").list_monitoring_schedules(NameContains="regauged")
    ours = orchestrator.client("scheduler").list_schedules(NamePrefix="regauged")
    return (
        [one["MonitoringScheduleName"] for one in native["MonitoringScheduleSummaries"]],
        [one["Name"] for one in ours["Schedules"]],
    )


def engines(orchestrator: Orchestrator) -> list[str]:
    """Keys of the engine's archives in the pipelines bucket, in any version."""
    bucket = orchestrator.deployment.outputs["PipelinesBucketName"]
    found = orchestrator.client("s3").list_object_versions(Bucket=bucket, Prefix=f"provisioned/{STACK}/engine/")
    return [one["Key"] for one in found.get("Versions", ())]


def test_the_engine_changes_with_the_request_and_goes_with_the_pipeline(
    orchestrator: Orchestrator, request_: dict[str, Any], subscriber: Subscriber, until: Until
) -> None:
    api = orchestrator.deployment.api
    pipeline_id = orchestrator.provisioned({**request_, **NATIVE})
    (before,), none = schedules(orchestrator)
    assert (none, engines(orchestrator)) == ([], [])
    assert api.details(pipeline_id).body["monitor_engine"] == "sagemaker"

    (planned,) = orchestrator.provision({**request_, "dry_run": True})["warnings"]
    assert planned.startswith("monitor_engine: this changes the engine from SageMaker's to the open one, because the")
    execution = orchestrator.status(pipeline_id).execution
    answer = orchestrator.provision(request_)
    assert (answer["warnings"], answer["monitor_engine"]) == ([planned], "open")
    assert orchestrator.ended(pipeline_id, after=execution).has_succeeded
    native, (after,) = schedules(orchestrator)
    assert (native, after == before) == ([], False)
    assert len(engines(orchestrator)) == 1
    assert api.details(pipeline_id).body["monitor_engine"] == "open"
    assert "warnings" not in orchestrator.provision(request_)

    assert api.delete(pipeline_id).status == 202
    subscriber.next_about("and what it deployed are deleted", until, f"{STACK}-codepipeline")
    assert schedules(orchestrator) == ([], [])
    assert engines(orchestrator) == []
