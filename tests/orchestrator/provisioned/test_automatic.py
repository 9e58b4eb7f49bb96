# SPDX-License-Identifier: Apache-2.0
"""Pausing, resuming, and what is told of a pipeline that does something by itself, through the API, against moto."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator import api
from orchestrator.automation import journal, pauses
from orchestrator.automation.journal import Step
from orchestrator.aws import calls
from orchestrator.aws.cloudformation import stacks
from orchestrator.launch.settings import Settings
from orchestrator.plan import layout
from orchestrator.provisioned import pipeline_stacks, removal_records
from tests.orchestrator.conftest import Sent
from tests.orchestrator.pipelines_there import deployed_name, make_pipeline, make_stack, stage, states

Body = dict[str, Any]
Ask = Callable[..., tuple[int, Body]]
POSTFIX = "byomdataqualitymonitor"
MONITOR = deployed_name("churn", POSTFIX)
ANNA = "arn:aws:iam::123456789012:user/anna"
NOW = datetime(2026, 11, 30, 7, tzinfo=UTC)


@pytest.fixture
def settings(settings: Settings, aws: None) -> Settings:
    """In moto's account."""
    location = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=settings.launch.pipelines_bucket, CreateBucketConfiguration=location)
    return replace(settings, deploy_role_arn="arn:aws:iam::123456789012:role/mlops-DeployRole")


@pytest.fixture
def ask(monkeypatch: pytest.MonkeyPatch, settings: Settings, api_event: Callable[..., Body], context: Any) -> Ask:
    """`ask("POST", "churn", "/pause", {...})`: status and body."""
    monkeypatch.setattr(api, "_settings", lambda: settings)
    states(monkeypatch, stage("DeployPipeline", "Succeeded"))

    def call(method: str, given: str, ending: str = "", body: Any = None) -> tuple[int, Body]:
        route = {"resource": f"/pipelines/{{id}}{ending}", "pathParameters": {"id": given}}
        event = api_event(f"/pipelines/{given}{ending}", body, httpMethod=method, **route)
        event["requestContext"]["identity"]["userArn"] = ANNA
        answer = api.handler(event, context)
        return answer["statusCode"], json.loads(answer["body"])

    return call


def monitor(settings: Settings, **request: Any) -> str:
    """A monitor's pipeline that has these keys in its request; gives its id."""
    used = " ".join(key for key in ("retrain", "baseline") if key in request)
    tags = {"pipeline_type": "byom_data_quality_monitor", "model_name": "churn", "mlops:automation": used}
    given = {"StackName": MONITOR, "TemplateFileName": "open_data_quality_monitor.yaml"}
    arn = make_stack(f"{MONITOR}-codepipeline", given, tags, PipelineName="the-churn")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("request.json", json.dumps({"pipeline_type": "byom_data_quality_monitor", **request}))
    key = layout.package(MONITOR)
    calls.client("s3").put_object(Bucket=settings.launch.pipelines_bucket, Key=key, Body=buffer.getvalue())
    return arn


class TestTold:
    def test_what_it_does_by_itself_is_told_with_its_defaults(self, ask: Ask, settings: Settings) -> None:
        monitor(settings, retrain={"pipeline": "churn/training", "cooldown": "2 days"}, baseline="follow")
        status, body = ask("GET", "churn")
        assert status == 200
        told = body["automation"]
        assert (told["paused"], told["deploy_on_approval"], told["baseline"]) == (None, False, "follow")
        assert (told["retrain"]["cooldown"], told["retrain"]["max_per_week"]) == ("2 days", 2)
        assert told["steps"] == []

    def test_the_newest_ten_steps_are_told(self, ask: Ask, settings: Settings) -> None:
        monitor(settings, baseline="follow")
        for minute in range(12):
            at = NOW + timedelta(minutes=minute)
            step = Step(at=at, step="follow_baseline", cause="version 4", outcome="done", detail=str(minute))
            journal.record(settings.launch.pipelines_bucket, MONITOR, step)
        told = ask("GET", "churn")[1]["automation"]
        assert told["retrain"] is None
        assert [step["detail"] for step in told["steps"]] == [str(minute) for minute in range(11, 1, -1)]

    def test_another_pipeline_costs_no_call_and_has_none(self, ask: Ask, sent: list[Sent]) -> None:
        make_pipeline("churn")
        sent.clear()
        assert ask("GET", "churn")[1]["automation"] is None
        looked = [str(call.parameters.get("Prefix", call.parameters.get("Key", ""))) for call in sent]
        assert [place for place in looked if place.startswith(("automation", "followers"))] == []


class TestPausing:
    def test_a_person_pauses_and_resumes(self, ask: Ask, settings: Settings) -> None:
        arn = monitor(settings, baseline="follow")
        status, body = ask("POST", "churn", "/pause", {"reason": "the data is being mended"})
        assert (status, body["pipeline_id"]) == (200, arn)
        assert (body["paused"]["by"], body["paused"]["reason"]) == (ANNA, "the data is being mended")
        assert "What runs already goes on" in body["message"]
        assert ask("GET", "churn")[1]["automation"]["paused"] == body["paused"]
        status, body = ask("POST", "churn", "/resume")
        assert (status, body["message"]) == (200, "churn/data-quality goes on by itself again.")
        assert ask("GET", "churn")[1]["automation"]["paused"] is None
        assert ask("POST", "churn", "/resume")[1]["message"] == "churn/data-quality was not paused."

    def test_a_reason_is_not_needed(self, ask: Ask, settings: Settings) -> None:
        monitor(settings, baseline="follow")
        assert ask("POST", "churn", "/pause")[1]["paused"]["reason"] == ""

    @pytest.mark.parametrize(
        "body",
        [{"reason": "a\nb"}, {"reason": "x" * 501}, {"why": "x"}, []],
        ids=["two-lines", "too-long", "another-key", "no-object"],
    )
    def test_a_mistake_pauses_nothing(self, ask: Ask, settings: Settings, body: Any) -> None:
        monitor(settings, baseline="follow")
        assert ask("POST", "churn", "/pause", body)[0] == 400
        assert pauses.find(settings.launch.pipelines_bucket, MONITOR) is None

    @pytest.mark.parametrize("what", ["/pause", "/resume"])
    def test_what_does_nothing_by_itself_is_not_paused(self, ask: Ask, what: str) -> None:
        make_pipeline("churn")
        status, body = ask("POST", "churn", what)
        assert status == 409
        assert "does nothing by itself" in body["message"]
        assert ask("POST", "no-such", what)[0] == 404

    def test_what_is_being_deleted_is_not_paused(self, ask: Ask, settings: Settings) -> None:
        """The deletion would leave the pause behind, for a later pipeline of this name."""
        arn = monitor(settings, baseline="follow")
        stack = stacks.find(arn)
        assert stack is not None
        bucket = settings.launch.pipelines_bucket
        removal_records.store(bucket, removal_records.begin(pipeline_stacks.of(stack), ANNA))
        status, body = ask("POST", "churn", "/pause")
        assert (status, body["message"]) == (409, "churn/data-quality is being deleted.")
        assert pauses.find(bucket, MONITOR) is None
