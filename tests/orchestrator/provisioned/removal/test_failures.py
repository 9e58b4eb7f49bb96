# SPDX-License-Identifier: Apache-2.0
"""Deletions that do not get on: what stays, and who is told."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from orchestrator.aws import calls
from orchestrator.aws.cloudformation import stacks
from orchestrator.errors import ServiceBusyError, ServiceRefusedError
from orchestrator.provisioned import removal_records
from tests.orchestrator.conftest import Sent
from tests.orchestrator.pipelines_there import (
    make_pipeline,
    make_stack,
)
from tests.orchestrator.provisioned.removal.conftest import (
    BUCKET,
    DEPLOYED,
    Body,
    Delete,
    marker,
    objects_left,
    published,
    put_status,
    stack_ended,
)


def keep_stack(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Have deletions begin and not end; gives stack and token of each."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "orchestrator.aws.cloudformation.stack_removal.start", lambda arn, token: found.append((arn, token))
    )
    return found


class TestFailures:
    @pytest.fixture
    def failing(self, delete: Delete, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
        """A deployed stack whose deletion, which the request began, has failed; gives its ARN and the token."""
        arn, deployed = make_pipeline("churn"), make_stack(DEPLOYED)
        delete("churn")
        with monkeypatch.context() as while_it_begins:
            begun = keep_stack(while_it_begins)
            stack_ended(arn)
        ((_, token),) = begun
        put_status(deployed, "DELETE_FAILED")
        return deployed, token

    def _events(self, stub: Stubber, token: str) -> None:
        """DescribeStackEvents, newest first."""

        def event(logical: str, kind: str, status: str, reason: str, of: str = token) -> Body:
            return {
                "StackId": "s",
                "EventId": logical,
                "StackName": DEPLOYED,
                "Timestamp": datetime.now(UTC),
                "LogicalResourceId": logical,
                "ResourceType": kind,
                "ResourceStatus": status,
                "ResourceStatusReason": reason,
                "ClientRequestToken": of,
            }

        listed = [
            event(
                DEPLOYED, "AWS::CloudFormation::Stack", "DELETE_FAILED", "The following resource(s) failed to delete"
            ),
            event("Second", "AWS::IAM::Role", "DELETE_FAILED", "also"),
            event("Endpoint", "AWS::SageMaker::Endpoint", "DELETE_FAILED", "it is being updated"),
            event("Api", "AWS::ApiGateway::RestApi", "DELETE_COMPLETE", ""),
            event("Old", "AWS::S3::Bucket", "DELETE_FAILED", "of an earlier attempt", "earlier"),
        ]
        stub.add_response("describe_stack_events", {"StackEvents": listed})

    def test_people_learn_what_failed_first_and_can_ask_again(
        self, delete: Delete, failing: tuple[str, str], sent: list[Sent]
    ) -> None:
        deployed, token = failing
        with Stubber(calls.client("cloudformation")) as stub:
            missing = {"service_error_code": "ValidationError", "service_message": "Stack does not exist"}
            stub.add_client_error("describe_stacks", **missing)
            stub.add_response("describe_stacks", {"Stacks": [self._described(deployed)]})
            self._events(stub, token)
            assert stack_ended(deployed, "DELETE_FAILED") == {"deleting": True}
        (message,) = published(sent)
        assert message["Subject"] == "MLOps pipeline not deleted: churn"
        assert "Endpoint (AWS::SageMaker::Endpoint): it is being updated" in message["Message"]
        removal = marker()
        assert removal is not None
        assert "it is being updated" in removal.failure

        assert stack_ended(deployed, "DELETE_FAILED") == {"deleting": False}
        assert stack_ended(deployed, "UPDATE_COMPLETE") == {"deleting": False}
        assert len(published(sent)) == 1

        assert delete("churn")[0] == 202
        assert stack_ended(deployed) == {"deleting": True}
        assert published(sent)[1]["Subject"] == "MLOps pipeline deleted: churn"

    def _described(self, arn: str) -> Body:
        status = {"StackStatus": "DELETE_FAILED", "CreationTime": datetime.now(UTC)}
        return {"StackId": arn, "StackName": DEPLOYED, **status}

    def test_somebody_who_helps_by_hand_is_noticed(self, failing: tuple[str, str], sent: list[Sent]) -> None:
        deployed, _ = failing
        removal = marker()
        assert removal is not None
        removal_records.store(BUCKET, removal.model_copy(update={"failure": "in use"}))
        calls.client("cloudformation").delete_stack(StackName=deployed)
        assert stack_ended(deployed) == {"deleting": True}
        assert published(sent)[0]["Subject"] == "MLOps pipeline deleted: churn"

    def test_a_failure_of_an_earlier_attempt_is_tried_again(
        self, failing: tuple[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        deployed, _ = failing
        monkeypatch.setattr("orchestrator.aws.cloudformation.stack_removal.failure", lambda *_: None)
        begun = keep_stack(monkeypatch)
        stack_ended(deployed, "DELETE_FAILED")
        assert [arn for arn, _ in begun] == [deployed]

    def test_a_refusal_at_once_is_the_answer_and_leaves_no_marker(
        self, delete: Delete, monkeypatch: pytest.MonkeyPatch, sent: list[Sent]
    ) -> None:
        make_pipeline("churn")

        def refuse(*_: str) -> None:
            raise ServiceRefusedError("delete the stack", "ValidationError", "TerminationProtection is enabled")

        monkeypatch.setattr("orchestrator.aws.cloudformation.stack_removal.start", refuse)
        status, body = delete("churn")
        assert (status, body["detailedMessage"]) == (502, "ValidationError: TerminationProtection is enabled")
        assert (objects_left(), published(sent)) == (set(), [])

    def test_a_refusal_later_is_told(self, delete: Delete, monkeypatch: pytest.MonkeyPatch, sent: list[Sent]) -> None:
        arn = make_pipeline("churn")
        make_stack(DEPLOYED)
        delete("churn")

        def refuse(*_: str) -> None:
            raise ServiceRefusedError("delete the stack", "ValidationError", "TerminationProtection is enabled")

        monkeypatch.setattr("orchestrator.aws.cloudformation.stack_removal.start", refuse)
        assert stack_ended(arn) == {"deleting": True}
        assert "TerminationProtection is enabled" in published(sent)[0]["Message"]

    def test_a_busy_service_is_tried_again(self, delete: Delete, monkeypatch: pytest.MonkeyPatch) -> None:
        arn = make_pipeline("churn")
        make_stack(DEPLOYED)
        delete("churn")

        def throttle(*_: str) -> None:
            raise ServiceBusyError("delete the stack", "Throttling", "Rate exceeded")

        with monkeypatch.context() as while_busy:
            while_busy.setattr("orchestrator.aws.cloudformation.stack_removal.start", throttle)
            with pytest.raises(ServiceBusyError):
                stack_ended(arn)
        removal = marker()
        assert removal is not None
        assert removal.failure == ""
        stack_ended(arn)
        assert stacks.find(DEPLOYED) is None
