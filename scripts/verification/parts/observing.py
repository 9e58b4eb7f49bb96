# SPDX-License-Identifier: Apache-2.0
"""Experiments with what the operator looks at: undeliverable events, searches for metrics, SageMaker's namespaces."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from scripts.verification import probes, waiting
from scripts.verification.part import Finding, Part, calls
from scripts.verification.scene import NotImitatedError, PartFailedError, Scene

_LETTER_MINUTES: Final = 30
"""EventBridge gives a target up after as long as its rule says, and asks once if the refusal is for good."""
_METRIC_MINUTES: Final = 20
"""A new metric is found by searches within 15 minutes."""
_NAMESPACE: Final = "MLOpsWorkloadOrchestrator/Verify"
_METRIC: Final = "Seen"
_DIMENSION: Final = "pipeline_type"


def _dead_letters(scene: Scene) -> Iterator[Finding]:
    """A target that refuses, and a dead-letter queue under the orchestrator's own key."""
    key = scene.aws.client("cloudformation").describe_stack_resource(
        StackName=scene.name, LogicalResourceId="EncryptionKey"
    )["StackResourceDetail"]["PhysicalResourceId"]
    rule = {
        "Type": "AWS::Events::Rule",
        "Properties": {
            "EventPattern": {"source": [scene.name]},
            "Targets": [
                {
                    "Id": "Closed",
                    "Arn": {"Fn::GetAtt": ["Closed", "Arn"]},
                    "RetryPolicy": {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60},
                    "DeadLetterConfig": {"Arn": {"Fn::GetAtt": ["Letters", "Arn"]}},
                }
            ],
        },
    }
    resources = {
        "Closed": {"Type": "AWS::SQS::Queue", "Properties": {}},
        "Letters": {"Type": "AWS::SQS::Queue", "Properties": {"KmsMasterKeyId": key}},
        "Rule": rule,
        "MayTell": probes.queue_policy("Letters", "Rule"),
    }
    queue = probes.whole(scene, "letters", resources, {"Url": {"Ref": "Letters"}}).outputs["Url"]
    events, sqs = scene.aws.client("events"), scene.aws.client("sqs")
    sent = {"Source": scene.name, "DetailType": "Probe", "Detail": json.dumps({"id": str(uuid.uuid4())})}

    def arrived() -> bool:
        events.put_events(Entries=[sent])
        return bool(
            sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1 if scene.aws.is_local else 20).get("Messages")
        )

    try:
        waiting.until(scene, "a dead letter", _LETTER_MINUTES, arrived)
        yield Finding("dead-letters", "an event that its target refused is in the encrypted queue", holds=True)
    except PartFailedError as error:
        yield Finding("dead-letters", str(error), holds=False)
    probes.removed(scene, "letters")


def _search(scene: Scene) -> Iterator[Finding]:
    """Search for a metric with its namespace and dimension in double quotes and without."""
    cloudwatch = scene.aws.client("cloudwatch")
    dimensions = [{"Name": _DIMENSION, "Value": scene.name}]
    measured = {"MetricName": _METRIC, "Dimensions": dimensions, "Value": 1.0}

    def found(schema: str) -> bool:
        now = datetime.now(UTC)
        expression = f"SEARCH('{{{schema}}} MetricName=\"{_METRIC}\"', 'Sum', 300)"
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=[{"Id": "searched", "Expression": expression}],
            StartTime=now - timedelta(hours=1),
            EndTime=now + timedelta(minutes=5),
        )
        return any(result.get("Values") for result in answer["MetricDataResults"])

    def quoted() -> bool:
        cloudwatch.put_metric_data(Namespace=_NAMESPACE, MetricData=[measured])
        return found(f'"{_NAMESPACE}","{_DIMENSION}"')

    if scene.aws.is_local:
        if not quoted():
            raise NotImitatedError("it does not search for metrics")
        return
    waiting.until(scene, "the metric in a search", _METRIC_MINUTES, quoted)
    try:
        plain = "found" if found(f"{_NAMESPACE},{_DIMENSION}") else "not found"
    except cloudwatch.exceptions.ClientError as error:
        plain = f"refused: {error.response['Error']['Message']}"
    yield Finding("quoted-searches", f"with quotes found, without {plain}", holds=True)


def _namespaces(scene: Scene) -> Iterator[Finding]:
    """Check whether a metric may be written to the namespaces of SageMaker's monitors."""
    cloudwatch = scene.aws.client("cloudwatch")
    namespace = "aws/sagemaker/Endpoints/data-metrics"
    dimensions = [{"Name": "MonitoringSchedule", "Value": scene.name}]
    measured: list[dict[str, Any]] = [{"MetricName": "verified", "Dimensions": dimensions, "Value": 1.0}]
    try:
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=measured)
        yield Finding("sagemaker-namespace", f"PutMetricData takes {namespace}")
    except cloudwatch.exceptions.ClientError as error:
        yield Finding("sagemaker-namespace", f"PutMetricData refuses {namespace}: {error.response['Error']['Message']}")


PARTS: Final = (
    Part(
        "dead-letters",
        "experiment: a rule with a target that refuses, and an encrypted dead-letter queue",
        minutes=10,
        costs=(calls(0.01),),
        run=_dead_letters,
        needs=("launch",),
    ),
    Part(
        "search",
        "experiment: one metric with the dashboard's kind of name, searched for with quotes and without",
        minutes=15,
        costs=(calls(0.02),),
        run=_search,
        needs=("launch",),
    ),
    Part(
        "namespace",
        "experiment: whether `aws/sagemaker/...` may be written by PutMetricData",
        minutes=1,
        costs=(calls(0.01),),
        run=_namespaces,
    ),
)
