# SPDX-License-Identifier: Apache-2.0
"""Provisioning when the pipeline's stack is there already: being made, broken, or somebody else's."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import Stubber
from moto.cloudformation.models import cloudformation_backends

from orchestrator.aws import calls
from orchestrator.aws.cloudformation import stacks
from orchestrator.errors import ConflictError, ServiceRefusedError
from orchestrator.launch.settings import Settings
from orchestrator.provision import Provisioned
from tests.orchestrator.provision.conftest import (
    CREATED,
    LONG_AGO,
    NOTHING_TO_DO,
    PIPELINE_STACK,
    RUN_AGAIN,
    Provision,
    execution,
    expect_start,
    operations,
)

RELEASE = [{"Key": "mlops:release", "Value": "mlops/0.0.9"}]
FOREIGN_TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})


def stack_status(settings: Settings, status: str) -> None:
    """Put the only stack into a state that moto, which does everything at once, never shows."""
    (stack,) = cloudformation_backends["123456789012"][settings.launch.region].stacks.values()
    stack.status = status


class TestStackStates:
    @pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"])
    def test_an_unchanged_request_leaves_a_stack_that_is_being_made_alone(
        self, provision: Provision, settings: Settings, status: str
    ) -> None:
        first = provision()
        stack_status(settings, status)
        assert provision() == Provisioned(NOTHING_TO_DO, first.pipeline_id)

    @pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"])
    def test_a_changed_request_must_wait_for_it(self, provision: Provision, settings: Settings, status: str) -> None:
        provision()
        stack_status(settings, status)
        with pytest.raises(ConflictError, match=f"{PIPELINE_STACK} is in {status}. Repeat the request when"):
            provision(inference_instance="ml.m5.xlarge")

    @pytest.mark.parametrize("status", ["DELETE_IN_PROGRESS", "ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS"])
    def test_a_stack_that_is_being_undone_is_a_conflict(
        self, provision: Provision, settings: Settings, status: str
    ) -> None:
        provision()
        stack_status(settings, status)
        with pytest.raises(ConflictError, match=status):
            provision()

    @pytest.mark.parametrize(
        "status", ["ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED", "UPDATE_ROLLBACK_FAILED", "DELETE_FAILED"]
    )
    def test_a_broken_stack_is_replaced(self, provision: Provision, settings: Settings, status: str) -> None:
        """Lesson 33."""
        broken = provision()
        stack_status(settings, status)
        repaired = provision()
        assert repaired.message == CREATED
        assert repaired.pipeline_id != broken.pipeline_id

    @pytest.mark.parametrize("status", ["UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"])
    def test_a_stack_that_kept_its_pipeline_is_used(
        self, provision: Provision, settings: Settings, codepipeline: Stubber, status: str
    ) -> None:
        first = provision()
        stack_status(settings, status)
        codepipeline.add_response("list_pipeline_executions", execution("an-older-one"))
        expect_start(codepipeline)
        assert provision() == Provisioned(RUN_AGAIN, first.pipeline_id)

    def test_a_broken_stack_that_takes_long_to_delete_is_a_conflict(
        self, provision: Provision, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stacks, "_REMOVAL_POLL_SECONDS", 0)
        arn = f"arn:aws:cloudformation:eu-west-1:123456789012:stack/{PIPELINE_STACK}/1"
        described = {"StackName": PIPELINE_STACK, "StackId": arn, "CreationTime": LONG_AGO, "Tags": RELEASE}
        with Stubber(calls.client("cloudformation")) as cloudformation:
            cloudformation.add_client_error("create_stack", "AlreadyExistsException")
            broken = {"Stacks": [{**described, "StackStatus": "ROLLBACK_COMPLETE"}]}
            cloudformation.add_response("describe_stacks", broken, {"StackName": PIPELINE_STACK})
            cloudformation.add_response("delete_stack", {}, {"StackName": arn})
            for _ in range(stacks._REMOVAL_POLLS):
                deleting = {"Stacks": [{**described, "StackStatus": "DELETE_IN_PROGRESS"}]}
                cloudformation.add_response("describe_stacks", deleting, {"StackName": arn})
            with pytest.raises(ConflictError, match="being deleted"):
                provision()
            cloudformation.assert_no_pending_responses()

    @pytest.mark.parametrize("status", ["CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"])
    def test_a_package_newer_than_the_change_must_wait_too(
        self, provision: Provision, settings: Settings, status: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The pipeline that is being made may have read the older one: "nothing to do" would lose the request."""
        provision()
        stack_status(settings, status)
        found = stacks.find(PIPELINE_STACK)
        assert found is not None
        monkeypatch.setattr(stacks, "find", lambda _: replace(found, changed_at=LONG_AGO))
        with pytest.raises(ConflictError, match=status):
            provision()

    def test_a_broken_stack_that_cannot_be_deleted_is_told_with_the_reason(
        self, provision: Provision, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stacks, "_REMOVAL_POLL_SECONDS", 0)
        arn = f"arn:aws:cloudformation:eu-west-1:123456789012:stack/{PIPELINE_STACK}/1"
        described = {"StackName": PIPELINE_STACK, "StackId": arn, "CreationTime": LONG_AGO, "Tags": RELEASE}
        with Stubber(calls.client("cloudformation")) as cloudformation:
            cloudformation.add_client_error("create_stack", "AlreadyExistsException")
            broken = {"Stacks": [{**described, "StackStatus": "ROLLBACK_COMPLETE"}]}
            cloudformation.add_response("describe_stacks", broken)
            cloudformation.add_response("delete_stack", {})
            failed = {"StackStatus": "DELETE_FAILED", "StackStatusReason": "the role is gone"}
            cloudformation.add_response("describe_stacks", {"Stacks": [{**described, **failed}]})
            with pytest.raises(ServiceRefusedError) as refused:
                provision()
        assert refused.value.detail == "DELETE_FAILED: the role is gone"

    @pytest.mark.parametrize("status", ["CREATE_COMPLETE", "ROLLBACK_COMPLETE"])
    def test_a_stack_that_somebody_else_made_is_left_alone(
        self, provision: Provision, settings: Settings, sent: list[Any], status: str
    ) -> None:
        """The earlier solution's pipelines have the same names."""
        calls.client("cloudformation").create_stack(StackName=PIPELINE_STACK, TemplateBody=FOREIGN_TEMPLATE)
        stack_status(settings, status)
        sent.clear()
        with pytest.raises(ConflictError, match="was not made by this orchestrator"):
            provision()
        changes = {"cloudformation.UpdateStack", "cloudformation.DeleteStack"}
        assert not changes & set(operations(sent))

    def test_a_stack_deleted_meanwhile_is_a_conflict(self, provision: Provision) -> None:
        with Stubber(calls.client("cloudformation")) as cloudformation:
            cloudformation.add_client_error("create_stack", "AlreadyExistsException")
            cloudformation.add_client_error("describe_stacks", "ValidationError", "Stack with id x does not exist")
            with pytest.raises(ConflictError, match="was deleted just now"):
                provision()
