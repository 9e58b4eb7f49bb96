# SPDX-License-Identifier: Apache-2.0
"""Runs of a monitor that stop coming: from the alarm of its stack to the subscriber."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.test_monitor_runs import request_of
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
NAME: Final = "berths-silent"
STACK: Final = f"mlops-pipeline-{NAME}-byomdataqualitymonitor"


def test_missing_runs_reach_people_and_a_new_monitor_s_alarm_does_not(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    orchestrator.provisioned(request_of(orchestrator, NAME))
    cloudwatch = orchestrator.client("cloudwatch")
    (alarm,) = cloudwatch.describe_alarms(AlarmNamePrefix=f"{STACK}-RunsMissingAlarm-")["MetricAlarms"]

    def becomes(*states: str) -> None:
        for state in states:
            cloudwatch.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue=state, StateReason="by hand")

    def is_seen() -> bool:
        """Whether the change to OK is dealt with: the next one would be dealt with at the same time otherwise."""
        s3, bucket = orchestrator.client("s3"), orchestrator.deployment.outputs["PipelinesBucketName"]
        listed = s3.list_objects_v2(Bucket=bucket, Prefix="reported/RunsMissing/").get("Contents", [])
        own = [one["Key"] for one in listed if f"/{STACK}/" in one["Key"]]
        if len(own) != 1 or own[0].endswith("/missing"):
            return False
        return bool(s3.get_object(Bucket=bucket, Key=own[0])["Body"].read() == b"done")

    becomes("INSUFFICIENT_DATA", "ALARM", "OK")
    until(is_seen)
    becomes("ALARM")
    missing = subscriber.next(f"The data quality monitor of endpoint {NAME} is blind", until)
    assert f"Stack: {STACK}" in missing.text
    assert missing.attributes["state"] == "Missing"
    assert not any(NAME in heard for heard in subscriber.heard if "does its runs again" in heard)
    becomes("OK")
    again = subscriber.next(f"The data quality monitor of endpoint {NAME} does its runs again", until)
    assert (again.attributes["state"], again.attributes["model_name"]) == ("Resumed", NAME)
    assert sum(f"endpoint {NAME} is blind" in heard for heard in subscriber.heard) == 1
