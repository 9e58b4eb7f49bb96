# SPDX-License-Identifier: Apache-2.0
"""An update that trips an alarm: the old model goes on, the pipeline fails, and people are told which alarm it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scripts.demo.demo_model import TrainedModel
from tests.end_to_end.users import ARTIFACT_KEY, SERVED, Orchestrator

Until = Callable[[Callable[[], Any]], Any]

ENDPOINT = "careful-calls"
STACK = "mlops-pipeline-careful-byompipelinerealtimebuiltin"
NEXT = "models/careful/next/model.tar.gz"


def test_a_canary_that_trips_an_alarm_is_taken_back(
    orchestrator: Orchestrator, model: TrainedModel, until: Until
) -> None:
    s3, bucket = orchestrator.client("s3"), orchestrator.deployment.outputs["AssetsBucketName"]
    s3.copy_object(Bucket=bucket, Key=NEXT, CopySource={"Bucket": bucket, "Key": ARTIFACT_KEY})
    canary = {"strategy": "canary", "wait_seconds": 300}
    request = orchestrator.request("careful", endpoint_name=ENDPOINT, deployment=canary, **SERVED)
    pipeline = orchestrator.provisioned(request)
    sagemaker, cloudwatch = orchestrator.client("sagemaker"), orchestrator.client("cloudwatch")
    served = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointConfigName"]
    execution = orchestrator.status(pipeline).execution
    orchestrator.provision({**request, "model_artifact_location": NEXT})
    until(lambda: sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointStatus"] == "Updating")
    (alarm,) = cloudwatch.describe_alarms(AlarmNamePrefix=f"{STACK}-EndpointErrorsAlarm-")["MetricAlarms"]
    cloudwatch.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="ALARM", StateReason="the new model fails")
    until(lambda: sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointStatus"] != "Updating")
    cloudwatch.set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="OK", StateReason="the old model answers")
    assert orchestrator.ended(pipeline, after=execution).has_failed
    found = sagemaker.describe_endpoint(EndpointName=ENDPOINT)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", served)
    payload = {"payload": ",".join(map(str, model.holdout_rows[0])), "content_type": "text/csv"}
    assert orchestrator.predict(STACK, payload)[0] == 200
    details = orchestrator.deployment.api.details(pipeline).body
    assert alarm["AlarmName"] in str(details)
