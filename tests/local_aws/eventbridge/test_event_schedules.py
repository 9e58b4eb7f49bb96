# SPDX-License-Identifier: Apache-2.0
"""Rules with a schedule, which fire when somebody says so."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from moto.events.exceptions import ResourceNotFoundException

from scripts.local_aws.eventbridge import events
from scripts.local_aws.eventbridge.events import NotFiredError
from scripts.local_aws.server import LocalAws
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.waiting import SECONDS

ACCOUNT = "123456789012"
RULE = f"arn:aws:events:us-east-1:{ACCOUNT}:rule/Hourly"


@pytest.fixture(scope="module", autouse=True)
def account(client: ClientFactory) -> None:
    """A rule with a schedule and two targets, of which one has an input of its own; others that do not fire."""
    rules = client("events")
    for name in ("whole", "own"):
        client("sqs").create_queue(QueueName=name)
    rules.put_rule(Name="Hourly", ScheduleExpression="rate(1 hour)")
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}"
    own = {"Id": "own", "Arn": f"{queue}:own", "Input": json.dumps({"run": "now"})}
    rules.put_targets(Rule="Hourly", Targets=[{"Id": "whole", "Arn": f"{queue}:whole"}, own])
    rules.put_rule(Name="Off", ScheduleExpression="rate(1 hour)", State="DISABLED")
    rules.put_rule(Name="Waiting", EventPattern=json.dumps({"source": ["aws.events", "test"]}))
    for name in ("Off", "Waiting"):
        rules.put_targets(Rule=name, Targets=[{"Id": "whole", "Arn": f"{queue}:whole"}])


def received(client: ClientFactory, queue: str) -> list[dict[str, Any]]:
    """What has arrived in a queue, once all deliveries are over; it is taken away."""
    assert events.wait_idle(SECONDS)
    url = client("sqs").get_queue_url(QueueName=queue)["QueueUrl"]
    messages = client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"]) for message in messages]


@pytest.fixture(autouse=True)
def empty_queues(client: ClientFactory, account: None) -> None:
    for name in ("whole", "own"):
        received(client, name)


def test_a_rule_that_fires_sends_the_event_of_a_schedule_to_its_targets(client: ClientFactory) -> None:
    sent = events.fire("Hourly", at=datetime(2026, 3, 1, 12, tzinfo=UTC))
    (event,) = received(client, "whole")
    assert event == {
        "version": "0",
        "id": sent["id"],
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT,
        "time": "2026-03-01T12:00:00Z",
        "region": "us-east-1",
        "resources": [RULE],
        "detail": {},
    }
    assert received(client, "own") == [{"run": "now"}]


@pytest.mark.parametrize(
    ("name", "status", "message"),
    [
        ("Off", 409, "The rule Off is DISABLED: it does not fire."),
        ("Waiting", 409, "The rule Waiting has no schedule: it waits for events."),
        ("Nobody", 404, "Rule Nobody does not exist."),
    ],
)
def test_what_does_not_fire_says_why(
    local_aws: LocalAws, client: ClientFactory, name: str, status: int, message: str
) -> None:
    answer = requests.post(f"{local_aws.endpoint_url}/_events/{name}", timeout=SECONDS)
    assert (answer.status_code, answer.json()) == (status, {"message": message})
    with pytest.raises((NotFiredError, ResourceNotFoundException)):
        events.fire(name)
    assert received(client, "whole") == []


def test_a_person_fires_a_rule_by_http(local_aws: LocalAws, client: ClientFactory) -> None:
    address, place = f"{local_aws.endpoint_url}/_events/Hourly", {"account": ACCOUNT, "region": "us-east-1"}
    fired = requests.post(address, params=place, timeout=SECONDS)
    assert fired.status_code == 200
    assert received(client, "whole") == [fired.json()]
    later = requests.post(address, params={**place, "at": "2026-11-30T08:05:00+00:00"}, timeout=SECONDS)
    assert later.json()["time"] == "2026-11-30T08:05:00Z"
    assert received(client, "whole") == [later.json()]
    assert requests.post(address, params={**place, "at": "soon"}, timeout=SECONDS).status_code == 400
    assert requests.get(address, timeout=SECONDS).status_code == 405
    assert requests.post(address, params={"account": "222233334444"}, timeout=SECONDS).status_code == 404
