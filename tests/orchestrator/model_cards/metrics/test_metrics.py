# SPDX-License-Identifier: Apache-2.0
"""What the orchestrator counts, as CloudWatch reads it out of the log."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import Stubber

from orchestrator import api, service
from orchestrator.errors import ServiceBusyError
from orchestrator.launch.settings import MultiAccount, Settings
from orchestrator.provision import Provisioned
from tests.orchestrator.conftest import ApiEvent, Context, read_json
from tests.orchestrator.uploading import deliver, upload, with_buckets

Body = dict[str, Any]
Written = Callable[[], list[dict[str, Any]]]


@pytest.fixture(autouse=True)
def with_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "_settings", lambda: settings)
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "quayside")


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Written:
    """The metrics written since the last call: name, value and dimensions, as CloudWatch makes them of a line."""

    def read() -> list[dict[str, Any]]:
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith('{"_aws"')]
        return [metric for line in lines for metric in _metrics(line)]

    return read


def _metrics(line: dict[str, Any]) -> list[dict[str, Any]]:
    (told,) = line["_aws"]["CloudWatchMetrics"]
    assert told["Namespace"] == "MLOpsWorkloadOrchestrator"
    (dimensions,) = told["Dimensions"]
    named = {name: line[name] for name in dimensions}
    return [
        {"name": each["Name"], "unit": each["Unit"], "value": line[each["Name"]], **named} for each in told["Metrics"]
    ]


def counted(name: str, **dimensions: str) -> dict[str, Any]:
    return {"name": name, "unit": "Count", "value": [1.0], "service": "quayside", **dimensions}


class TestRequests:
    def outcome(self, monkeypatch: pytest.MonkeyPatch, error: Exception | None = None) -> None:
        def provision(*_: Any) -> Provisioned:
            if error:
                raise error
            return Provisioned("done", "arn")

        monkeypatch.setattr(service, "provision", provision)

    def test_a_pipeline_is_counted_by_its_type(
        self, api_event: ApiEvent, builtin: Body, written: Written, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.outcome(monkeypatch)
        api.handler(api_event(body=builtin), Context())  # type: ignore[arg-type]
        assert written() == [counted("Provisioned", pipeline_type="byom_realtime_builtin")]

    def test_a_refusal_and_a_failure_too(
        self, api_event: ApiEvent, builtin: Body, written: Written, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.outcome(monkeypatch, ServiceBusyError("create the stack", "Throttling", "later"))
        for body in ({**builtin, "inference_instance": "big"}, builtin):
            api.handler(api_event(body=body), Context())  # type: ignore[arg-type]
        assert [metric["name"] for metric in written()] == ["Refused", "Failed"]

    @pytest.mark.parametrize("named", ["byom_realtime", 7, None, "x" * 500])
    def test_a_type_that_there_is_not_makes_no_metric_of_its_own(
        self, aws: None, api_event: ApiEvent, written: Written, named: Any, settings: Settings
    ) -> None:
        """Whoever sends any text would make a metric each, and each is paid for."""
        with_buckets(settings)
        api.handler(api_event(body={"pipeline_type": named}), Context())  # type: ignore[arg-type]
        assert written() == [counted("Refused", pipeline_type="unknown")]

    def test_a_dry_run_is_not_counted(self, api_event: ApiEvent, builtin: Body, written: Written) -> None:
        api.handler(api_event(body={**builtin, "dry_run": True}), Context())  # type: ignore[arg-type]
        assert written() == []


class TestEvents:
    def test_an_end_of_a_pipeline_is_counted_once(
        self, aws: None, codepipeline: Stubber, settings: Settings, written: Written, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        used = with_buckets(settings)
        monkeypatch.setattr(api, "_settings", lambda: used)
        tags = [{"key": "pipeline_type", "value": "byom_image_builder"}]
        codepipeline.add_response("list_tags_for_resource", {"tags": tags})
        for invocation in ("first", "second"):
            api.handler(read_json("events/pipeline_ended.json"), Context(invocation))  # type: ignore[arg-type]
        assert written() == [counted("PipelinesEnded", pipeline_type="byom_image_builder", state="SUCCEEDED")]

    def test_a_configuration_is_counted_beside_its_requests(
        self, aws: None, settings: Settings, written: Written, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        used = with_buckets(settings)
        monkeypatch.setattr(api, "_settings", lambda: used)
        deliver(upload({"pipeline_type": "byom_image_builder"}))
        assert written() == [
            counted("Refused", pipeline_type="byom_image_builder"),
            counted("ConfigurationsProcessed", outcome="refused"),
        ]


BEGUN = datetime(2026, 11, 22, 8, 20, tzinfo=UTC)


class TestApprovals:
    """The check of every five minutes; its event is of 10:20."""

    @pytest.fixture
    def multi(self, aws: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        used = replace(settings, multi_account=MultiAccount(targets={}, stage_function="StageDeployer"))
        monkeypatch.setattr(api, "_settings", lambda: used)

    def check(self) -> None:
        api.handler(read_json("events/jobs_to_check.json"), Context())  # type: ignore[arg-type]

    def listed(self, stub: Stubber, *names: str) -> None:
        stub.add_response("list_pipelines", {"pipelines": [{"name": name} for name in names]}, {})

    def state(self, stub: Stubber, name: str, status: str, token: str = "t") -> None:
        latest = {"status": status, "lastStatusChange": BEGUN, **({"token": token} if token else {})}
        stages = [
            {"stageName": "DeployDev", "actionStates": [{"actionName": "DeployStaging", "latestExecution": latest}]}
        ]
        stub.add_response("get_pipeline_state", {"pipelineName": name, "stageStates": stages}, {"name": name})

    def test_the_age_of_the_oldest_is_told(self, multi: None, codepipeline: Stubber, written: Written) -> None:
        self.listed(codepipeline, "mlops-pipeline-a", "somebody-elses")
        self.state(codepipeline, "mlops-pipeline-a", "InProgress")
        self.check()
        (told,) = written()
        assert (told["name"], told["unit"], told["value"]) == ("OldestApprovalSeconds", "Seconds", [7200.0])

    @pytest.mark.parametrize(("status", "token"), [("Succeeded", "t"), ("InProgress", "")])
    def test_what_is_decided_or_no_approval_does_not_wait(
        self, multi: None, codepipeline: Stubber, written: Written, status: str, token: str
    ) -> None:
        self.listed(codepipeline, "mlops-pipeline-a")
        self.state(codepipeline, "mlops-pipeline-a", status, token=token)
        self.check()
        assert written()[0]["value"] == [0.0]

    def test_a_pipeline_that_is_gone_in_between_waits_for_nobody(
        self, multi: None, codepipeline: Stubber, written: Written
    ) -> None:
        self.listed(codepipeline, "mlops-pipeline-a")
        codepipeline.add_client_error("get_pipeline_state", "PipelineNotFoundException", "gone")
        self.check()
        assert written()[0]["value"] == [0.0]

    def test_a_check_that_fails_keeps_nobody_from_hearing_of_jobs(
        self, multi: None, codepipeline: Stubber, written: Written
    ) -> None:
        codepipeline.add_client_error("list_pipelines", "ThrottlingException", "later")
        self.check()
        assert written() == []

    def test_all_thousand_pipelines_are_asked_within_the_hour(
        self, multi: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A check is short, and none is left out."""
        names = [f"mlops-pipeline-{number}" for number in range(1000)]
        asked: list[list[str]] = [[]]

        def note(name: str) -> None:
            asked[-1].append(name)

        monkeypatch.setattr("orchestrator.aws.codepipeline.codepipelines.names", lambda: names)
        monkeypatch.setattr("orchestrator.events.approvals._waiting_since", note)
        event = read_json("events/jobs_to_check.json")
        for minute in range(0, 60, 5):
            event["time"] = f"2026-11-22T10:{minute:02}:00Z"
            api.handler(event, Context())  # type: ignore[arg-type]
            asked.append([])
        assert max(map(len, asked)) == 100
        assert {name for turn in asked for name in turn} == set(names)

    def test_a_single_account_has_no_approvals(
        self, aws: None, codepipeline: Stubber, written: Written, with_settings: None
    ) -> None:
        self.check()
        assert written() == []
