# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests
from botocore.exceptions import ClientError, WaiterError

from scripts.local_aws.eventbridge import scheduler
from scripts.local_aws.eventbridge.scheduler import FiringFailedError, ScheduleDisabledError
from scripts.local_aws.server import LocalAws
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.deploying import deploy, reasons, remove
from tests.local_aws.waiting import SECONDS

ACCOUNT = "123456789012"
SEND = "arn:aws:scheduler:::aws-sdk:sqs:sendMessage"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/schedule"

Make = Callable[..., str]


class Queue:
    """A queue that the schedules send to."""

    def __init__(self, client: ClientFactory, name: str) -> None:
        self._sqs = client("sqs")
        self.url = self._sqs.create_queue(QueueName=name)["QueueUrl"]
        self.arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"

    def messages(self) -> list[dict[str, Any]]:
        """Take out what is there."""
        answer = self._sqs.receive_message(
            QueueUrl=self.url, MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
        )
        return list(answer.get("Messages", []))


@pytest.fixture
def queue(client: ClientFactory) -> Queue:
    return Queue(client, f"q-{uuid.uuid4()}")


@pytest.fixture
def make(client: ClientFactory) -> Make:
    """Create a schedule that sends a message; its name."""

    def create(url: str, body: str = "hello", expression: str = "rate(1 day)", **more: Any) -> str:
        name = f"s-{uuid.uuid4()}"
        target = {
            "Arn": SEND,
            "RoleArn": ROLE,
            "Input": json.dumps({"QueueUrl": url, "MessageBody": body}),
            **more.pop("Target", {}),
        }
        client("scheduler").create_schedule(
            Name=name, ScheduleExpression=expression, FlexibleTimeWindow={"Mode": "OFF"}, Target=target, **more
        )
        return name

    return create


def test_firing_calls_the_operation_with_the_keywords_replaced(queue: Queue, make: Make) -> None:
    words = ("schedule-arn", "scheduled-time", "execution-id", "attempt-number")
    name = make(queue.url, " ".join(f"<aws.scheduler.{word}>" for word in words))
    first, second = scheduler.fire(name), scheduler.fire(name)
    (arn, time, execution, attempt), other = (message["Body"].split(" ") for message in queue.messages())
    assert arn == f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule/default/{name}"
    assert time.endswith("Z")
    assert (execution, attempt) == (first.execution_id, "1")
    assert other[2] == second.execution_id != execution
    assert set(first.answer) >= {"MessageId"}


def test_the_operation_is_called_as_the_role_of_the_target(client: ClientFactory, queue: Queue, make: Make) -> None:
    """In the account of its role: a queue of the schedule's own account would get nothing."""
    other = "arn:aws:iam::222233334444:role/schedule"
    keys = client("sts").assume_role(RoleArn=other, RoleSessionName="test")["Credentials"]
    theirs = client(
        "sqs",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    url = theirs.create_queue(QueueName="theirs")["QueueUrl"]
    scheduler.fire(make(url, Target={"RoleArn": other}))
    (message,) = theirs.receive_message(QueueUrl=url, AttributeNames=["All"])["Messages"]
    assert message["Body"] == "hello"
    assert queue.messages() == []


def test_names_of_parameters_are_written_with_a_capital(client: ClientFactory, make: Make) -> None:
    """The API's own names begin with a small letter here, as CodePipeline's and CodeBuild's do."""
    target = {
        "Arn": "arn:aws:scheduler:::aws-sdk:codebuild:createProject",
        "Input": json.dumps(
            {
                "Name": "by-schedule",
                "Source": {"Type": "NO_SOURCE", "Buildspec": "{}"},
                "Artifacts": {"Type": "NO_ARTIFACTS"},
                "Environment": {
                    "Type": "LINUX_CONTAINER",
                    "Image": "aws/codebuild/standard:7.0",
                    "ComputeType": "BUILD_GENERAL1_SMALL",
                    "EnvironmentVariables": [{"Name": "A", "Value": "1"}],
                },
                "ServiceRole": ROLE,
            }
        ),
    }
    scheduler.fire(make("", Target=target))
    (project,) = client("codebuild").batch_get_projects(names=["by-schedule"])["projects"]
    assert project["environment"]["environmentVariables"] == [{"name": "A", "value": "1"}]


def test_a_refused_invocation_goes_to_the_dead_letter_queue_with_the_reasons(queue: Queue, make: Make) -> None:
    missing = f"{queue.url}-missing"
    name = make(missing, "<aws.scheduler.attempt-number>", Target={"DeadLetterConfig": {"Arn": queue.arn}})
    with pytest.raises(FiringFailedError, match="is in the dead-letter queue"):
        scheduler.fire(name)
    (message,) = queue.messages()
    assert json.loads(message["Body"]) == {"QueueUrl": missing, "MessageBody": "1"}
    attributes = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert "NonExistentQueue" in attributes["ERROR_CODE"]
    assert attributes["TARGET_ARN"] == SEND
    assert attributes["SCHEDULE_ARN"].endswith(f"schedule/default/{name}")
    assert attributes["RETRY_ATTEMPTS"] == "0"
    assert "EXHAUSTED_RETRY_CONDITION" not in attributes


@pytest.mark.parametrize(("allowed", "retries"), [(0, "0"), (1, "1"), (185, "2")])
def test_a_failure_that_may_pass_is_tried_again_as_declared(
    queue: Queue, make: Make, allowed: int, retries: str
) -> None:
    """A parameter that the SDK does not know fails before AWS has refused anything: it counts as one that may pass."""
    name = make(
        queue.url,
        Target={
            "Input": json.dumps({"QueueUrl": queue.url, "MessageBody": "x", "Unknown": 1}),
            "RetryPolicy": {"MaximumRetryAttempts": allowed},
            "DeadLetterConfig": {"Arn": queue.arn},
        },
    )
    with pytest.raises(FiringFailedError, match="Unknown parameter"):
        scheduler.fire(name)
    (message,) = queue.messages()
    attributes = {key: value["StringValue"] for key, value in message["MessageAttributes"].items()}
    assert (attributes["RETRY_ATTEMPTS"], attributes["EXHAUSTED_RETRY_CONDITION"]) == (retries, "MaximumRetryAttempts")


def test_without_a_dead_letter_queue_the_invocation_is_dropped(queue: Queue, make: Make) -> None:
    with pytest.raises(FiringFailedError, match="has no dead-letter queue: the invocation is dropped"):
        scheduler.fire(make(f"{queue.url}-missing"))


def test_a_disabled_schedule_does_not_fire(queue: Queue, make: Make) -> None:
    with pytest.raises(ScheduleDisabledError, match="is DISABLED"):
        scheduler.fire(make(queue.url, State="DISABLED"))
    assert queue.messages() == []


def test_a_person_fires_a_schedule_by_http(local_aws: LocalAws, queue: Queue, make: Make) -> None:
    name = make(queue.url)
    address = f"{local_aws.endpoint_url}/_scheduler/default/{name}"
    fired = requests.post(address, params={"account": ACCOUNT, "region": "us-east-1"}, timeout=SECONDS)
    assert fired.status_code == 200
    assert fired.json()["attempts"] == 1
    (message,) = queue.messages()
    assert message["MessageId"] == fired.json()["answer"]["MessageId"]
    assert requests.get(address, timeout=SECONDS).status_code == 405
    elsewhere = requests.post(address, params={"account": "222233334444"}, timeout=SECONDS)
    assert (elsewhere.status_code, elsewhere.json()) == (404, {"message": f"Schedule {name} does not exist."})


def test_a_person_hears_why_a_schedule_did_not_fire(
    local_aws: LocalAws, client: ClientFactory, queue: Queue, make: Make
) -> None:
    name = make(f"{queue.url}-missing")
    address = f"{local_aws.endpoint_url}/_scheduler/default/{name}"
    failed = requests.post(address, timeout=SECONDS)
    assert failed.status_code == 502
    assert "queue does not exist" in failed.json()["message"]
    schedule = client("scheduler").get_schedule(Name=name)
    client("scheduler").update_schedule(
        Name=name,
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=schedule["Target"],
        State="DISABLED",
    )
    disabled = requests.post(address, timeout=SECONDS)
    assert (disabled.status_code, disabled.json()) == (
        409,
        {"message": f"The schedule {name} is DISABLED: it does not fire."},
    )


@pytest.mark.parametrize(
    "expression",
    ["rate(5 minutes)", "rate(1 day)", "cron(0 9 ? * MON-FRI *)", "cron(15 10 L * ? 2027)", "at(2027-01-31T10:00:00)"],
)
def test_expressions_of_all_kinds(client: ClientFactory, queue: Queue, make: Make, expression: str) -> None:
    made = make(queue.url, expression=expression)
    assert client("scheduler").get_schedule(Name=made)["ScheduleExpression"] == expression


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"expression": "every day"}, "Invalid Schedule Expression every day."),
        ({"expression": "rate(0 days)"}, "Invalid Schedule Expression rate(0 days)."),
        ({"expression": "cron(0 9 * * *)"}, "Invalid Schedule Expression cron(0 9 * * *)."),
        ({"expression": "cron(0 9 * * MON *)"}, "Invalid Schedule Expression cron(0 9 * * MON *)."),
        ({"expression": "at(2027-02-30T10:00:00)"}, "Invalid Schedule Expression at(2027-02-30T10:00:00)."),
        (
            {"Target": {"Input": '{"QueueUrl": "x"}'}},
            "Invalid RequestJson provided. Reason Request payload is missing the following field(s): MessageBody.",
        ),
        ({"Target": {"Input": "{"}}, "Invalid RequestJson provided. Reason "),
        (
            {"Target": {"Arn": f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f"}},
            "The local AWS fires schedules whose target is an API operation of the SDK, not arn:aws:lambda",
        ),
        ({"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:shout"}}, "The local AWS fires schedules whose target"),
        ({"Target": {"Arn": "arn:aws:scheduler:::aws-sdk:none:none"}}, "The local AWS fires schedules whose target"),
        (
            {"Target": {"RoleArn": "no-role"}},
            "1 validation error detected: Value 'no-role' at 'target.roleArn' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: ",
        ),
    ],
)
def test_schedules_that_could_never_work_are_refused(make: Make, more: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError) as refused:
        make("https://queue", **more)
    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"][: len(words)]) == ("ValidationException", words)


def schedule(queue: Queue, body: str = "hello", **properties: Any) -> dict[str, Any]:
    target = {"Arn": SEND, "RoleArn": ROLE, "Input": json.dumps({"QueueUrl": queue.url, "MessageBody": body})}
    given = {"FlexibleTimeWindow": {"Mode": "OFF"}, "ScheduleExpression": "rate(1 day)", "Target": target}
    return {"Schedule": {"Type": "AWS::Scheduler::Schedule", "Properties": given | properties}}


def test_a_schedule_of_a_stack_is_made_changed_and_removed(
    client: ClientFactory, cloudformation: Any, queue: Queue
) -> None:
    outputs = {"Arn": {"Value": {"Fn::GetAtt": ["Schedule", "Arn"]}}, "Name": {"Value": {"Ref": "Schedule"}}}
    made = deploy(cloudformation, "scheduled", schedule(queue, State="DISABLED"), Outputs=outputs)
    name = made["Name"]
    assert made["Arn"] == f"arn:aws:scheduler:us-east-1:{ACCOUNT}:schedule/default/{name}"
    assert client("scheduler").get_schedule(Name=name)["State"] == "DISABLED"
    changed = deploy(
        cloudformation, "scheduled", schedule(queue, "changed", ScheduleExpression="rate(2 days)"), Outputs=outputs
    )
    assert changed == made, "a schedule changes in place"
    now = client("scheduler").get_schedule(Name=name)
    assert (now["ScheduleExpression"], now["State"]) == ("rate(2 days)", "ENABLED")
    scheduler.fire(name)
    assert [message["Body"] for message in queue.messages()] == ["changed"]
    remove(cloudformation, "scheduled")
    with pytest.raises(ClientError, match=f"Schedule {name} does not exist"):
        client("scheduler").get_schedule(Name=name)


def test_a_refused_schedule_fails_its_stack_with_the_services_words(cloudformation: Any, queue: Queue) -> None:
    with pytest.raises(WaiterError):
        deploy(cloudformation, "refused", schedule(queue, ScheduleExpression="never"))
    (reason,) = reasons(cloudformation, "refused", "Schedule")
    assert "Invalid Schedule Expression never." in reason


def test_unknown_properties_are_refused(cloudformation: Any, queue: Queue) -> None:
    with pytest.raises(WaiterError):
        deploy(cloudformation, "unknown", schedule(queue, Tags=[]))
    (reason,) = reasons(cloudformation, "unknown", "Schedule")
    assert reason == "The local AWS does not know the property Tags of AWS::Scheduler::Schedule."
