# SPDX-License-Identifier: Apache-2.0
"""A pipeline through dev, staging and prod is deleted: every account's stack and every StackSet goes (defect 57)."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scripts.cli.local_stack import STAGE_ACCOUNTS, LocalDeployment
from scripts.demo_model import TrainedModel
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator, mlops_local, trained_and_stored

Until = Callable[[Callable[[], Any]], Any]


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    with mlops_local(tmp_path_factory.mktemp("stages"), "--option", "multi-account") as running:
        yield running


@pytest.fixture(scope="module")
def orchestrator(deployment: LocalDeployment) -> Orchestrator:
    return Orchestrator(deployment)


@pytest.fixture(scope="module")
def model(deployment: LocalDeployment) -> TrainedModel:
    return trained_and_stored(deployment)


@pytest.fixture
def subscriber(orchestrator: Orchestrator, request: pytest.FixtureRequest) -> Iterator[Subscriber]:
    made = Subscriber(orchestrator, request.node.originalname[:60].replace("_", "-"))
    yield made
    made.unsubscribe()


def _waits_for(orchestrator: Orchestrator, model_name: str) -> list[dict[str, Any]]:
    (listed,) = orchestrator.deployment.api.list(model_name=model_name).body["pipelines"] or ({"waiting": []},)
    return list(listed["waiting"])


def _approve(orchestrator: Orchestrator, pipeline_id: str, action: str) -> None:
    status = orchestrator.status(pipeline_id)
    (approval,) = [found for found in status.waiting if found.action == action]
    orchestrator.client("codepipeline").put_approval_result(
        pipelineName=status.pipeline,
        stageName=approval.stage,
        actionName=action,
        token=approval.token,
        result={"summary": "fine", "status": "Approved"},
    )


def _left(orchestrator: Orchestrator) -> dict[str, list[str]]:
    """Names of stacks by account, and of StackSets."""
    sets = orchestrator.client("cloudformation").list_stack_sets(Status="ACTIVE")["Summaries"]
    found = {"sets": [one["StackSetName"] for one in sets]}
    for stage, account in STAGE_ACCOUNTS.items():
        client = orchestrator.deployment.in_account(account).client("cloudformation")
        found[stage] = [stack["StackName"] for stack in client.describe_stacks()["Stacks"]]
    return found


_NOTHING = {"sets": [], "dev": [], "staging": [], "prod": []}


@pytest.mark.parametrize("approved", [["DeployStaging", "DeployProd"], []])
def test_every_account_is_left_as_it_was(
    orchestrator: Orchestrator, model: TrainedModel, subscriber: Subscriber, until: Until, approved: list[str]
) -> None:
    """Deployed everywhere, or with a running execution that waits for an approval."""
    api, name = orchestrator.deployment.api, f"gone-{len(approved)}"
    pipeline_id = orchestrator.provision(orchestrator.request(name))["pipeline_id"]
    for action in approved:
        waiting = until(functools.partial(_waits_for, orchestrator, name))
        assert [question["action"] for question in waiting] == [action]
        _approve(orchestrator, pipeline_id, action)
        until(lambda asked=action: [q for q in _waits_for(orchestrator, name) if q["action"] == asked] == [])
    if len(approved) == 2:
        assert orchestrator.ended(pipeline_id).has_succeeded
    else:
        until(functools.partial(_waits_for, orchestrator, name))

    stages = api.details(name).body["stages"]
    deployed = [stage["stage"] for stage in stages if stage["instances"]]
    assert deployed == ["dev", "staging", "prod"][: len(approved) + 1]
    assert {one["status"] for stage in stages for one in stage["instances"] or ()} == {"CURRENT"}

    assert api.delete(name).status == 202
    subscriber.next_about("and what it deployed are deleted", until)
    assert _left(orchestrator) == _NOTHING
    assert orchestrator.stacks() == {orchestrator.deployment.stack_name}
    assert api.delete(pipeline_id).status == 404


def test_a_deletion_while_a_stage_is_deployed(
    orchestrator: Orchestrator, model: TrainedModel, subscriber: Subscriber, until: Until
) -> None:
    """The StackSet is at work when it is asked for: that comes to its end first."""
    api = orchestrator.deployment.api
    pipeline_id = orchestrator.provision(orchestrator.request("hasty"))["pipeline_id"]
    until(lambda: [stage for stage in api.details(pipeline_id).body["stages"] if stage["instances"]])
    assert api.delete(pipeline_id).status == 202
    subscriber.next_about("and what it deployed are deleted", until)
    assert _left(orchestrator) == _NOTHING
