# SPDX-License-Identifier: Apache-2.0
"""A new model that fails in dev: the old one goes on there, staging is never reached, and people hear of the alarm."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from botocore.exceptions import ClientError

from mlops_orchestrator.aws.aws_access import Aws
from scripts.demo import demo_model
from tests.end_to_end import tides
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]

ENDPOINT: Final = "wary-calls"
CALLS: Final = 24
MINUTE: Final = 61


def predicted(dev: Aws) -> Any:
    """The answer of the model in dev, or the code of its refusal."""
    asked = {"EndpointName": ENDPOINT, "ContentType": "text/csv", "Accept": "application/json"}
    try:
        answer = dev.client("sagemaker-runtime").invoke_endpoint(**asked, Body=demo_model.as_csv(tides.ROWS[:3]))
    except ClientError as error:
        return error.response["Error"]["Code"]
    return json.loads(answer["Body"].read())


def alarm_of(dev: Aws) -> str:
    """The name of the alarm on errors of the endpoint in dev."""
    pages = dev.client("cloudwatch").get_paginator("describe_alarms").paginate()
    dimension = {"Name": "EndpointName", "Value": ENDPOINT}
    found = [one for page in pages for one in page["MetricAlarms"] if dimension in one["Dimensions"]]
    (errors,) = [str(one["AlarmName"]) for one in found if one["MetricName"] == "Invocation5XXErrors"]
    return errors


def test_a_canary_that_fails_in_dev_is_taken_back_there_and_goes_no_further(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    request, failing = tides.failing_update(orchestrator, "wary", ENDPOINT)
    pipeline: str = orchestrator.provision(request)["pipeline_id"]
    orchestrator.decide(pipeline, orchestrator.asked(pipeline, "staging"), approve=False)
    first = orchestrator.ended(pipeline).execution
    dev = orchestrator.in_account("dev")
    sagemaker, alarm, expected = dev.client("sagemaker"), alarm_of(dev), predicted(dev)
    served = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    assert isinstance(expected, list)

    orchestrator.provision(failing)
    until(lambda: sagemaker.describe_endpoint(EndpointName=ENDPOINT).get("PendingDeploymentSummary"))
    during = [predicted(dev) for _ in range(CALLS)]
    assert all(one in (expected, "ModelError") for one in during)
    assert expected in during
    assert "ModelError" in during
    orchestrator.advance(MINUTE)

    status = orchestrator.ended(pipeline, after=first)
    assert status.has_failed
    assert [one.stage for one in status.actions if one.status == "Failed"] == ["DeployDev"]
    found = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", served)
    assert [predicted(dev) for _ in range(CALLS // 2)] == [expected] * (CALLS // 2)

    # The first execution has failed as well, by its rejection.
    assert "DeployDev" in subscriber.next_about(alarm, until, "result is FAILED", "wary")
    body = orchestrator.deployment.api.details(pipeline).body
    assert alarm in body["state_reason"]
    assert {one["stage"]: bool(one["instances"]) for one in body["stages"]} == {
        "dev": True,
        "staging": False,
        "prod": False,
    }
