# SPDX-License-Identifier: Apache-2.0
"""A monitor in the account of dev: what it finds there reaches the topic of the orchestrator's account."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from scripts.launch.local_deployment import STAGE_ACCOUNTS
from tests.end_to_end import foreign
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
DEV = STAGE_ACCOUNTS["dev"]
FAILED = {"status": "Failed", "failure_reason": "AlgorithmError: no captured data"}


def test_what_a_run_in_dev_says_reaches_people(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    """Lesson 81. With Clarify: the account of dev reads a configuration in the orchestrator's account."""
    foreign.make_endpoint(orchestrator.in_account("dev"), "berths-dev")
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    orchestrator.client("s3").put_object(Bucket=bucket, Key="baseline.csv", Body=b"label,a,b\n1,2,3\n0,3,4\n")
    pipeline_id = orchestrator.provision(
        {
            "pipeline_type": "byom_model_explainability_monitor",
            "model_name": "berths",
            "endpoint_name": {stage: f"berths-{stage}" for stage in ("dev", "staging", "prod")},
            "baseline_data": "baseline.csv",
            "baseline_job_output_location": f"{bucket}/baselines",
            "data_capture_location": f"{bucket}/captured",
            "monitoring_output_location": f"{bucket}/reports",
            "schedule_expression": "cron(0 0/6 ? * * *)",
            "monitor_max_runtime_seconds": 1800,
            "instance_type": "ml.m5.large",
            "instance_volume_size": 20,
            "monitor_engine": "sagemaker",
            "problem_type": "Regression",
            "monitor_inference_attribute": "0",
            "shap_config": {"num_clusters": 1},
        }
    )["pipeline_id"]

    # The rule that sends events on may be made after the schedule: an approval is asked for when the stack is there.
    orchestrator.asked(pipeline_id, "staging")
    schedules = orchestrator.in_account("dev").client("sagemaker").list_monitoring_schedules(NameContains="berths-")
    (name,) = [one["MonitoringScheduleName"] for one in schedules["MonitoringScheduleSummaries"]]
    assert name.startswith("berths-dev-modelexplainability-")
    url = f"{orchestrator.deployment.aws.endpoint_url}/_monitoring/{name}?account={DEV}"
    status, body = orchestrator.deployment.api.client.post(url, json.dumps(FAILED).encode())
    assert status == 200, body
    message = subscriber.next_about("The explainability monitor of endpoint berths-dev could not do its run", until)
    assert FAILED["failure_reason"] in message
    assert f"Account: {DEV}" in message
