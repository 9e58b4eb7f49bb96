# SPDX-License-Identifier: Apache-2.0
"""The list of pipelines: what is on it, page by page, and what it costs."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.cloudformation.models import cloudformation_backends

from orchestrator import api
from orchestrator.aws import calls
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.errors import ServiceRefusedError
from orchestrator.launch.settings import Settings
from tests.orchestrator.pipelines_there import (
    deployed_name,
    make_foreign_stack,
    make_pipeline,
    make_stack,
    stage,
    states,
)
from tests.sampling import Sampling

Body = dict[str, Any]
List = Callable[..., tuple[int, Body]]


@pytest.fixture
def listed(
    aws: None, monkeypatch: pytest.MonkeyPatch, settings: Settings, api_event: Callable[..., Body], context: Any
) -> List:
    """`listed(limit="2")`: status and body of `GET /pipelines` with that query."""
    monkeypatch.setattr(api, "_settings", lambda: settings)
    # It may name types that an operator has added.
    place = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=settings.launch.pipelines_bucket, CreateBucketConfiguration=place)

    def call(**query: str) -> tuple[int, Body]:
        event = api_event("/pipelines", httpMethod="GET", queryStringParameters=query or None)
        answer = api.handler(event, context)
        assert len(answer["body"]) < 1_000_000
        return answer["statusCode"], json.loads(answer["body"])

    return call


def names(body: Body) -> list[str]:
    return [pipeline["model_name"] for pipeline in body["pipelines"]]


def everything(listed: List, **query: str) -> list[list[str]]:
    """The names on each page, up to the last."""
    pages, following = [], {}
    while True:
        status, body = listed(**query, **following)
        assert status == 200
        pages.append(names(body))
        if "next" not in body:
            return pages
        following = {"next": body["next"]}


def test_a_pipeline_tells_how_far_it_is_and_who_must_act(listed: List, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lesson 36."""
    arn = make_pipeline("churn")
    asked = {"status": "InProgress", "token": "t", "lastStatusChange": "2026-11-24T10:00:00+00:00"}
    approval = {"actionName": "DeployStaging", "latestExecution": asked}
    done = {"actionName": "DeployDevStackSet", "latestExecution": {"status": "Succeeded"}}
    states(
        monkeypatch,
        stage("DeployDev", "InProgress", done, approval),
        {"stageName": "DeployStaging", "actionStates": [{"actionName": "DeployProd"}]},
    )
    status, body = listed()
    assert status == 200
    assert body == {
        "pipelines": [
            {
                "pipeline_id": arn,
                "pipeline_stack_name": f"{deployed_name('churn')}-codepipeline",
                "pipeline_type": "byom_realtime_builtin",
                "model_name": "churn",
                "state": "Waiting for approval",
                "state_reason": "Somebody must decide whether staging is deployed.",
                "short_name": "churn/realtime",
                "stack_status": "CREATE_COMPLETE",
                "model_package_arn": None,
                "stages": [
                    {"name": "DeployDev", "status": "InProgress", "execution": "e-1"},
                    {"name": "DeployStaging", "status": None, "execution": None},
                ],
                "last_execution": {
                    "id": "e-1",
                    "status": "InProgress",
                    "started_at": None,
                    "trigger": "CreatePipeline",
                },
                "waiting": [
                    {
                        "stage": "DeployDev",
                        "action": "DeployStaging",
                        "since": "2026-11-24T10:00:00+00:00",
                        "execution": "e-1",
                    }
                ],
            }
        ]
    }
    assert "token" not in json.dumps(body), "what decides an approval is for those who may decide"


def test_only_pipelines_are_listed(listed: List, monkeypatch: pytest.MonkeyPatch) -> None:
    states(monkeypatch)
    make_stack("mlops-orchestrator")
    make_stack(deployed_name("churn"))
    make_stack("something-codepipeline")
    make_pipeline("churn")
    assert names(listed()[1]) == ["churn"]


@pytest.mark.parametrize(
    ("stack", "deployed", "told"),
    [
        ("mlops-pipeline-a-b-byomdataqualitymonitor-codepipeline", "", ("byom_data_quality_monitor", "a-b")),
        ("mlops-pipeline-x-codepipeline", "mlops-pipeline-y-modeltraining", ("model_training_builtin", "y")),
        ("mlops-pipeline-v1-byompipelineimagebuilder", "", ("byom_image_builder", "v1")),
        ("mlops-pipeline-of-nobody-codepipeline", "", ("", "")),
    ],
)
def test_a_stack_without_tags_tells_by_its_name(
    listed: List, monkeypatch: pytest.MonkeyPatch, stack: str, deployed: str, told: tuple[str, str]
) -> None:
    states(monkeypatch)
    make_stack(stack, {"StackName": deployed} if deployed else {}, PipelineName="p")
    (found,) = listed()[1]["pipelines"]
    assert (found["pipeline_type"], found["model_name"]) == told


def test_a_stack_without_a_pipeline_is_listed_with_its_status(listed: List) -> None:
    make_stack(f"{deployed_name('broken')}-codepipeline")
    (stack,) = cloudformation_backends["123456789012"]["eu-west-1"].stacks.values()
    stack.status = "ROLLBACK_COMPLETE"
    (found,) = listed()[1]["pipelines"]
    assert found["stack_status"] == "ROLLBACK_COMPLETE"
    assert (found["stages"], found["last_execution"], found["waiting"]) == ([], None, [])


def test_a_pipeline_that_was_deleted_by_hand_does_not_spoil_the_list(
    listed: List, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(name: str) -> Any:
        raise ServiceRefusedError("tell", "PipelineNotFoundException", name)

    monkeypatch.setattr(codepipelines, "state", gone)
    make_pipeline("churn")
    assert listed()[1]["pipelines"][0]["stages"] == []


def test_filters_are_by_type_and_model(listed: List, monkeypatch: pytest.MonkeyPatch) -> None:
    states(monkeypatch)
    make_pipeline("churn")
    make_pipeline("churn", "byom_realtime_custom", "byompipelinerealtimecustom")
    make_pipeline("fraud")
    assert sorted(names(listed(model_name="CHURN")[1])) == ["churn", "churn"]
    assert sorted(names(listed(pipeline_type=" BYOM_realtime_builtin")[1])) == ["churn", "fraud"]
    assert names(listed(pipeline_type="byom_realtime_custom", model_name="fraud")[1]) == []


def test_five_hundred_pipelines_are_paged_through(
    listed: List, monkeypatch: pytest.MonkeyPatch, sent: list[Any], sampling: Sampling
) -> None:
    """Each once, on full pages; and a page costs as much among a thousand stacks as among a few."""
    states(monkeypatch)
    several = sampling.size(500, 120)
    for number in range(several):
        make_pipeline(f"m{number}")
        make_stack(deployed_name(f"m{number}"))
    pages = everything(listed, limit="20")
    assert [len(page) for page in pages] == [20] * (several // 20)
    assert {name for page in pages for name in page} == {f"m{number}" for number in range(several)}
    del sent[:]
    listed(limit="20")
    assert [call.operation for call in sent] == ["cloudformation.DescribeStacks"]


def test_a_request_does_not_look_through_more_than_it_can(
    listed: List, monkeypatch: pytest.MonkeyPatch, sent: list[Any]
) -> None:
    """A rare filter among many stacks gives short pages instead of a timeout."""
    states(monkeypatch)
    make_pipeline("needle")
    for number in range(300):
        make_stack(f"hay-{number}")
    make_pipeline("needle", "byom_realtime_custom", "byompipelinerealtimecustom")
    del sent[:]
    first = listed(model_name="needle")[1]
    assert [call.operation for call in sent] == ["cloudformation.DescribeStacks"] * 5
    assert "next" in first
    pages = everything(listed, model_name="needle")
    assert [name for page in pages for name in page] == ["needle", "needle"]


def test_what_is_deleted_between_two_pages_hides_nothing(listed: List, monkeypatch: pytest.MonkeyPatch) -> None:
    states(monkeypatch)
    arns = [make_pipeline(f"m{number}") for number in range(6)]
    first = listed(limit="2")[1]
    for pipeline in first["pipelines"]:
        calls.client("cloudformation").delete_stack(StackName=pipeline["pipeline_id"])
    rest = listed(limit="50", next=first["next"])[1]
    seen = [pipeline["pipeline_id"] for pipeline in [*first["pipelines"], *rest["pipelines"]]]
    assert sorted(seen) == sorted(arns)


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "\u00e9",
        base64.urlsafe_b64encode(b"[1, 2]").decode(),
        base64.urlsafe_b64encode(b'["a"]').decode(),
        base64.urlsafe_b64encode(b'{"a": "b", "c": "d"}').decode(),
        base64.urlsafe_b64encode(b"null").decode(),
        base64.urlsafe_b64encode(b"\xff\xfe").decode(),
        base64.urlsafe_b64encode(b"1" * 3000).decode(),
    ],
)
def test_a_forged_place_is_refused(listed: List, token: str) -> None:
    status, body = listed(next=token)
    assert status == 400
    assert body["errors"] == [
        {"key": "next", "problem": "is not what this list gave, or too old: begin again without it"}
    ]


def test_a_place_that_cloudformation_does_not_know_is_refused(listed: List, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: str) -> Any:
        answer = {"Error": {"Code": "ValidationError", "Message": "bad token"}}
        raise ClientError(answer, "DescribeStacks")

    monkeypatch.setattr(calls.client("cloudformation"), "describe_stacks", refuse)
    status, body = listed(next=base64.urlsafe_b64encode(b'["t", ""]').decode())
    assert (status, body["errors"][0]["key"]) == (400, "next")


@pytest.mark.parametrize(
    ("query", "key", "words"),
    [
        ({"limit": "0"}, "limit", "greater than or equal to 1"),
        ({"limit": "51"}, "limit", "less than or equal to 50"),
        ({"limit": "many"}, "limit", "valid integer"),
        ({"model": "x"}, "model", "the nearest is model_name"),
        ({"pipeline_type": "byom_realtime"}, "pipeline_type", "the nearest is byom_realtime"),
    ],
)
def test_a_wrong_query_is_refused_in_words(listed: List, query: dict[str, str], key: str, words: str) -> None:
    status, body = listed(**query)
    assert status == 400
    (problem,) = body["errors"]
    assert problem["key"] == key
    assert words in problem["problem"]


def test_a_stack_that_somebody_else_made_is_not_on_it(listed: List, monkeypatch: pytest.MonkeyPatch) -> None:
    """The earlier solution's pipelines have the same names."""
    states(monkeypatch)
    make_foreign_stack("churn")
    make_pipeline("fraud")
    assert everything(listed) == [["fraud"]]
