# SPDX-License-Identifier: Apache-2.0
"""What a pipeline failed to make goes before it runs again, and what works or may work stays (lesson 125)."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from moto.cloudformation.models import cloudformation_backends

from orchestrator.aws import calls
from orchestrator.aws.cloudformation import stacks
from orchestrator.errors import ConflictError
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import remains

DEPLOYED = "mlops-pipeline-berths-byompipelinerealtimebuiltin"
TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})


@pytest.fixture
def pipeline(aws: None) -> stacks.Stack:
    """The stack of a pipeline that deploys another stack, which is there."""
    for name in (DEPLOYED, f"{DEPLOYED}-codepipeline"):
        calls.client("cloudformation").create_stack(StackName=name, TemplateBody=TEMPLATE)
    found = stacks.find(f"{DEPLOYED}-codepipeline")
    assert found is not None
    return replace(found, parameters={"StackName": DEPLOYED})


def put_into(settings: Settings, status: str) -> None:
    made = cloudformation_backends["123456789012"][settings.launch.region].stacks.values()
    (stack,) = (one for one in made if one.name == DEPLOYED)
    stack.status = status


def is_there() -> bool:
    found = stacks.find(DEPLOYED)
    return found is not None and not found.is_gone


@pytest.mark.parametrize("status", ["CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"])
def test_what_never_worked_goes(pipeline: stacks.Stack, settings: Settings, status: str) -> None:
    put_into(settings, status)
    remains.remove(pipeline)
    assert not is_there()


@pytest.mark.parametrize(
    "status",
    ["CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED", "UPDATE_IN_PROGRESS"],
)
def test_what_may_serve_stays(pipeline: stacks.Stack, settings: Settings, status: str) -> None:
    """After UPDATE_ROLLBACK_FAILED an endpoint answers as before: people decide what happens to it."""
    put_into(settings, status)
    remains.remove(pipeline)
    assert is_there()


def test_what_is_being_deleted_is_waited_for(pipeline: stacks.Stack, settings: Settings) -> None:
    put_into(settings, "DELETE_IN_PROGRESS")
    with pytest.raises(ConflictError, match="is being deleted"):
        remains.remove(pipeline)


def test_a_pipeline_without_a_stack_of_its_own_has_none(pipeline: stacks.Stack) -> None:
    remains.remove(replace(pipeline, parameters={}))
    assert is_there()
