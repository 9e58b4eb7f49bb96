# SPDX-License-Identifier: Apache-2.0
"""`mlops-config.json` dropped into a bucket, from EventBridge's event to the message that people get."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, NoReturn

import pytest

from orchestrator import api, service
from orchestrator.errors import ConflictError, ServiceRefusedError
from orchestrator.launch.settings import Settings
from orchestrator.provision import Provisioned
from tests.orchestrator.uploading import BUCKET, KEY, deliver, upload, with_buckets

Body = dict[str, Any]


@pytest.fixture(autouse=True)
def with_settings(aws: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The handler of an orchestrator that has a topic and a versioned bucket for configurations."""
    used = with_buckets(settings)
    monkeypatch.setattr(api, "_settings", lambda: used)
    return used


@pytest.fixture
def inbox(sent: list[Any]) -> Callable[[], list[dict[str, str]]]:
    """The messages that were published so far."""
    return lambda: [call.parameters for call in sent if call.operation == "sns.Publish"]


Inbox = Callable[[], list[dict[str, str]]]


@pytest.fixture
def provisioned(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The stack names of plans that were carried out; nothing is made."""
    names: list[str] = []

    def provision(plan: Any, settings: Settings) -> Provisioned:
        names.append(plan.deployment.stack_name)
        return Provisioned("success: stack creation started", f"arn:of:{plan.deployment.stack_name}")

    monkeypatch.setattr(service, "provision", provision)
    return names


def failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def provision(*_: Any) -> NoReturn:
        raise error

    monkeypatch.setattr(service, "provision", provision)


class TestAccepted:
    def test_it_is_provisioned_and_reported(self, builtin: Body, inbox: Inbox, provisioned: list[str]) -> None:
        """Lesson 41: the pipeline id was lost."""
        version = upload(builtin)
        deliver(version)
        (message,) = inbox()
        assert provisioned == ["mlops-pipeline-berth-occupancy-byompipelinerealtimebuiltin"]
        assert message["Subject"] == "MLOps configuration accepted"
        assert f"s3://{BUCKET}/{KEY} (version {version})" in message["Message"]
        assert f"arn:of:{provisioned[0]}" in message["Message"]

    def test_each_upload_is_read_as_it_was(self, builtin: Body, provisioned: list[str]) -> None:
        """Lesson 43: of two quick uploads, the later was read twice."""
        versions = [upload({**builtin, "model_name": name}) for name in ("first", "second")]
        for version in versions:
            deliver(version)
        assert ["first" in provisioned[0], "second" in provisioned[1]] == [True, True]

    def test_a_bucket_without_versions_is_read_too(self, builtin: Body, inbox: Inbox, provisioned: list[str]) -> None:
        upload(builtin)
        deliver(None)
        assert len(provisioned) == 1
        assert "version" not in inbox()[0]["Message"].split("\n")[0]

    def test_a_dry_run_reports_the_plan(self, builtin: Body, inbox: Inbox) -> None:
        deliver(upload({**builtin, "dry_run": True}))
        assert '"InferenceInstance": "ml.m5.large"' in inbox()[0]["Message"]


# What may be uploaded by mistake, with words of the message about it.
REFUSED = [
    (b"", "the request is empty"),
    (b"{", "not valid JSON"),
    (b"\xff\xfe\xfd", "not UTF-8"),
    (b"[]", "the list is empty"),
    (b"7", "must be a JSON object"),
    (b"{}", "pipeline_type: is required"),
    (b'{"pipeline_type": "a", "pipeline_type": "b"}', "given twice"),
    (b" " + b'"' + b"x" * 300_000 + b'"', "longer than 262144 bytes"),
]


class TestRefused:
    @pytest.mark.parametrize(("content", "words"), REFUSED)
    def test_one_message_says_why_and_nothing_is_raised(
        self, inbox: Inbox, provisioned: list[str], content: bytes, words: str
    ) -> None:
        """Lesson 41. A mistake in the configuration is not worth another try."""
        version = upload(content)
        deliver(version)
        (message,) = inbox()
        assert message["Subject"] == "MLOps configuration refused"
        assert f"s3://{BUCKET}/{KEY} (version {version})" in message["Message"]
        assert words in message["Message"]
        assert provisioned == []

    def test_every_problem_is_in_the_message(self, builtin: Body, inbox: Inbox) -> None:
        deliver(upload({**builtin, "inference_instance": "big", "kms_key_anr": "x", "model_artifact_location": ""}))
        (message,) = inbox()
        listed = [line for line in message["Message"].splitlines() if line.startswith("- ")]
        assert sorted(line.split(":")[0] for line in listed) == [
            "- inference_instance",
            "- kms_key_anr",
            "- model_artifact_location",
        ]

    def test_more_problems_than_a_message_can_hold_are_cut(self, builtin: Body, inbox: Inbox) -> None:
        """SNS refuses more than 256 KiB; the event would be tried again and nobody told."""
        unknown = {f"unknown_{number}_{'x' * 50}": 1 for number in range(101)}
        deliver(upload([{**builtin, **unknown}] * 30))
        (message,) = inbox()
        assert len(message["Message"].encode()) < 256 * 1024
        assert "- entry 1, unknown_0_" in message["Message"]
        assert message["Message"].endswith("too long to be sent whole.")

    def test_a_key_that_hides_something_is_told_as_it_is(self, builtin: Body, inbox: Inbox) -> None:
        deliver(upload({**builtin, "\u202ekms_key_anr\r\x1b": 1}))
        assert r"- \u202ekms_key_anr\r\x1b: " in inbox()[0]["Message"]

    def test_a_key_that_is_no_text_can_be_told(self, builtin: Body, inbox: Inbox) -> None:
        """JSON may hold half of a surrogate pair, which no message can."""
        deliver(upload(json.dumps({**builtin, "\ud800": 1}).encode()))
        assert r"\ud800" in inbox()[0]["Message"]


class TestFailed:
    @pytest.mark.parametrize(
        "error",
        [
            ServiceRefusedError("store the package", "AccessDenied", "no"),
            ConflictError("Pipeline x is in DELETE_IN_PROGRESS."),
        ],
    )
    def test_it_is_reported_and_left_to_lambda_to_repeat(
        self, builtin: Body, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, error: Exception
    ) -> None:
        """Lesson 41: Lambda saw a success, so that no retry happened."""
        failing(monkeypatch, error)
        version = upload(builtin)
        with pytest.raises(type(error)):
            deliver(version)
        (message,) = inbox()
        assert message["Subject"] == "MLOps configuration failed"
        assert f"s3://{BUCKET}/{KEY} (version {version})" in message["Message"]
        assert str(error) in message["Message"]

    @pytest.mark.parametrize("allowed", [True, False])
    def test_what_aws_said_is_the_operator_s_choice(
        self,
        builtin: Body,
        inbox: Inbox,
        monkeypatch: pytest.MonkeyPatch,
        *,
        with_settings: Settings,
        allowed: bool,
    ) -> None:
        """Lesson 64."""
        changed = replace(with_settings, allow_detailed_error_message=allowed)
        monkeypatch.setattr(api, "_settings", lambda: changed)
        failing(monkeypatch, ServiceRefusedError("store the package", "AccessDenied", "secret-name"))
        with pytest.raises(ServiceRefusedError):
            deliver(upload(builtin))
        assert ("secret-name" in inbox()[0]["Message"]) is allowed

    def test_an_unexpected_error_is_reported_without_its_insides(
        self, builtin: Body, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        failing(monkeypatch, KeyError("an-inner-name"))
        with pytest.raises(KeyError):
            deliver(upload(builtin))
        (message,) = inbox()
        assert "An unexpected error occurred" in message["Message"]
        assert "an-inner-name" not in message["Message"]

    def test_an_upload_that_cannot_be_read_is_a_failure(self, inbox: Inbox) -> None:
        with pytest.raises(ServiceRefusedError, match=f"read s3://{BUCKET}/{KEY}"):
            deliver(None)
        assert inbox()[0]["Subject"] == "MLOps configuration failed"
