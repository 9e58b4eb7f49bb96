# SPDX-License-Identifier: Apache-2.0
"""The function as API Gateway invokes it: routes, status codes, the shape of every answer (compatibility 2.2)."""

from __future__ import annotations

import base64
import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from botocore.stub import Stubber

from orchestrator import api, on_demand, routes, service
from orchestrator.aws import calls
from orchestrator.errors import ConflictError, ServiceBusyError, ServiceRefusedError
from orchestrator.launch.settings import Settings
from orchestrator.plan.stack_tags import RELEASE_TAG

Body = dict[str, Any]
ApiEvent = Callable[..., dict[str, Any]]
ROOT = Path(__file__).parents[2]
MADE_BY_US = [{"Key": RELEASE_TAG, "Value": "mlops/0.1.0"}]


@dataclass
class Answer:
    status: int
    body: Any


Call = Callable[..., Answer]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, settings: Settings, api_event: ApiEvent, context: Any) -> Call:
    """`call(body)`, `call(body, path=...)`: what the handler answers, after the checks that hold for every answer."""
    monkeypatch.setattr(api, "_settings", lambda: settings)

    def invoke(body: Any = None, **event: Any) -> Answer:
        answer = api.handler(api_event(body=body, **event), context)
        assert answer["headers"]["Content-Type"] == "application/json"
        assert answer["isBase64Encoded"] is False
        return Answer(answer["statusCode"], json.loads(answer["body"]))

    return invoke


@pytest.fixture
def failing(call: Call, monkeypatch: pytest.MonkeyPatch, builtin: Body) -> Callable[[Exception], Answer]:
    """The answer to a valid request when carrying it out raises."""

    def invoke(error: Exception) -> Answer:
        def provision(*_: Any) -> Any:
            raise error

        monkeypatch.setattr(service, "provision", provision)
        return call(builtin)

    return invoke


class TestRouting:
    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "/provisionpipeline"),
            ("PUT", "/provisionpipeline"),
            ("DELETE", "/pipelinestatus"),
            ("OPTIONS", "/provisionpipeline"),
            ("POST", "/pipelines"),
            ("DELETE", "/pipelines"),
            ("GET", "/pipelines/x/y"),
            ("POST", "/provisionpipelines"),
            ("POST", "/provisionpipeline/x"),
            ("POST", "/prod/provisionpipeline"),
            ("POST", "/"),
            ("POST", "/\u00e9"),
        ],
    )
    def test_what_is_no_route_is_told_the_routes(self, call: Call, builtin: Body, method: str, path: str) -> None:
        answer = call(builtin, httpMethod=method, path=path)
        assert answer.status == 404
        assert answer.body == {
            "message": f"There is no {method} {path}. The routes are POST /provisionpipeline, POST /pipelinestatus,"
            " GET /pipelines, GET /pipelines/{id}, DELETE /pipelines/{id}, GET /pipelines/{id}/runs,"
            " POST /pipelines/{id}/runs, POST /pipelines/{id}/pause, POST /pipelines/{id}/resume,"
            " POST /pipelines/{id}/weights, GET /pipeline-types, GET /pipeline-types/{name}."
        }

    def test_a_request_is_answered(self, call: Call, builtin: Body) -> None:
        answer = call({**builtin, "dry_run": True})
        assert answer.status == 200
        assert answer.body["plan"]["stack_name"] == "mlops-pipeline-berth-occupancy-byompipelinerealtimebuiltin"

    def test_a_body_in_base64_is_decoded(self, call: Call, builtin: Body) -> None:
        encoded = base64.b64encode(json.dumps({**builtin, "dry_run": True}).encode()).decode()
        assert call(encoded, isBase64Encoded=True).status == 200

    @pytest.mark.parametrize("content", [b'{"model_name": "\xff"}', b"\xff\xfe{"], ids=["a byte", "UTF-16"])
    def test_bytes_that_are_no_text_are_the_caller_s_mistake(self, call: Call, content: bytes) -> None:
        answer = call(base64.b64encode(content).decode(), isBase64Encoded=True)
        assert answer.status == 400
        assert "not valid JSON" in answer.body["errors"][0]["problem"]

    def test_a_body_that_is_not_base64_is_the_caller_s_mistake(self, call: Call) -> None:
        answer = call("abcde", isBase64Encoded=True)
        assert answer.status == 400
        assert "not valid base64" in answer.body["errors"][0]["problem"]


# Bodies as text, with words of the one problem that they are refused for.
BAD_BODIES = [
    (None, "empty"),
    ("", "empty"),
    ("{", "not valid JSON"),
    ("[]", "must be a JSON object; got []"),
    ("null", "must be a JSON object; got null"),
    ('"text"', "must be a JSON object"),
    ("{}", "is required; the types are"),
    ('{"pipeline_type": NaN}', "NaN is not a JSON number"),
    ('{"pipeline_type": "a", "pipeline_type": "b"}', "given twice"),
    ("[" * 50_000, "nested too deeply"),
    ('{"n": ' + "9" * 5_000 + "}", "not valid JSON"),
    ('{"pipeline_type": "\\ud800"}', "half a character"),
]


class TestRefusals:
    @pytest.mark.parametrize(("body", "words"), BAD_BODIES)
    def test_a_bad_body_is_a_400_that_says_why(self, call: Call, body: str | None, words: str) -> None:
        """Lesson 24: the caller's mistakes are never 5xx."""
        answer = call(body)
        (error,) = answer.body.pop("errors")
        assert answer.status == 400
        assert answer.body.pop("detailedMessage") == ": ".join(filter(None, (error["key"], error["problem"])))
        assert answer.body == {"message": "Bad request: 1 problem. Nothing was created."}
        assert words in error["problem"]

    def test_a_body_of_300_kb_is_a_413(self, call: Call, builtin: Body) -> None:
        answer = call({**builtin, "model_name": "m" * 300_000})
        assert answer.status == 413
        assert answer.body["errors"] == [{"key": "", "problem": "the request is longer than 262144 bytes"}]

    def test_of_a_thousand_problems_the_first_are_listed(self, call: Call, builtin: Body) -> None:
        """An answer over Lambda's 6 MB would reach the caller as a 502."""
        answer = call({**builtin, **{f"{number:04}{'k' * 210}": 0 for number in range(1000)}})
        *listed, last = answer.body["errors"]
        assert answer.body["message"] == "Bad request: 1000 problems. Nothing was created."
        assert len(listed) == 100
        assert listed[0]["key"] == f"0000{'k' * 196}..."
        assert last == {"key": "", "problem": "there are 900 problems more: correct these first"}

    def test_every_problem_is_listed_with_its_key(self, call: Call, builtin: Body) -> None:
        answer = call({**builtin, "inference_instance": "big", "kms_key_anr": "x"})
        assert answer.status == 400
        assert answer.body["message"] == "Bad request: 2 problems. Nothing was created."
        assert {error["key"] for error in answer.body["errors"]} == {"inference_instance", "kms_key_anr"}
        assert answer.body["detailedMessage"].count("\n") == 1, "those who read the one text miss nothing"

    def test_the_caller_s_own_mistake_is_explained_even_without_details(
        self, call: Call, builtin: Body, settings: Settings, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(api, "_settings", lambda: replace(settings, allow_detailed_error_message=False))
        answer = call({**builtin, "inference_instance": "big"})
        assert "ml.m5.large" in answer.body["errors"][0]["problem"]
        assert "ml.m5.large" in answer.body["detailedMessage"]

    @pytest.mark.parametrize(
        ("body", "key", "words"),
        [
            ("{}", "pipeline_id", "is required"),
            ('{"pipeline_id": ""}', "pipeline_id", "must be the pipeline_id"),
            ('{"pipeline_id": null}', "pipeline_id", "got null"),
            ('{"pipeline_id": 4}', "pipeline_id", "got 4"),
            ('{"pipeline_id": "somebody-elses-stack"}', "pipeline_id", "must be the pipeline_id"),
            ("[]", "", "the request must be a JSON object; got []"),
            ("null", "", "the request must be a JSON object; got null"),
            ("{", "", "not valid JSON"),
        ],
    )
    def test_a_bad_status_request_is_a_400_that_says_why(self, call: Call, body: str, key: str, words: str) -> None:
        """Lesson 24."""
        answer = call(body, path="/pipelinestatus")
        (error,) = answer.body["errors"]
        assert (answer.status, error["key"]) == (400, key)
        assert words in error["problem"]
        assert answer.body["message"] == "Bad request: 1 problem.", "a question creates nothing in any case"


class TestFailures:
    def test_a_refusal_by_aws_is_a_502_with_the_request_id(self, failing: Callable[[Exception], Answer]) -> None:
        """Lesson 24: another service's 403 is not the caller's."""
        answer = failing(ServiceRefusedError("store the package", "AccessDenied", "not allowed to s3:PutObject"))
        assert answer.status == 502
        assert answer.body == {
            "message": "AWS did not store the package. Repeat the request; what was done already is kept.",
            "request_id": "9d1c4f3a-6b2e-4c57-a1d0-5e8f7b6c4d21",
            "detailedMessage": "AccessDenied: not allowed to s3:PutObject",
        }

    def test_a_busy_service_is_a_503(self, failing: Callable[[Exception], Answer]) -> None:
        answer = failing(ServiceBusyError("start the pipeline x", "ThrottlingException", "Rate exceeded"))
        assert answer.status == 503
        assert answer.body["detailedMessage"] == "ThrottlingException: Rate exceeded"

    def test_a_conflict_is_a_409_in_words(self, failing: Callable[[Exception], Answer]) -> None:
        answer = failing(ConflictError("Pipeline x is in DELETE_IN_PROGRESS."))
        assert answer.status == 409
        assert answer.body == {
            "message": "Pipeline x is in DELETE_IN_PROGRESS.",
            "request_id": "9d1c4f3a-6b2e-4c57-a1d0-5e8f7b6c4d21",
        }

    def test_anything_else_is_a_500_that_points_to_the_log(self, failing: Callable[[Exception], Answer]) -> None:
        answer = failing(KeyError("secret-name"))
        assert answer.status == 500
        assert answer.body["request_id"] == "9d1c4f3a-6b2e-4c57-a1d0-5e8f7b6c4d21"
        assert "request id" in answer.body["message"]
        assert "secret-name" not in answer.body["message"]

    @pytest.mark.parametrize(
        "error",
        [
            ServiceRefusedError("store the package", "AccessDenied", "secret-name"),
            ServiceBusyError("store the package", "SlowDown", "secret-name"),
            OSError("secret-name"),
        ],
    )
    def test_details_are_the_operator_s_choice(
        self,
        failing: Callable[[Exception], Answer],
        settings: Settings,
        monkeypatch: pytest.MonkeyPatch,
        error: Exception,
    ) -> None:
        """Lesson 64: `AllowDetailedErrorMessage` is `No`."""
        monkeypatch.setattr(api, "_settings", lambda: replace(settings, allow_detailed_error_message=False))
        answer = failing(error)
        assert answer.status >= 500
        assert set(answer.body) == {"message", "request_id"}
        assert "secret-name" not in json.dumps(answer.body)

    def test_the_details_hidden_from_the_caller_are_in_the_log(
        self, failing: Callable[[Exception], Answer], caplog: pytest.LogCaptureFixture
    ) -> None:
        failing(ServiceRefusedError("store the package", "AccessDenied", "secret-name"))
        (record,) = [record for record in caplog.records if record.message == "failed"]
        assert record.__dict__["detail"] == "AccessDenied: secret-name"


class TestStatus:
    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return replace(settings, deploy_role_arn="arn:aws:iam::123456789012:role/DeployRole")

    @pytest.fixture
    def pipeline(self, aws: None) -> str:
        """The ARN of a pipeline's stack; what it names as its pipeline is not there, because moto has none."""
        template = {
            "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
            "Outputs": {"PipelineName": {"Value": "the-pipeline"}},
        }
        created = calls.client("cloudformation").create_stack(
            StackName="mlops-pipeline-a-codepipeline", TemplateBody=json.dumps(template), Tags=MADE_BY_US
        )
        return str(created["StackId"])

    @pytest.mark.parametrize("by", ["arn", "name"])
    def test_it_is_codepipeline_s_own(self, call: Call, pipeline: str, codepipeline: Stubber, by: str) -> None:
        """Compatibility 2.2 and 2.4, dates as ISO 8601."""
        when = datetime(2026, 11, 22, 10, 15, tzinfo=UTC)
        stages = [{"stageName": "Source", "latestExecution": {"pipelineExecutionId": "e-1", "status": "Succeeded"}}]
        state = {"pipelineName": "the-pipeline", "created": when, "stageStates": stages}
        http = {"ResponseMetadata": {"HTTPStatusCode": 200, "HTTPHeaders": {}}}
        codepipeline.add_response("get_pipeline_state", state | http, {"name": "the-pipeline"})
        answer = call({"pipeline_id": pipeline if by == "arn" else pipeline.split("/")[1]}, path="/pipelinestatus")
        assert answer.status == 200
        assert answer.body["created"] == "2026-11-22T10:15:00+00:00"
        assert answer.body["stageStates"] == stages
        assert answer.body.keys() == state.keys(), "without what boto3 adds of HTTP"

    def test_an_unknown_key_is_ignored_and_named(self, call: Call, pipeline: str, codepipeline: Stubber) -> None:
        codepipeline.add_response("get_pipeline_state", {"pipelineName": "the-pipeline"}, {"name": "the-pipeline"})
        answer = call({"pipeline_id": pipeline, "region": "eu-west-1"}, path="/pipelinestatus")
        assert answer.body == {"pipelineName": "the-pipeline", "warnings": ['"region" is not known and is ignored']}

    @pytest.mark.parametrize("place", ["", "arn:aws:cloudformation:eu-west-1:999999999999:stack/"], ids=["here", "far"])
    def test_an_unknown_pipeline_is_the_caller_s_mistake(self, call: Call, aws: None, place: str) -> None:
        answer = call({"pipeline_id": f"{place}mlops-pipeline-none"}, path="/pipelinestatus")
        assert answer.status == 400
        told = {"key": "pipeline_id", "problem": f"there is no pipeline {place}mlops-pipeline-none"}
        assert answer.body["errors"] == [told]

    def test_a_stack_that_somebody_else_has_made_is_not_shown(self, call: Call, aws: None) -> None:
        """Its name may be that of a pipeline, and its state is nothing that callers may see."""
        template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
        name = "mlops-pipeline-b-codepipeline"
        calls.client("cloudformation").create_stack(StackName=name, TemplateBody=template)
        answer = call({"pipeline_id": name}, path="/pipelinestatus")
        assert (answer.status, answer.body["errors"][0]["problem"]) == (400, f"there is no pipeline {name}")

    def test_a_deleted_pipeline_is_told_as_such(self, call: Call, aws: None) -> None:
        template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
        cloudformation = calls.client("cloudformation")
        name = "mlops-pipeline-b-codepipeline"
        arn = cloudformation.create_stack(StackName=name, TemplateBody=template, Tags=MADE_BY_US)["StackId"]
        cloudformation.delete_stack(StackName=arn)
        answer = call({"pipeline_id": arn}, path="/pipelinestatus")
        assert answer.body == {
            "message": "There is no pipeline: its stack ended in DELETE_COMPLETE.",
            "stack_status": "DELETE_COMPLETE",
        }

    def test_a_stack_without_its_pipeline_is_told_in_words(self, call: Call, aws: None) -> None:
        """Compatibility 2.2, as JSON (lesson 36)."""
        template = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})
        calls.client("cloudformation").create_stack(
            StackName="mlops-pipeline-b-codepipeline", TemplateBody=template, Tags=MADE_BY_US
        )
        answer = call({"pipeline_id": "mlops-pipeline-b-codepipeline"}, path="/pipelinestatus")
        assert answer.status == 200
        assert answer.body == {
            "message": "pipeline cloudformation stack has not provisioned the pipeline yet.",
            "stack_status": "CREATE_COMPLETE",
        }


def test_every_handler_is_a_function_that_takes_what_it_is_given() -> None:
    """They are named, so that a type checker does not see them."""
    call = routes.Call("GET", "/", "/", dict.fromkeys(("id", "name"), "x"), {}, "anna", "{}")
    used = MagicMock()
    for route in routes.ROUTES:
        inspect.signature(on_demand.function(route.handler)).bind(*route.arguments(call, used))
    for expected in api._EVENTS.values():
        inspect.signature(on_demand.function(expected.handler)).bind({}, used, "id")
