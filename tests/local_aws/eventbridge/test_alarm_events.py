# SPDX-License-Identifier: Apache-2.0
"""An alarm whose state is set sends CloudWatch's event, once for each change."""

from __future__ import annotations

import json
from typing import Any

from scripts.local_aws.eventbridge import events
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.waiting import SECONDS


def test_a_change_is_an_event_and_the_same_state_again_is_none(client: ClientFactory) -> None:
    cloudwatch, sqs, bus = client("cloudwatch"), client("sqs"), client("events")
    dimensions = [{"Name": "Endpoint", "Value": "berths"}]
    metric = {"Namespace": "MLOps/Monitors", "MetricName": "violations", "Dimensions": dimensions}
    cloudwatch.put_metric_alarm(
        AlarmName="quiet-berths",
        AlarmDescription="No run",
        ComparisonOperator="LessThanThreshold",
        EvaluationPeriods=2,
        Threshold=1,
        Metrics=[
            {"Id": "ended", "Label": "runs", "Expression": "FILL(runs, 0)", "ReturnData": True},
            {
                "Id": "runs",
                "MetricStat": {"Metric": metric, "Period": 3600, "Stat": "SampleCount"},
                "ReturnData": False,
            },
        ],
    )
    url = sqs.create_queue(QueueName="alarms")["QueueUrl"]
    bus.put_rule(Name="alarms", EventPattern=json.dumps({"source": ["aws.cloudwatch"]}))
    bus.put_targets(Rule="alarms", Targets=[{"Id": "queue", "Arn": "arn:aws:sqs:us-east-1:123456789012:alarms"}])
    for state in ("INSUFFICIENT_DATA", "ALARM", "ALARM"):
        cloudwatch.set_alarm_state(AlarmName="quiet-berths", StateValue=state, StateReason="by hand")
    assert events.wait_idle(SECONDS)
    messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert len(messages) == 2
    event: dict[str, Any] = json.loads(messages[1]["Body"])
    assert (event["source"], event["detail-type"]) == ("aws.cloudwatch", "CloudWatch Alarm State Change")
    assert event["resources"] == ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:quiet-berths"]
    detail = event["detail"]
    assert (detail["alarmName"], detail["configuration"]["description"]) == ("quiet-berths", "No run")
    assert (detail["previousState"]["value"], detail["state"]["value"]) == ("INSUFFICIENT_DATA", "ALARM")
    told = {"dimensions": {"Endpoint": "berths"}, "name": "violations", "namespace": "MLOps/Monitors"}
    assert detail["configuration"]["metrics"] == [
        {"id": "ended", "expression": "FILL(runs, 0)", "label": "runs", "returnData": True},
        {"id": "runs", "metricStat": {"metric": told, "period": 3600, "stat": "SampleCount"}, "returnData": False},
    ]
    bus.remove_targets(Rule="alarms", Ids=["queue"])
    bus.delete_rule(Name="alarms")
    sqs.delete_queue(QueueUrl=url)
    cloudwatch.delete_alarms(AlarmNames=["quiet-berths"])
