# SPDX-License-Identifier: Apache-2.0
"""Events on their way to the bus of another account, and the policy that lets them in."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator
from typing import Any

import pytest

from scripts.local_aws import clients
from scripts.local_aws.eventbridge import events
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.deploying import deploy, physical_id, remove
from tests.local_aws.waiting import SECONDS

HOME, OTHER, THIRD = "123456789012", "210987654321", "333333333333"
SOURCE = {"source": ["aws.sagemaker"]}


def bus(account: str, region: str = "us-east-1") -> str:
    return f"arn:aws:events:{region}:{account}:event-bus/default"


@pytest.fixture(scope="module")
def clients_of(client: ClientFactory) -> Any:
    """`clients_of(account)("sqs")`: clients that act in an account, made once each."""

    @functools.cache
    def of(account: str, region: str = "us-east-1") -> Any:
        role = f"arn:aws:iam::{account}:role/tester"
        keys = client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        return functools.cache(
            lambda service: client(
                service,
                aws_access_key_id=keys["AccessKeyId"],
                aws_secret_access_key=keys["SecretAccessKey"],
                aws_session_token=keys["SessionToken"],
                region_name=region,
            )
        )

    return of


@pytest.fixture
def arrived(clients_of: Any) -> Iterator[Any]:
    """`arrived(account)` makes a queue behind the account's default bus; calling that gives the events in it."""
    made = []

    def queue_behind(account: str, region: str = "us-east-1") -> Any:
        own = clients_of(account, region)
        url = own("sqs").create_queue(QueueName="arrived")["QueueUrl"]
        own("events").put_rule(Name="arrived", EventPattern=json.dumps(SOURCE))
        target = {"Id": "queue", "Arn": f"arn:aws:sqs:{region}:{account}:arrived"}
        own("events").put_targets(Rule="arrived", Targets=[target])
        made.append((own, url))

        def read() -> list[Any]:
            assert events.wait_idle(SECONDS)
            answer = own("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
            return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

        return read

    yield queue_behind
    for own, url in made:
        own("events").remove_targets(Rule="arrived", Ids=["queue"])
        own("events").delete_rule(Name="arrived")
        own("sqs").delete_queue(QueueUrl=url)


@pytest.fixture
def forward(clients_of: Any) -> Iterator[Any]:
    """A rule of one account that sends SageMaker's events to a bus."""
    made = []

    def make(account: str, target: str, **more: Any) -> None:
        own = clients_of(account)
        own("events").put_rule(Name="forward", EventPattern=json.dumps(SOURCE))
        own("events").put_targets(Rule="forward", Targets=[{"Id": "bus", "Arn": target, **more}])
        made.append(own)

    yield make
    for own in made:
        own("events").remove_targets(Rule="forward", Ids=["bus"])
        own("events").delete_rule(Name="forward")


def change(account: str) -> None:
    """A job of an account changes."""
    events.emit("aws.sagemaker", "Job Change", {"Name": "x"}, ["arn:of:job"], account, "us-east-1")


@pytest.mark.parametrize("role", [f"arn:aws:iam::{OTHER}:role/sender", None])
@pytest.mark.parametrize("region", ["us-east-1", "eu-west-1"])
def test_an_event_of_aws_arrives_as_it_was_sent(
    arrived: Any, forward: Any, monkeypatch: pytest.MonkeyPatch, role: str | None, region: str
) -> None:
    """It is put there as the target's role; without one, EventBridge comes in its own name."""
    here, there = arrived(OTHER), arrived(HOME, region)
    forward(OTHER, bus(HOME, region), **({"RoleArn": role} if role else {}))
    service = f"arn:aws:iam::{HOME}:role/aws-service-role/events.amazonaws.com/AWSServiceRoleForEventBridge"
    acting: list[tuple[str, ...]] = []
    make = clients.client
    monkeypatch.setattr(clients, "client", lambda *given, **by: acting.append(given[:3]) or make(*given, **by))
    change(OTHER)
    (sent,), (event,) = here(), there()
    assert event == sent
    assert (event["account"], event["region"], event["source"]) == (OTHER, "us-east-1", "aws.sagemaker")
    assert event["detail"] == {"Name": "x"}
    assert ("events", role or service, region) in acting


def test_what_came_from_another_account_is_not_sent_on_to_a_third(arrived: Any, forward: Any) -> None:
    second, third = arrived(HOME), arrived(THIRD)
    forward(OTHER, bus(HOME))
    forward(HOME, bus(THIRD))
    change(OTHER)
    assert [event["account"] for event in second()] == [OTHER]
    assert third() == []
    change(HOME)
    assert [event["account"] for event in third()] == [HOME]


def test_a_bus_that_is_not_there_is_a_dead_letter(clients_of: Any, forward: Any) -> None:
    own = clients_of(OTHER)
    url = own("sqs").create_queue(QueueName="dead")["QueueUrl"]
    target = f"arn:aws:events:us-east-1:{HOME}:event-bus/missing"
    forward(OTHER, target, DeadLetterConfig={"Arn": f"arn:aws:sqs:us-east-1:{OTHER}:dead"})
    change(OTHER)
    assert events.wait_idle(SECONDS)
    answer = own("sqs").receive_message(QueueUrl=url, MessageAttributeNames=["All"])
    (message,) = answer["Messages"]
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "ResourceNotFoundException"


def test_an_entry_of_somebody_else_stands_for_no_event(client: ClientFactory, arrived: Any) -> None:
    read = arrived(HOME)
    entry = {"Source": "aws.sagemaker", "DetailType": "own", "Detail": "{}", "TraceHeader": "Root=1-2-3"}
    client("events").put_events(Entries=[entry])
    assert [event["detail-type"] for event in read()] == ["own"]


def _policy(client: ClientFactory) -> dict[str, Any]:
    policy = client("events").describe_event_bus(Name="default").get("Policy")
    return {one["Sid"]: one for one in json.loads(policy)["Statement"]} if policy else {}


def statement(**changes: Any) -> dict[str, Any]:
    allowed = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"},
        "Action": "events:PutEvents",
        "Resource": bus(HOME),
    }
    return {"StatementId": "written", "Statement": allowed | changes}


def test_policies_of_a_stack_are_statements_of_their_own(client: ClientFactory, cloudformation: Any) -> None:
    def stack(written: dict[str, Any]) -> None:
        parts = {"StatementId": "parts", "Action": "events:PutEvents", "Principal": THIRD}
        kinds = {"Written": written, "Parts": parts}
        resources = {name: {"Type": "AWS::Events::EventBusPolicy", "Properties": each} for name, each in kinds.items()}
        deploy(cloudformation, "policies", resources)

    client("events").put_permission(Action="events:PutEvents", Principal=OTHER, StatementId="by-hand")
    stack(statement())
    assert set(_policy(client)) == {"by-hand", "written", "parts"}
    assert _policy(client)["written"] == statement()["Statement"] | {"Sid": "written"}
    assert _policy(client)["parts"]["Principal"] == {"AWS": f"arn:aws:iam::{THIRD}:root"}
    assert physical_id(cloudformation, "policies", "Written") == "default|written"

    changed = statement(Condition={"StringEquals": {"events:source": "aws.sagemaker"}})
    stack(changed)
    assert set(_policy(client)) == {"by-hand", "written", "parts"}
    assert _policy(client)["written"]["Condition"] == changed["Statement"]["Condition"]

    renamed = statement() | {"StatementId": "renamed"}
    stack(renamed)
    assert set(_policy(client)) == {"by-hand", "renamed", "parts"}

    remove(cloudformation, "policies")
    assert set(_policy(client)) == {"by-hand"}
