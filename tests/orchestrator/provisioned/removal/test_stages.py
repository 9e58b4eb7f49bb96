# SPDX-License-Identifier: Apache-2.0
"""Deleting a pipeline that deploys through stages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from orchestrator import api
from orchestrator.aws import calls
from orchestrator.aws.cloudformation import stacks
from orchestrator.launch.settings import MultiAccount, Settings
from orchestrator.provisioned import pipeline_stacks
from tests.orchestrator.conftest import Context, Sent
from tests.orchestrator.pipelines_there import make_multi_account_pipeline
from tests.orchestrator.provisioned.removal.conftest import Body, Delete, marker, objects_left, published, stack_ended


def operation_ended(stack_set: str, status: str = "SUCCEEDED", invocation: str = "i-1") -> Body:
    arn = f"arn:aws:cloudformation:eu-west-1:999999999999:stackset/{stack_set}:b300822a-4ab0-45cd-abc3-9db2fc239ddc"
    event = {
        "detail-type": "CloudFormation StackSet Operation Status Change",
        "source": "aws.cloudformation",
        "account": "123456789012",
        "detail": {"stack-set-arn": arn, "stack-set-operation-id": "x", "status-details": {"status": status}},
    }
    return api.handler(event, Context(invocation))  # type: ignore[arg-type]


class TestThroughStages:
    @pytest.fixture
    def asked(self, delete: Delete, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> tuple[str, dict[str, str]]:
        """A multi-account pipeline whose own stack is gone; gives its ARN and its StackSets by stage."""
        multi = replace(settings, multi_account=MultiAccount({}, "StageDeployer", "DELEGATED_ADMIN"))
        monkeypatch.setattr(api, "_settings", lambda: multi)
        arn = make_multi_account_pipeline("churn")
        found = stacks.find(arn)
        assert found is not None
        assert delete("churn")[0] == 202
        return arn, {**pipeline_stacks.of(found).stack_sets}

    @pytest.fixture
    def cloudformation(self, asked: Any) -> Iterator[Stubber]:
        """Answers one by one: the pipeline's stack is not there, then what a test says. All must be fetched."""
        with Stubber(calls.client("cloudformation")) as stub:
            yield stub
            stub.assert_no_pending_responses()

    @staticmethod
    def no_stack(stub: Stubber) -> None:
        stub.add_client_error("describe_stacks", "ValidationError", "Stack with id x does not exist")

    @staticmethod
    def no_set(stub: Stubber) -> None:
        stub.add_client_error("list_stack_instances", "StackSetNotFoundException", "not found")

    @staticmethod
    def instances(stub: Stubber, *accounts: str, last: str = "op", reason: str = "") -> None:
        common = {"Region": "eu-west-1", "Status": "CURRENT", "OrganizationalUnitId": "ou-ab12-34cd56ef"}
        told = {"LastOperationId": last, "StatusReason": reason}
        stub.add_response(
            "list_stack_instances", {"Summaries": [{"Account": one, **common, **told} for one in accounts]}
        )

    @staticmethod
    def operations(stub: Stubber, *statuses: str) -> None:
        listed = [{"OperationId": f"op-{number}", "Status": status} for number, status in enumerate(statuses)]
        stub.add_response("list_stack_set_operations", {"Summaries": listed})

    def test_instances_go_first_in_all_their_accounts(
        self, asked: tuple[str, dict[str, str]], cloudformation: Stubber
    ) -> None:
        """Lesson 57."""
        arn, sets = asked
        removal = marker()
        assert removal is not None
        self.no_stack(cloudformation)
        self.instances(cloudformation, "111122223333", "444455556666")
        self.operations(cloudformation, "SUCCEEDED")
        cloudformation.add_response(
            "delete_stack_instances",
            {"OperationId": "x"},
            {
                "StackSetName": sets["dev"],
                "CallAs": "DELEGATED_ADMIN",
                "DeploymentTargets": {"OrganizationalUnitIds": ["ou-ab12-34cd56ef"]},
                "Regions": ["eu-west-1"],
                "OperationPreferences": ANY,
                "RetainStacks": False,
                "OperationId": removal.token("instances"),
            },
        )
        self.no_set(cloudformation)
        self.no_set(cloudformation)
        stack_ended(arn)

    def test_an_operation_of_a_stage_that_still_runs_comes_first(
        self, asked: tuple[str, dict[str, str]], cloudformation: Stubber
    ) -> None:
        arn, _ = asked
        self.no_stack(cloudformation)
        self.instances(cloudformation, "111122223333")
        self.operations(cloudformation, "RUNNING")
        self.no_set(cloudformation)
        self.no_set(cloudformation)
        stack_ended(arn)

    def test_an_empty_set_goes_and_the_last_one_ends_it(
        self, asked: tuple[str, dict[str, str]], cloudformation: Stubber, sent: list[Sent]
    ) -> None:
        _, sets = asked
        self.no_stack(cloudformation)
        for name in sets.values():
            self.instances(cloudformation)
            cloudformation.add_response("delete_stack_set", {}, {"StackSetName": name, "CallAs": "DELEGATED_ADMIN"})
        assert operation_ended(sets["prod"]) == {"deleting": True}
        assert published(sent)[0]["Subject"] == "MLOps pipeline deleted: churn"
        assert objects_left() == set()

    def test_a_set_that_is_at_work_again_is_waited_for(
        self, asked: tuple[str, dict[str, str]], cloudformation: Stubber, sent: list[Sent]
    ) -> None:
        _, sets = asked
        self.no_stack(cloudformation)
        self.instances(cloudformation)
        cloudformation.add_client_error("delete_stack_set", "OperationInProgressException", "wait")
        self.no_set(cloudformation)
        self.no_set(cloudformation)
        operation_ended(sets["dev"])
        assert published(sent) == []

    def test_an_account_that_keeps_its_stack_is_named_with_the_reason(
        self, asked: tuple[str, dict[str, str]], cloudformation: Stubber, sent: list[Sent]
    ) -> None:
        """So tolerant an operation ends as SUCCEEDED, whatever happened."""
        _, sets = asked
        removal = marker()
        assert removal is not None
        self.no_stack(cloudformation)
        own = removal.token("instances")
        self.instances(cloudformation, "111122223333", "444455556666", last=own, reason="no role to assume")
        self.operations(cloudformation, "SUCCEEDED")
        operation_ended(sets["dev"])
        (message,) = published(sent)
        place = f"The StackSet {sets['dev']} still has its stack in 111122223333, eu-west-1. no role to assume."
        assert f"{place} So it is with 1 more." in message["Message"]

    def test_an_operation_of_another_set_is_nobody_s_business(self, settings: Settings) -> None:
        assert operation_ended("mlops-pipeline-x-modeltraining-dev-0a1b2c3d") == {"deleting": False}
        assert operation_ended("somebody-s") == {"deleting": False}
