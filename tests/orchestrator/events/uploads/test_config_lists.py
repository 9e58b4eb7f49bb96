# SPDX-License-Identifier: Apache-2.0
"""A configuration that holds several requests: each has its own end, one message and one result tell of all."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from orchestrator import api, service
from orchestrator.aws import calls, notifications
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.events.uploads import config_uploads
from orchestrator.launch.settings import Settings
from orchestrator.model_cards.operations import DescribeModelCard
from orchestrator.provision import Provisioned
from tests.orchestrator.uploading import BUCKET, KEY, RESULT, deliver, result, upload, with_buckets

Body = dict[str, Any]
Inbox = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def with_settings(aws: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    used = with_buckets(settings)
    monkeypatch.setattr(api, "_settings", lambda: used)
    return used


@pytest.fixture
def inbox(sent: list[Any]) -> Inbox:
    """The messages that were published so far."""
    return lambda: [call.parameters for call in sent if call.operation == "sns.Publish"]


class Provisions:
    """Stands for what the effects of a plan would be: some models' calls are refused by AWS, as often as said."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.refusals: dict[str, int] = {}

    def __call__(self, plan: Any, settings: Settings) -> Provisioned:
        if self.refusals.get(plan.label, 0) > 0:
            self.refusals[plan.label] -= 1
            raise ServiceBusyError("create the stack", "Throttling", f"too many for {plan.label}")
        self.done.append(plan.label)
        return Provisioned("success: stack creation started", f"arn:of:{plan.label}")


@pytest.fixture
def provisions(monkeypatch: pytest.MonkeyPatch) -> Provisions:
    made = Provisions()
    monkeypatch.setattr(service, "provision", made)
    return made


@pytest.fixture
def several(builtin: Body) -> list[Any]:
    """A good request, a bad one, one that is none, another good one."""
    return [
        {**builtin, "model_name": "first"},
        {**builtin, "model_name": "second", "inference_instance": "big", "kms_key_anr": "x"},
        "third",
        {**builtin, "model_name": "fourth"},
    ]


class TestEntries:
    def test_each_has_its_own_end(self, several: list[Any], provisions: Provisions) -> None:
        """Compatibility 1.5: model after model by one upload."""
        version = upload(several)
        deliver(version)
        assert provisions.done == ["first", "fourth"]
        told = result()
        assert (told["configuration"], told["version_id"]) == (f"s3://{BUCKET}/{KEY}", version)
        assert [(entry["index"], entry["outcome"]) for entry in told["entries"]] == [
            (1, "accepted"),
            (2, "refused"),
            (3, "refused"),
            (4, "accepted"),
        ]
        assert told["entries"][0]["pipeline_id"] == "arn:of:first"
        assert told["entries"][0]["pipeline_type"] == "byom_realtime_builtin"
        assert {problem["key"] for problem in told["entries"][1]["errors"]} == {"inference_instance", "kms_key_anr"}

    def test_one_message_names_each_problem_with_its_entry(
        self, several: list[Any], provisions: Provisions, inbox: Inbox
    ) -> None:
        deliver(upload(several))
        (message,) = inbox()
        assert message["Subject"] == "MLOps configuration partly accepted"
        text = message["Message"]
        assert "holds 4 requests: 2 accepted, 2 refused." in text
        assert "- entry 2, inference_instance: " in text
        assert "- entry 2, kms_key_anr: " in text
        assert "- entry 3, the request must be a JSON object" in text
        assert "arn:of:fourth" in text
        assert text.endswith(f"Result: s3://{BUCKET}/{RESULT}")

    @pytest.mark.parametrize(("count", "words"), [(0, "the list is empty"), (51, "there are 51 requests")])
    def test_too_many_or_none_are_refused_as_a_whole(
        self, builtin: Body, provisions: Provisions, inbox: Inbox, count: int, words: str
    ) -> None:
        deliver(upload([builtin] * count))
        assert provisions.done == []
        assert words in inbox()[0]["Message"]
        assert "entries" in result()
        assert words in result()["errors"][0]["problem"]

    def test_fifty_are_not_too_many(self, builtin: Body, provisions: Provisions) -> None:
        deliver(upload([{**builtin, "model_name": f"m{number}"} for number in range(50)]))
        assert len(provisions.done) == 50

    def test_operations_on_model_cards_stand_among_pipelines(
        self, builtin: Body, provisions: Provisions, monkeypatch: pytest.MonkeyPatch, inbox: Inbox
    ) -> None:
        """Lesson 42: model-card operations were not routed."""
        asked = []

        def carry_out(operation: DescribeModelCard, settings: Settings) -> dict[str, Any]:
            asked.append(operation.operation)
            return {"message": {"ModelCardName": operation.name, "Content": "{}"}}

        monkeypatch.setattr(DescribeModelCard, "carry_out", carry_out)
        deliver(upload([{"pipeline_type": "describe_model_card", "name": "berths"}, builtin]))
        assert asked == ["describe_model_card"]
        assert [entry["outcome"] for entry in result()["entries"]] == ["accepted", "accepted"]
        assert result()["entries"][0]["message"]["ModelCardName"] == "berths"
        assert "Entry 1 (describe_model_card): accepted." in inbox()[0]["Message"]


class TestFilters:
    """Attributes by which a subscription filters (lesson 83)."""

    def test_a_single_request_names_model_and_type(self, builtin: Body, provisions: Provisions, inbox: Inbox) -> None:
        deliver(upload(builtin))
        attributes = {name: value["StringValue"] for name, value in inbox()[0]["MessageAttributes"].items()}
        assert attributes == {
            "pipeline_type": "byom_realtime_builtin",
            "model_name": "berth-occupancy",
            "state": "accepted",
        }

    def test_what_differs_between_entries_is_left_out(
        self, builtin: Body, provisions: Provisions, inbox: Inbox
    ) -> None:
        deliver(upload([{**builtin, "model_name": name} for name in ("a1", "b1")]))
        assert inbox()[0]["MessageAttributes"].keys() == {"pipeline_type", "state"}


class TestAgain:
    def test_only_what_failed_is_repeated(self, several: list[Any], provisions: Provisions, inbox: Inbox) -> None:
        """Lesson 41. Lambda repeats the event: what has an end is not done twice, and the end is the same."""
        provisions.refusals = {"first": 1}
        version = upload(several)
        with pytest.raises(ServiceBusyError):
            deliver(version)
        assert [entry["outcome"] for entry in result()["entries"]] == ["failed", "refused", "refused", "accepted"]
        assert inbox()[0]["Subject"] == "MLOps configuration failed"
        assert "Entry 1 (byom_realtime_builtin, first): failed." in inbox()[0]["Message"]
        deliver(version)
        assert provisions.done == ["fourth", "first"]
        assert [entry["outcome"] for entry in result()["entries"]] == ["accepted", "refused", "refused", "accepted"]
        assert inbox()[1]["Subject"] == "MLOps configuration partly accepted"

    def test_a_second_delivery_does_nothing(self, several: list[Any], provisions: Provisions, inbox: Inbox) -> None:
        """EventBridge delivers at least once."""
        version = upload(several)
        deliver(version)
        assert deliver(version, "second") == {"processed": 0}
        assert len(inbox()) == 1

    def test_a_later_upload_is_another_one(self, builtin: Body, provisions: Provisions) -> None:
        """The result of an earlier version says nothing about this one."""
        for name in ("a1", "b1"):
            deliver(upload({**builtin, "model_name": name}))
        assert provisions.done == ["a1", "b1"]
        assert result()["entries"][0]["model_name"] == "b1"

    def test_a_message_that_was_not_sent_is_sent_by_the_next_attempt(
        self, builtin: Body, provisions: Provisions, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        version = upload(builtin)

        def refuse(*_: Any) -> None:
            raise ServiceRefusedError("publish the notification", "KMSAccessDenied", "no")

        with monkeypatch.context() as patched:
            patched.setattr(notifications, "publish", refuse)
            with pytest.raises(ServiceRefusedError):
                deliver(version)
        deliver(version)
        assert provisions.done == ["berth-occupancy"]
        assert inbox()[0]["Subject"] == "MLOps configuration accepted"

    @pytest.mark.parametrize("content", [b"", b"{}", b"[1]"])
    def test_what_somebody_else_put_beside_it_is_overwritten(
        self, builtin: Body, provisions: Provisions, content: bytes
    ) -> None:
        calls.client("s3").put_object(Bucket=BUCKET, Key=RESULT, Body=content)
        deliver(upload(builtin))
        assert result()["entries"][0]["outcome"] == "accepted"


class TestResult:
    def test_a_result_that_cannot_be_written_is_told_and_costs_nothing_else(
        self, builtin: Body, provisions: Provisions, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: Any) -> None:
            raise ServiceRefusedError("write the result", "AccessDenied", "no")

        monkeypatch.setattr(config_uploads.objects, "store_result", refuse)
        deliver(upload(builtin))
        assert provisions.done == ["berth-occupancy"]
        assert f"The result could not be written to s3://{BUCKET}/{RESULT}." in inbox()[0]["Message"]

    def test_a_failure_keeps_what_aws_said_to_itself_if_the_operator_says_so(
        self, builtin: Body, provisions: Provisions, monkeypatch: pytest.MonkeyPatch, with_settings: Settings
    ) -> None:
        """Lesson 64: the result is read by whoever reads the bucket."""
        monkeypatch.setattr(api, "_settings", lambda: replace(with_settings, allow_detailed_error_message=False))
        provisions.refusals = {"berth-occupancy": 1}
        with pytest.raises(ServiceBusyError):
            deliver(upload(builtin))
        assert "too many" not in json.dumps(result())

    def test_a_dry_run_leaves_its_plan(self, builtin: Body, provisions: Provisions) -> None:
        deliver(upload({**builtin, "dry_run": True}))
        assert result()["entries"][0]["plan"]["pipeline_type"] == "byom_realtime_builtin"
        assert provisions.done == []

    def test_a_result_that_somebody_made_endless_is_read_to_a_limit(
        self, builtin: Body, provisions: Provisions, sent: list[Any]
    ) -> None:
        calls.client("s3").put_object(Bucket=BUCKET, Key=RESULT, Body=b"x" * 5_000_000)
        deliver(upload({**builtin, "model_name": "a1"}))
        read = [call.parameters for call in sent if call.operation == "s3.GetObject"]
        assert [found["Range"] for found in read if found["Key"] == RESULT] == ["bytes=0-4194303"]
        assert provisions.done == ["a1"]
