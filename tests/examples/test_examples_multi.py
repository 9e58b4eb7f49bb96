# SPDX-License-Identifier: Apache-2.0
"""The worked examples through dev, staging and prod, each account with its own VPC and its own secret."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from scripts import pipeline_types
from scripts.cli.local_stack import STAGE_ACCOUNTS
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator, mlops_local
from tests.examples import worked
from tests.examples.hugging_face_stub import Stub

Until = Callable[[Callable[[], Any]], Any]


@pytest.fixture(scope="module")
def orchestrator(tmp_path_factory: pytest.TempPathFactory, stub: Stub) -> Iterator[Orchestrator]:
    """With the examples; StackSets work in the accounts under AWS's role, which needs no statements."""
    folder = tmp_path_factory.mktemp("examples")
    with mlops_local(folder, "--option", "multi-account") as deployment:
        made = Orchestrator(deployment)
        bucket = deployment.outputs["PipelinesBucketName"]
        for example in worked.folders(stub, folder):
            pipeline_types.publish(example, made.client("s3"), bucket)
        yield made


@pytest.fixture(scope="module")
def requests(orchestrator: Orchestrator) -> Mapping[str, dict[str, Any]]:
    """What is sent, with values by stage where accounts differ."""
    accounts = {stage: orchestrator.deployment.in_account(account) for stage, account in STAGE_ACCOUNTS.items()}
    networks = {stage: worked.network(aws) for stage, aws in accounts.items()}
    by_stage = {key: {stage: found[key] for stage, found in networks.items()} for key in ("vpc_id", "subnet_ids")}
    secrets = {stage: worked.secret(aws) for stage, aws in accounts.items()}
    return {
        worked.CONTAINERS: worked.request(worked.CONTAINERS, **by_stage, tasks={"dev": 1, "staging": 2, "prod": 4}),
        worked.HUGGING_FACE: worked.request(worked.HUGGING_FACE, token_secret_arn=secrets),
        worked.DATA: worked.request(worked.DATA),
    }


@pytest.fixture(scope="module")
def subscribers(orchestrator: Orchestrator) -> list[Subscriber]:
    """Each hears of everything that is told from the first request on; one for each example."""
    return [Subscriber(orchestrator, f"hears-of-{name}") for name in worked.NAMES]


@pytest.fixture(scope="module")
def pipelines(
    orchestrator: Orchestrator, subscribers: list[Subscriber], requests: Mapping[str, dict[str, Any]]
) -> dict[str, str]:
    """All three at once, in the first of their stages."""
    return {name: orchestrator.provision(request)["pipeline_id"] for name, request in requests.items()}


def _approved(orchestrator: Orchestrator, until: Until, pipeline_id: str, stage: str) -> None:
    """Let a pipeline go on to a stage."""
    (question,) = until(lambda: orchestrator.status(pipeline_id).waiting)
    assert question.action == f"Deploy{stage.capitalize()}"
    orchestrator.client("codepipeline").put_approval_result(
        pipelineName=orchestrator.status(pipeline_id).pipeline,
        stageName=question.stage,
        actionName=question.action,
        token=question.token,
        result={"summary": "fine", "status": "Approved"},
    )
    until(lambda: [one.action for one in orchestrator.status(pipeline_id).waiting] != [question.action])


def _tasks(orchestrator: Orchestrator, account: str) -> list[int]:
    ecs = orchestrator.deployment.in_account(account).client("ecs")
    services = ecs.list_services(cluster="mlops-berth-forecast")["serviceArns"]
    found = ecs.describe_services(cluster="mlops-berth-forecast", services=services)["services"]
    return [service["desiredCount"] for service in found]


def test_each_is_deployed_to_every_stage_and_told_of(
    orchestrator: Orchestrator, pipelines: dict[str, str], subscribers: list[Subscriber], until: Until, stub: Stub
) -> None:
    for stage in ("staging", "prod"):
        for name in (worked.CONTAINERS, worked.HUGGING_FACE):
            _approved(orchestrator, until, pipelines[name], stage)
    for pipeline_id in pipelines.values():
        status = orchestrator.ended(pipeline_id)
        assert status.has_succeeded, status
    said = ("berth-forecast runs berth", "berth-notes of sentence-transformers", "berth-features is prepared")
    for subscriber, sentence in zip(subscribers, said, strict=True):
        subscriber.next_about(sentence, until)

    assert [_tasks(orchestrator, account) for account in STAGE_ACCOUNTS.values()] == [[1], [2], [4]]
    names = {place.removeprefix("harbour/") for place in stub.endpoints}
    assert len(names) == 3, "each stack has an endpoint of its own in the one namespace"
    assert all(name.startswith("berth-notes-") for name in names)
    assert orchestrator.outputs("mlops-pipeline-berth-features-data-preparation"), "not deployed to stages"


def test_nothing_is_left_of_them(
    orchestrator: Orchestrator, pipelines: dict[str, str], subscribers: list[Subscriber], until: Until, stub: Stub
) -> None:
    for pipeline_id in pipelines.values():
        assert orchestrator.deployment.api.delete(pipeline_id).status == 202
    for subscriber, name in zip(subscribers, ("berth-forecast", "berth-notes", "berth-features"), strict=True):
        subscriber.next_about(f"{name}) and what it deployed are deleted", until)
    assert stub.endpoints == {}
    assert orchestrator.stacks() == {orchestrator.deployment.stack_name}
    for account in STAGE_ACCOUNTS.values():
        aws = orchestrator.deployment.in_account(account)
        assert aws.client("cloudformation").describe_stacks()["Stacks"] == []
        assert aws.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
