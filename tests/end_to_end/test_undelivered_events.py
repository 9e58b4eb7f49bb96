# SPDX-License-Identifier: Apache-2.0
"""An event that EventBridge cannot deliver: it waits in the encrypted queue of the orchestrator."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from tests.end_to_end.users import Orchestrator

SOURCE = "harbour.undelivered"


def test_an_event_without_a_function_to_take_it_waits_in_the_queue(
    orchestrator: Orchestrator, until: Callable[[Callable[[], Any]], Any]
) -> None:
    """Lesson 114."""
    events, sqs = orchestrator.client("events"), orchestrator.client("sqs")
    found = orchestrator.client("cloudformation").describe_stack_resource(
        StackName=orchestrator.deployment.stack_name, LogicalResourceId="DeadLetterQueue"
    )
    queue = found["StackResourceDetail"]["PhysicalResourceId"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    missing = f"arn:aws:lambda:us-east-1:{orchestrator.deployment.aws.account}:function:missing"
    events.put_rule(Name="undelivered", EventPattern=json.dumps({"source": [SOURCE]}))
    target = {"Id": "missing", "Arn": missing, "DeadLetterConfig": {"Arn": arn}}
    events.put_targets(Rule="undelivered", Targets=[target])
    entry = {"Source": SOURCE, "DetailType": "any", "Detail": "{}"}
    assert events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    try:
        (message,) = until(lambda: sqs.receive_message(QueueUrl=queue).get("Messages"))
        assert json.loads(message["Body"])["source"] == SOURCE
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    finally:
        events.remove_targets(Rule="undelivered", Ids=["missing"])
        events.delete_rule(Name="undelivered")
