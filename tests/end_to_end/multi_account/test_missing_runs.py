# SPDX-License-Identifier: Apache-2.0
"""Runs of a monitor in the account of dev that stop coming: people hear of its alarm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from scripts.launch.local_deployment import STAGE_ACCOUNTS
from tests.end_to_end import foreign
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
NAME: Final = "tides"


def test_missing_runs_in_dev_reach_people(orchestrator: Orchestrator, subscriber: Subscriber, until: Until) -> None:
    dev = orchestrator.in_account("dev")
    foreign.make_endpoint(dev, f"{NAME}-dev")
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    orchestrator.client("s3").put_object(Bucket=bucket, Key="tides.csv", Body=b"label,a,b\n1,2,3\n0,3,4\n")
    own = "tides-in-dev"
    dev.client("s3").create_bucket(Bucket=own)
    pipeline_id = orchestrator.provision(
        {
            "pipeline_type": "byom_data_quality_monitor",
            "model_name": NAME,
            "endpoint_name": {stage: f"{NAME}-{stage}" for stage in ("dev", "staging", "prod")},
            "baseline_data": "tides.csv",
            "baseline_job_output_location": f"{own}/baselines",
            "data_capture_location": f"{own}/captured",
            "monitoring_output_location": f"{own}/reports",
            "schedule_expression": "rate(1 hour)",
            "monitor_max_runtime_seconds": 1800,
            "instance_type": "ml.m5.large",
            "instance_volume_size": 20,
        }
    )["pipeline_id"]
    orchestrator.asked(pipeline_id, "staging")
    cloudwatch = dev.client("cloudwatch")
    alarms = cloudwatch.describe_alarms(AlarmNamePrefix="StackSet-mlops-pipeline-")["MetricAlarms"]
    (alarm,) = [
        one["AlarmName"] for one in alarms if "-RunsMissingAlarm-" in one["AlarmName"] and f"'{NAME}-dev'" in str(one)
    ]
    for state in ("INSUFFICIENT_DATA", "OK", "ALARM"):
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue=state, StateReason="by hand")
    missing = subscriber.next(f"The data quality monitor of endpoint {NAME}-dev is blind", until)
    assert f"Account: {STAGE_ACCOUNTS['dev']}" in missing.text
    assert (missing.attributes["stage"], missing.attributes["model_name"]) == ("dev", NAME)
    assert missing.attributes["pipeline_type"] == "byom_data_quality_monitor"
