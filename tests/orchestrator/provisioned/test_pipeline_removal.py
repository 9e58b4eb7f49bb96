# SPDX-License-Identifier: Apache-2.0
"""Deleting a pipeline step by step: the request, the events that carry it on, and what people are told."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import pytest
from botocore.stub import ANY, Stubber
from moto.cloudformation.models import cloudformation_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from orchestrator import api
from orchestrator.aws import calls
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.aws.s3 import object_versions
from orchestrator.errors import ConflictError, ServiceBusyError, ServiceRefusedError
from orchestrator.launch.settings import MultiAccount, Settings
from orchestrator.provisioned import pipeline_stacks, removal_records
from orchestrator.provisioned.removal_records import Removal
from tests.orchestrator.conftest import Context, Sent
from tests.orchestrator.pipelines_there import (
    deployed_name,
    make_foreign_stack,
    make_multi_account_pipeline,
    make_pipeline,
    make_stack,
)

Body = dict[str, Any]
DEPLOYED: Final = deployed_name("churn")
BUCKET: Final = "quayside-pipelines"
ANNA: Final = "arn:aws:iam::123456789012:user/anna"


@pytest.fixture
def settings(settings: Settings, aws: None) -> Settings:
    """In moto's account, with the bucket and the topic of a launched orchestrator."""
    location = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
    calls.client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    topic = calls.client("sns").create_topic(Name="mlops-notifications")["TopicArn"]
    return replace(
        settings, deploy_role_arn="arn:aws:iam::123456789012:role/mlops-DeployRole", notifications_topic_arn=topic
    )


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> list[str]:
    """The pipelines whose executions were stopped."""
    monkeypatch.setattr(api, "_settings", lambda: settings)
    found: list[str] = []
    monkeypatch.setattr(codepipelines, "stop_running", lambda name, _: found.append(name))
    return found


Delete = Callable[[str], tuple[int, Body]]


@pytest.fixture
def delete(api_event: Callable[..., Body]) -> Delete:
    """`delete(id)`: status and body of `DELETE /pipelines/{id}`."""

    def call(given: str) -> tuple[int, Body]:
        route = {"resource": "/pipelines/{id}", "pathParameters": {"id": quote(given, safe="")}}
        event = api_event(f"/pipelines/{given}", httpMethod="DELETE", **route)
        event["requestContext"]["identity"]["userArn"] = ANNA
        answer = api.handler(event, Context())  # type: ignore[arg-type]
        return answer["statusCode"], json.loads(answer["body"])

    return call


def stack_ended(arn: str, status: str = "DELETE_COMPLETE", invocation: str = "i-1") -> Body:
    event = {
        "detail-type": "CloudFormation Stack Status Change",
        "source": "aws.cloudformation",
        "account": "123456789012",
        "detail": {"stack-id": arn, "status-details": {"status": status, "status-reason": ""}},
    }
    return api.handler(event, Context(invocation))  # type: ignore[arg-type]


def operation_ended(stack_set: str, status: str = "SUCCEEDED", invocation: str = "i-1") -> Body:
    arn = f"arn:aws:cloudformation:eu-west-1:999999999999:stackset/{stack_set}:b300822a-4ab0-45cd-abc3-9db2fc239ddc"
    event = {
        "detail-type": "CloudFormation StackSet Operation Status Change",
        "source": "aws.cloudformation",
        "account": "123456789012",
        "detail": {"stack-set-arn": arn, "stack-set-operation-id": "x", "status-details": {"status": status}},
    }
    return api.handler(event, Context(invocation))  # type: ignore[arg-type]


def arn_of(name: str) -> str:
    found = stacks.find(name)
    assert found is not None
    return found.arn


def put_status(arn: str, status: str) -> None:
    """Put a stack into a state that moto, which does everything at once, never shows."""
    cloudformation_backends["123456789012"]["eu-west-1"].stacks[arn].status = status


def keep_stack(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Have deletions begin and not end; gives stack and token of each."""
    found: list[tuple[str, str]] = []
    monkeypatch.setattr(
        "orchestrator.aws.cloudformation.stack_removal.start", lambda arn, token: found.append((arn, token))
    )
    return found


def objects_left() -> set[str]:
    listed = calls.client("s3").list_object_versions(Bucket=BUCKET)
    entries = [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]
    return {entry["Key"] for entry in entries if not entry["Key"].startswith("reported/")}


def package(*keys: str) -> None:
    for key in keys:
        for content in (b"one", b"two"):
            calls.client("s3").put_object(Bucket=BUCKET, Key=key, Body=content)


def published(sent: list[Sent]) -> list[Body]:
    return [call.parameters for call in sent if call.operation == "sns.Publish"]


def marker() -> Removal | None:
    return removal_records.find(BUCKET, DEPLOYED)


class TestInThisAccount:
    def test_it_goes_step_by_step_and_leaves_nothing_but_data(
        self, delete: Delete, sent: list[Sent], stopped: list[str]
    ) -> None:
        """Lessons 36 and 57."""
        arn, deployed = make_pipeline("churn"), make_stack(DEPLOYED)
        other = make_pipeline("churn-2")
        below, registered = f"provisioned/{DEPLOYED}/", f"provisioned/{DEPLOYED}/registrations/1.json"
        package(f"{below}template.zip", f"{below}requests/1.json", registered, "provisioned/x/template.zip")

        status, body = delete(arn)
        assert (status, body["pipeline_id"]) == (202, arn)
        assert "has begun" in body["message"]
        assert stopped == ["the-churn"]
        assert stacks.find(DEPLOYED) is not None, "what is deployed goes when nothing can deploy it again"
        removal = marker()
        assert removal is not None
        assert removal.requested_by == ANNA
        assert published(sent) == []

        assert stack_ended(arn) == {"deleting": True}
        assert stacks.find(DEPLOYED) is None
        assert published(sent) == []

        assert stack_ended(deployed) == {"deleting": True}
        (message,) = published(sent)
        assert message["Subject"] == "MLOps pipeline deleted: churn"
        assert "stay" in message["Message"]
        assert objects_left() == {registered, "provisioned/x/template.zip"}
        assert arn_of(f"{deployed_name('churn-2')}-codepipeline") == other

    def test_an_event_that_comes_twice_tells_once(self, delete: Delete, sent: list[Sent]) -> None:
        arn = make_pipeline("churn")
        delete("churn")
        removal = marker()
        assert removal is not None
        stack_ended(arn)
        removal_records.store(BUCKET, removal)
        stack_ended(arn, invocation="i-2")
        assert len(published(sent)) == 1
        assert objects_left() == set()

    def test_what_nobody_asked_to_delete_is_nobody_s_business(self, sent: list[Sent]) -> None:
        arn, deployed = make_pipeline("churn"), make_stack(DEPLOYED)
        calls.client("cloudformation").delete_stack(StackName=arn)
        assert stack_ended(arn) == {"deleting": False}
        assert arn_of(DEPLOYED) == deployed
        assert published(sent) == []

    def test_an_image_builder_is_one_stack(self, delete: Delete, sent: list[Sent]) -> None:
        arn = make_stack("mlops-pipeline-v1-byompipelineimagebuilder", PipelineName="p")
        assert delete("v1")[0] == 202
        stack_ended(arn)
        assert published(sent)[0]["Subject"] == "MLOps pipeline deleted: v1"
        assert objects_left() == set()

    @pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "CREATE_FAILED", "CREATE_IN_PROGRESS", "DELETE_FAILED"])
    def test_a_stack_that_never_had_a_pipeline_goes_too(self, delete: Delete, status: str, stopped: list[str]) -> None:
        arn = make_stack(f"{DEPLOYED}-codepipeline", {"StackName": DEPLOYED})
        put_status(arn, status)
        assert delete("churn")[0] == 202
        assert stacks.find(f"{DEPLOYED}-codepipeline") is None
        assert stopped == []

    @pytest.mark.parametrize("status", ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "ROLLBACK_IN_PROGRESS"])
    def test_the_end_of_what_cloudformation_does_comes_first(
        self, delete: Delete, status: str, sent: list[Sent]
    ) -> None:
        """A running execution has CloudFormation work on the deployed stack, also when it is stopped."""
        arn, deployed = make_pipeline("churn"), make_stack(DEPLOYED)
        delete("churn")
        put_status(deployed, status)
        stack_ended(arn)
        assert "cloudformation.DeleteStack" not in [call.operation for call in sent[-3:]]
        assert stacks.find(DEPLOYED) is not None
        put_status(deployed, "UPDATE_COMPLETE")
        stack_ended(deployed, "UPDATE_COMPLETE")
        assert stacks.find(DEPLOYED) is None


class TestAskingAgain:
    def test_it_goes_on_from_where_the_work_stands(self, delete: Delete, sent: list[Sent]) -> None:
        """The event of the pipeline's stack was lost."""
        arn, deployed = make_pipeline("churn"), make_stack(DEPLOYED)
        assert delete(arn)[0] == 202
        assert delete(arn)[0] == 202
        assert stacks.find(DEPLOYED) is None
        assert delete("churn")[0] == 202
        assert published(sent)[0]["Subject"] == "MLOps pipeline deleted: churn"
        assert delete("churn")[0] == 404
        assert delete(arn)[0] == 404
        assert stack_ended(deployed) == {"deleting": False}

    def test_what_is_not_there_cannot_be_deleted(self, delete: Delete) -> None:
        assert delete("churn")[0] == 404
        assert objects_left() == set()

    def test_a_model_with_several_pipelines_is_not_guessed(self, delete: Delete) -> None:
        arns = [make_pipeline("churn"), make_pipeline("churn", "byom_realtime_custom", "byompipelinerealtimecustom")]
        status, body = delete("churn")
        assert status == 400
        assert "has several pipelines" in body["errors"][0]["problem"]
        assert [stacks.find(arn) is not None for arn in arns] == [True, True]


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


class TestOthers:
    @pytest.mark.parametrize("given", ["churn", f"{DEPLOYED}-codepipeline"])
    def test_a_stack_that_somebody_else_made_is_not_found(self, delete: Delete, given: str) -> None:
        """The earlier solution's pipelines have the same names."""
        foreign = make_foreign_stack("churn")
        status, _ = delete(given)
        assert status == 404
        assert (arn_of(f"{DEPLOYED}-codepipeline"), marker()) == (foreign, None)

    def test_a_pipeline_that_is_being_deleted_is_not_provisioned(self, delete: Delete) -> None:
        make_pipeline("churn")
        delete("churn")
        with pytest.raises(ConflictError, match=f"Pipeline {DEPLOYED}-codepipeline is being deleted") as refused:
            removal_records.refuse_while_deleting(BUCKET, DEPLOYED)
        assert refused.value.status == 409
        removal_records.refuse_while_deleting(BUCKET, deployed_name("churn-2"))

    def test_after_a_failure_it_may_be_repaired(self, delete: Delete) -> None:
        make_pipeline("churn")
        delete("churn")
        removal = marker()
        assert removal is not None
        removal_records.store(BUCKET, removal.model_copy(update={"failure": "in use"}))
        removal_records.refuse_while_deleting(BUCKET, DEPLOYED)

    def test_a_pipeline_that_was_made_anew_is_not_touched(self, delete: Delete, sent: list[Sent]) -> None:
        """Its deletion had failed; then somebody provisioned it again, and CodePipeline replaced the broken stack."""
        make_pipeline("churn")
        delete("churn")
        removal = marker()
        assert removal is not None
        removal_records.store(BUCKET, removal.model_copy(update={"failure": "in use"}))
        again, deployed = make_pipeline("churn"), make_stack(DEPLOYED)
        package(f"provisioned/{DEPLOYED}/template.zip")
        stack_ended(deployed)
        assert (arn_of(f"{DEPLOYED}-codepipeline"), arn_of(DEPLOYED)) == (again, deployed)
        assert objects_left() == {f"provisioned/{DEPLOYED}/template.zip"}
        assert published(sent) == []


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


def test_thousands_of_versions_are_removed(settings: Settings) -> None:
    """DeleteObjects takes a thousand at once."""
    for number in range(1100):
        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].put_object(BUCKET, f"a/{number}", b"")
    package("a", "ab", "b/1")
    object_versions.purge(BUCKET, "a/", kept="a/7")
    assert objects_left() == {"a", "ab", "b/1", *(f"a/{n}" for n in range(1100) if str(n).startswith("7"))}
    object_versions.purge(BUCKET, "a", exact=True)
    assert "a" not in objects_left()
    assert "ab" in objects_left()
