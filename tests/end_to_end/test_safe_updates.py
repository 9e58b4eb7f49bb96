# SPDX-License-Identifier: Apache-2.0
"""An update that trips an alarm: the old model goes on, the pipeline fails, and people are told which alarm it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.end_to_end import tides
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]

ENDPOINT = "careful-calls"
STACK = "mlops-pipeline-careful-byompipelinerealtimebuiltin"
CALLS = 24
MINUTE = 61


def test_a_canary_whose_calls_fail_is_taken_back(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    request, failing = tides.failing_update(orchestrator, "careful", ENDPOINT)
    pipeline = orchestrator.provisioned(request)
    sagemaker, cloudwatch = orchestrator.client("sagemaker"), orchestrator.client("cloudwatch")
    served = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    (alarm,) = cloudwatch.describe_alarms(AlarmNamePrefix=f"{STACK}-EndpointErrorsAlarm-")["MetricAlarms"]
    execution = orchestrator.status(pipeline).execution
    expected = pytest.approx(tides.trained().predict(tides.ROWS[:3]).tolist())

    orchestrator.provision(failing)
    until(lambda: sagemaker.describe_endpoint(EndpointName=ENDPOINT).get("PendingDeploymentSummary"))
    during = [tides.predicted(orchestrator, STACK, tides.ROWS[:3]) for _ in range(CALLS)]
    orchestrator.advance(MINUTE)

    # Both models were asked: the old one answered, and the new one's failure is what its script said.
    assert {status for status, _ in during} == {200, 424}
    assert all(answer == expected for status, answer in during if status == 200)
    assert all(
        "no tide table for this month" in answer["detailedMessage"] for status, answer in during if status != 200
    )
    assert orchestrator.ended(pipeline, after=execution).has_failed
    found = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", served)
    assert alarm["AlarmName"] in subscriber.next("result is FAILED", until, "Model: careful\n").text
    assert alarm["AlarmName"] in str(orchestrator.deployment.api.details(pipeline).body)
    after = [tides.predicted(orchestrator, STACK, tides.ROWS[:3]) for _ in range(CALLS // 2)]
    assert all(one == (200, expected) for one in after)
