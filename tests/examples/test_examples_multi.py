# SPDX-License-Identifier: Apache-2.0
"""The worked examples through dev, staging and prod, each account with its own VPC and its own secret."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from scripts.pipeline_types import publishing
from tests.end_to_end import users
from tests.end_to_end.running import Running
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator
from tests.examples import worked
from tests.examples.hugging_face_stub import Stub

Until = Callable[[Callable[[], Any]], Any]
STAGES = ("dev", "staging")


@pytest.fixture(scope="module")
def orchestrator(multi_account: Running, stub: Stub, tmp_path_factory: pytest.TempPathFactory) -> Orchestrator:
    """With the examples; StackSets work in the accounts under AWS's role, which needs no statements."""
    made = users.with_artifact(multi_account.deployment)
    outputs = multi_account.deployment.outputs
    bucket = outputs["PipelinesBucketName"]
    worked.store_data(made.client("s3"), outputs["AssetsBucketName"])
    for example in worked.folders(stub, tmp_path_factory.mktemp("examples")):
        publishing.publish(example, made.client("s3"), bucket)
    return made


@pytest.fixture(scope="module")
def requests(orchestrator: Orchestrator) -> Mapping[str, dict[str, Any]]:
    """What is sent, with values by stage where accounts differ."""
    accounts = {stage: orchestrator.in_account(stage) for stage in orchestrator.deployment.accounts}
    networks = {stage: worked.network(aws) for stage, aws in accounts.items()}
    by_stage = {key: {stage: found[key] for stage, found in networks.items()} for key in ("vpc_id", "subnet_ids")}
    secrets = {stage: worked.secret(aws) for stage, aws in accounts.items()}
    return {
        worked.CONTAINERS: worked.request(worked.CONTAINERS, **by_stage, tasks={"dev": 1, "staging": 2, "prod": 4}),
        worked.HUGGING_FACE: worked.request(worked.HUGGING_FACE, token_secret_arn=secrets),
        worked.DATA: worked.request(worked.DATA),
    }


def _tasks(orchestrator: Orchestrator, stage: str) -> list[int]:
    ecs = orchestrator.in_account(stage).client("ecs")
    services = ecs.list_services(cluster="mlops-berth-forecast")["serviceArns"]
    found = ecs.describe_services(cluster="mlops-berth-forecast", services=services)["services"]
    return [service["desiredCount"] for service in found]


def test_each_is_deployed_to_stages_told_of_and_leaves_nothing(
    orchestrator: Orchestrator,
    requests: Mapping[str, dict[str, Any]],
    subscriber: Subscriber,
    until: Until,
    *,
    stub: Stub,
) -> None:
    """All three at once; those that go to stages, to the second of them."""
    pipelines = {name: orchestrator.provision(request)["pipeline_id"] for name, request in requests.items()}
    for name in (worked.CONTAINERS, worked.HUGGING_FACE):
        orchestrator.decide(pipelines[name], orchestrator.asked(pipelines[name], "staging"))
    for name in (worked.CONTAINERS, worked.HUGGING_FACE):
        orchestrator.asked(pipelines[name], "prod")
    assert orchestrator.ended(pipelines[worked.DATA]).has_succeeded
    subscriber.next_about("berth-features is prepared", until)

    assert [_tasks(orchestrator, stage) for stage in STAGES] == [[1], [2]]
    names = {place.removeprefix("harbour/") for place in stub.endpoints}
    assert len(names) == len(STAGES), "each stack has an endpoint of its own in the one namespace"
    assert all(name.startswith("berth-notes-") for name in names)
    assert orchestrator.outputs("mlops-pipeline-berth-features-data-preparation"), "not deployed to stages"

    for pipeline_id in pipelines.values():
        assert orchestrator.deployment.api.delete(pipeline_id).status == 202
    for name in ("berth-forecast", "berth-notes", "berth-features"):
        until(lambda told=f"{name}) and what it deployed are deleted": subscriber.has_heard(told))
        assert orchestrator.stacks(f"-{name}-") == set()
    assert stub.endpoints == {}
    for stage in STAGES:
        aws = orchestrator.in_account(stage)
        assert aws.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
        pages = aws.client("cloudformation").get_paginator("describe_stacks").paginate()
        left = [stack["StackName"] for page in pages for stack in page["Stacks"]]
        assert [name for name in left if "-berth-" in name] == []
