# SPDX-License-Identifier: Apache-2.0
"""A deployed orchestrator whose role lacks a permission says so; nothing of a request is half done in silence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any

import pytest

from tests.end_to_end.users import Orchestrator


@contextmanager
def without(iam: Any, role: str, lacks: Callable[[dict[str, Any]], bool]) -> Iterator[None]:
    """Take the statements that `lacks` names from all inline policies of a role, and give them back afterwards."""
    before = {
        name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        for name in iam.list_role_policies(RoleName=role)["PolicyNames"]
    }
    removed = 0
    for name, document in before.items():
        kept = [statement for statement in document["Statement"] if not lacks(statement)]
        removed += len(document["Statement"]) - len(kept)
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps({**document, "Statement": kept}))
    assert removed, "the role has no such statement"
    try:
        yield
    finally:
        for name, document in before.items():
            iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(document))


@pytest.fixture
def role(orchestrator: Orchestrator) -> str:
    """The name of the orchestrator's role."""
    resources = orchestrator.client("cloudformation").describe_stack_resource(
        StackName=orchestrator.deployment.stack_name, LogicalResourceId="OrchestratorRole"
    )
    return str(resources["StackResourceDetail"]["PhysicalResourceId"])


def may(action: str) -> Callable[[dict[str, Any]], bool]:
    """The statements with an action."""
    return lambda statement: action in statement["Action"]


@pytest.mark.parametrize(
    ("action", "doing"),
    [
        ("cloudformation:CreateStack", "create the stack"),
        ("iam:PassRole", "create the stack"),
        ("s3:PutObject", "let the orchestrator look at s3://"),
    ],
)
def test_the_api_says_what_aws_did_not_do_and_nothing_is_made(
    orchestrator: Orchestrator, role: str, action: str, doing: str
) -> None:
    request = orchestrator.request(f"not-allowed-{action.split(':', maxsplit=1)[0]}")

    with without(orchestrator.client("iam"), role, may(action)):
        answer = orchestrator.deployment.api.provision(request)

    assert answer.status == HTTPStatus.BAD_GATEWAY, answer.body
    assert answer.body["message"].startswith(f"AWS did not {doing}")
    assert orchestrator.stacks(request["model_name"]) == set()


def test_what_is_allowed_again_works(orchestrator: Orchestrator, role: str) -> None:
    """Lesson 20: nothing half-made stands in the way of the same call."""
    request = orchestrator.request("allowed-again")
    with without(orchestrator.client("iam"), role, may("cloudformation:CreateStack")):
        refused = orchestrator.deployment.api.provision(request)
    assert (refused.status, bool(refused.body["request_id"])) == (HTTPStatus.BAD_GATEWAY, True)

    assert len(orchestrator.executions(orchestrator.provisioned(request))) == 1
