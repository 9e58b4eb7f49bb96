# SPDX-License-Identifier: Apache-2.0
"""Runs of a monitor that stop coming, and come again: what people hear of CloudWatch's events, and how often."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest
from botocore.stub import Stubber

from orchestrator import api
from orchestrator.aws import calls
from orchestrator.errors import ServiceRefusedError
from orchestrator.launch.settings import MultiAccount, Settings, StageTarget
from tests.orchestrator import telling
from tests.orchestrator.conftest import Context, read_json

Event = dict[str, Any]
Inbox = Callable[[], list[dict[str, Any]]]
HERE: Final = "111122223333"
PROD: Final = "222233334444"
PIPELINES: Final = "quayside-pipelines"
LATER: Final = "2026-11-24T08:01:00.100+0000"
OWN_STACK: Final = "mlops-pipeline-berths-byomdataqualitymonitor"


@pytest.fixture(autouse=True)
def used(aws: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The handler of an orchestrator that has a topic, a bucket for pipelines, and other accounts for its stages."""
    topic = calls.client("sns").create_topic(Name="notifications")["TopicArn"]
    accounts = {"dev": "444455556666", "staging": "333344445555", "prod": PROD}
    targets = {stage: StageTarget(account, "ou-ab12-cd34ef56") for stage, account in accounts.items()}
    stages = MultiAccount(targets, "mlops-StageDeployer")  # type: ignore[arg-type]
    used = replace(telling.by_topic(settings, topic), multi_account=stages)
    monkeypatch.setattr(api, "_settings", lambda: used)
    location = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=PIPELINES, CreateBucketConfiguration=location)


@pytest.fixture
def inbox(sent: list[Any]) -> Inbox:
    """The messages that were published so far."""
    return lambda: [call.parameters for call in sent if call.operation == "sns.Publish"]


def event_of(old: str = "OK", new: str = "ALARM", moment: str = "", **members: Any) -> Event:
    """The documented event, of an alarm in the account of prod."""
    event: Event = copy.deepcopy(read_json("events/monitor_alarm_changed.json"))
    event["detail"]["previousState"]["value"] = old
    event["detail"]["state"]["value"] = new
    event["detail"]["state"]["timestamp"] = moment or event["detail"]["state"]["timestamp"]
    return event | members


def handled(event: Event, context: Context, invocation: str = "i") -> int:
    return int(api.handler(event, replace(context, aws_request_id=invocation))["reported"])  # type: ignore[arg-type]


def test_missing_runs_are_told_with_since_when_and_what_to_do(inbox: Inbox, context: Context) -> None:
    assert handled(event_of(), context) == 1
    (message,) = inbox()
    assert message["Subject"] == "MLOps data quality monitor, runs are missing: berths-prod"
    first, *place, last = message["Message"].splitlines()
    assert first == (
        "The data quality monitor of endpoint berths-prod is blind: for 2 periods of its schedule no run has ended by "
        "itself."
    )
    assert place[1:-1] == [
        "Endpoint: berths-prod",
        "Monitoring schedule: berths-prod-dataquality-1a2b",
        f"Account: {PROD}",
        "Region: eu-west-1",
        "No run since: 2026-11-24 04:15 UTC, or longer",
        f"Stack: {event_of()['detail']['alarmName'].partition('-RunsMissingAlarm-')[0]}",
    ]
    assert last.startswith("Next: mlops status says whether the schedule is there and enabled, mlops monitor list what")
    attributes = {name: value["StringValue"] for name, value in message["MessageAttributes"].items()}
    assert attributes == {
        "pipeline_type": "byom_data_quality_monitor",
        "model_name": "berths",
        "stage": "prod",
        "state": "Missing",
    }


def test_an_alarm_of_this_account_has_no_stage(inbox: Inbox, context: Context) -> None:
    event = event_of(account=HERE)
    event["detail"]["alarmName"] = f"{OWN_STACK}-RunsMissingAlarm-1QX2ZB7K9L0M"
    assert handled(event, context) == 1
    assert set(inbox()[0]["MessageAttributes"]) == {"pipeline_type", "model_name", "state"}
    assert f"Stack: {OWN_STACK}\n" in inbox()[0]["Message"]


def test_runs_that_come_again_are_told_once_and_missing_ones_after_that_anew(inbox: Inbox, context: Context) -> None:
    changes = [event_of(), event_of(), *[event_of("ALARM", "OK", LATER)] * 2, event_of(moment="2026-11-25T00:00:00Z")]
    told = [handled(event, context, str(number)) for number, event in enumerate(changes)]
    assert told == [1, 0, 1, 0, 1]
    again = inbox()[1]
    assert again["Subject"] == "MLOps data quality monitor, runs come again: berths-prod"
    assert f"Since: {LATER}" in again["Message"]
    assert again["MessageAttributes"]["state"]["StringValue"] == "Resumed"


def test_the_first_run_of_a_new_monitor_is_no_news(inbox: Inbox, context: Context) -> None:
    """Its alarm is on from the beginning, and each first run turns it off."""
    changes = [event_of("INSUFFICIENT_DATA"), event_of("ALARM", "OK", LATER), event_of("ALARM", "OK", f"{LATER[:-5]}Z")]
    assert [handled(event, context, str(number)) for number, event in enumerate(changes)] == [0, 0, 0]
    assert inbox() == []


@pytest.mark.parametrize(
    "name",
    [
        "mlops-pipeline-berths-byomdataqualitymonitor-ViolationsAlarm-1QX2ZB7K9L0M",
        "elsewhere-RunsMissingAlarm-1QX2ZB7K9L0M",
        "TotalNetworkTrafficTooHigh",
    ],
    ids=["on violations", "another stack's", "any"],
)
def test_another_alarm_is_ignored(inbox: Inbox, context: Context, name: str) -> None:
    event = event_of()
    event["detail"]["alarmName"] = name
    assert handled(event, context) == 0
    assert inbox() == []


def test_a_message_that_was_not_sent_is_sent_by_the_next_attempt(
    inbox: Inbox, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert handled(event_of(), context, "a") == 1
    again = event_of("ALARM", "OK", LATER)
    with monkeypatch.context() as broken:
        stub = Stubber(calls.client("sns"))
        stub.add_client_error("publish", "InternalError")
        with stub, pytest.raises(ServiceRefusedError):
            handled(again, context, "b")
        broken.undo()
    assert handled(again, context, "b") == 1
    assert inbox()[-1]["Subject"].endswith("runs come again: berths-prod")
