# SPDX-License-Identifier: Apache-2.0
"""An event is acted upon when its service, account and bucket are those that send it to this orchestrator."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pytest

from orchestrator import api
from orchestrator.events import missing_runs, monitor_reports, security_reports
from orchestrator.events.digest import reports as digests
from orchestrator.events.jobs import reports
from orchestrator.events.uploads import config_uploads
from orchestrator.launch.settings import MultiAccount, Settings, StageTarget
from orchestrator.provisioned import removal
from tests.orchestrator.conftest import Context, read_json

Event = dict[str, Any]
STAGE = "222233334444"
EVENTS = {
    "a call of S3": (read_json("events/refused_write.json"), security_reports, "called"),
    "a call of IAM": (read_json("events/role_changed.json"), security_reports, "called"),
    "an upload": (read_json("events/config_uploaded.json"), config_uploads, "handle"),
    "a job": (read_json("events/training_job_ended.json"), reports, "job_changed"),
    "a check": (read_json("events/jobs_to_check.json"), reports, "check"),
    "a digest": (read_json("events/digest_due.json"), digests, "send"),
    "a monitor's run": (
        read_json("events/monitoring_run_ended.json") | {"account": "111122223333"},
        monitor_reports,
        "run_ended",
    ),
    "an alarm": (
        read_json("events/monitor_alarm_changed.json") | {"account": "111122223333"},
        missing_runs,
        "alarm_changed",
    ),
    "a stack": (
        {
            "detail-type": "CloudFormation Stack Status Change",
            "source": "aws.cloudformation",
            "account": "111122223333",
            "detail": {"stack-id": "x", "status-details": {"status": "DELETE_COMPLETE"}},
        },
        removal,
        "stack_changed",
    ),
}


@pytest.fixture(params=EVENTS)
def event(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Event:
    """An event as AWS sends it; what acts upon it only says so."""
    found, module, name = EVENTS[request.param]
    targets = {"prod": StageTarget(STAGE, "ou-ab12-cd34ef56")}
    used = replace(settings, multi_account=MultiAccount(targets, "mlops-StageDeployer"))  # type: ignore[arg-type]
    monkeypatch.setattr(api, "_settings", lambda: used)
    monkeypatch.setattr("orchestrator.events.approvals.check", lambda _: None)
    monkeypatch.setattr(module, name, lambda *_: {"done": True})
    return copy.deepcopy(found)


def deliver(event: Event) -> Event:
    return api.handler(event, Context())  # type: ignore[arg-type]


def test_what_aws_sends_is_taken(event: Event) -> None:
    assert deliver(event) == {"done": True}


@pytest.mark.parametrize(
    "forged",
    [{"source": "custom.app"}, {"source": ""}, {"account": "999999999999"}, {"account": ""}],
    ids=["another source", "no source", "another account", "no account"],
)
def test_an_event_of_another_origin_is_ignored_and_logged(
    event: Event, forged: Event, caplog: pytest.LogCaptureFixture
) -> None:
    assert deliver(event | forged) == {"ignored": "the event comes from somewhere else"}
    assert "event of another origin" in caplog.text


@pytest.mark.parametrize("event", ["an upload"], indirect=True)
def test_an_upload_to_another_bucket_is_ignored(event: Event) -> None:
    event["detail"]["bucket"]["name"] = "quayside-assets"
    assert "ignored" in deliver(event)


@pytest.mark.parametrize(("event", "taken"), [("a monitor's run", True), ("a job", False)], indirect=["event"])
def test_the_accounts_of_the_stages_tell_of_monitors_alone(event: Event, taken: bool) -> None:
    assert ("done" in deliver(event | {"account": STAGE})) is taken


@pytest.mark.parametrize("event", ["a job"], indirect=True)
def test_a_kind_of_event_that_nobody_knows_is_ignored(event: Event) -> None:
    assert "ignored" in deliver(event | {"detail-type": "Parameter Store Change"})
