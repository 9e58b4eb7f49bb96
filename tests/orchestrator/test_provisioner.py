# SPDX-License-Identifier: Apache-2.0
"""Carrying out a plan against moto: what is called, in which order, and what a repeat does."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import ANY, Stubber
from moto.cloudformation.models import cloudformation_backends

from orchestrator import provision as provisioner
from orchestrator.aws import calls
from orchestrator.aws.cloudformation import stacks
from orchestrator.errors import ConflictError, ServiceBusyError, ServiceRefusedError
from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.provision import Provisioned
from orchestrator.provisioned import pipeline_stacks, removal_records
from tests.orchestrator.conftest import Bundled

Body = dict[str, Any]
STACK = "mlops-pipeline-berth-occupancy-byompipelinerealtimebuiltin"
PIPELINE_STACK = f"{STACK}-codepipeline"
KEY = f"provisioned/{STACK}/template.zip"
BLUEPRINT = "Resources: {}\n"
CREATED = "success: stack creation started"
RUN_AGAIN = f"Pipeline {PIPELINE_STACK} is already provisioned. Updating template parameters."
NOTHING_TO_DO = f"Pipeline {PIPELINE_STACK} is already provisioned. No updates are to be performed."
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

# In place of the pipeline, which moto cannot make, a topic: the orchestrator looks at parameters and outputs only.
PIPELINE_TEMPLATE = json.dumps(
    {
        "Parameters": {
            name: {"Type": "String"}
            for name in (
                "StackName",
                "PipelinesBucket",
                "TemplateZipFileName",
                "TemplateFileName",
                "TemplateParamsName",
                "PipelineRoleArn",
                "DeployRoleArn",
            )
        },
        "Resources": {"Pipeline": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "DeployRoleArn"}}}},
        "Outputs": {"PipelineName": {"Value": "the-pipeline"}},
    }
)


RELEASE = [{"Key": "mlops:release", "Value": "mlops/0.0.9"}]
FOREIGN_TEMPLATE = json.dumps({"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}})


@pytest.fixture(autouse=True)
def launched(aws: None, settings: Settings, bundled: Bundled) -> None:
    """The bucket of a launched orchestrator, and templates that moto can make."""
    s3, bucket = calls.client("s3"), settings.launch.pipelines_bucket
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": settings.launch.region})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    bundled(
        {
            "blueprints/realtime_inference.yaml": BLUEPRINT,
            "pipelines/single_account_codepipeline.yaml": PIPELINE_TEMPLATE,
        }
    )


Provision = Callable[..., Provisioned]


@pytest.fixture
def provision(builtin: Body, settings: Settings) -> Provision:
    """`provision()`, `provision(settings=..., inference_instance=...)`."""

    def carry_out(settings: Settings = settings, **changes: Any) -> Provisioned:
        accepted = BUILT_IN.parse({**builtin, **changes}, settings.launch)
        return provisioner.provision(accepted.request.plan(settings), settings)

    return carry_out


def operations(sent: list[Any]) -> list[str]:
    return [call.operation for call in sent]


def started(sent: list[Any]) -> list[str]:
    """The tokens under which executions were started."""
    starts = (call for call in sent if call.operation == "codepipeline.StartPipelineExecution")
    return [call.parameters["clientRequestToken"] for call in starts]


def versions(settings: Settings) -> list[str]:
    """Version ids of the stored package, newest first."""
    listed = calls.client("s3").list_object_versions(Bucket=settings.launch.pipelines_bucket, Prefix=KEY)
    return [version["VersionId"] for version in listed.get("Versions", [])]


def stack_status(settings: Settings, status: str) -> None:
    """Put the only stack into a state that moto, which does everything at once, never shows."""
    (stack,) = cloudformation_backends["123456789012"][settings.launch.region].stacks.values()
    stack.status = status


def execution(version: str | None, status: str = "Succeeded", **more: Any) -> dict[str, Any]:
    """ListPipelineExecutions' answer with one execution, which has read that version of the package."""
    revisions = [{"actionName": "S3Source", "revisionId": version}] if version else []
    summary = {"pipelineExecutionId": "e-1", "status": status, "sourceRevisions": revisions, **more}
    return {"pipelineExecutionSummaries": [summary]}


def expect_start(codepipeline: Stubber) -> None:
    expected = {"name": "the-pipeline", "clientRequestToken": ANY}
    codepipeline.add_response("start_pipeline_execution", {"pipelineExecutionId": "e-2"}, expected)


class TestNewPipeline:
    def test_it_takes_three_calls_and_the_upload_goes_first(self, provision: Provision, sent: list[Any]) -> None:
        """A stack whose source never appears cannot be left behind; templates travel with the code."""
        assert provision().message == CREATED
        assert operations(sent) == ["s3.HeadObject", "s3.PutObject", "cloudformation.CreateStack"]

    def test_the_package_is_there(self, provision: Provision, settings: Settings) -> None:
        provision()
        stored = calls.client("s3").get_object(Bucket=settings.launch.pipelines_bucket, Key=KEY)
        assert stored["ContentType"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(stored["Body"].read())) as archive:
            parameters = json.loads(archive.read("template_params.json"))["Parameters"]
            assert archive.read("realtime_inference.yaml") == BLUEPRINT.encode()
        assert parameters["EndpointName"] == "berth-occupancy-live"

    def test_the_stack_is_made_of_the_bundled_template(
        self, provision: Provision, settings: Settings, sent: list[Any]
    ) -> None:
        answer = provision()
        request = sent[-1].parameters
        assert request["TemplateBody"] == PIPELINE_TEMPLATE
        assert request["RoleARN"] == settings.pipeline_stack_role_arn
        assert request["OnFailure"] == "DELETE"
        assert {"Key": "stack_name", "Value": PIPELINE_STACK} in request["Tags"]
        stack = stacks.find(PIPELINE_STACK)
        assert stack is not None
        assert stack.arn == answer.pipeline_id
        assert stack.parameters["TemplateZipFileName"] == KEY


class TestRepeat:
    def test_an_unchanged_request_changes_nothing(
        self, provision: Provision, settings: Settings, sent: list[Any], codepipeline: Stubber
    ) -> None:
        """Lesson 31."""
        first = provision()
        codepipeline.add_response("list_pipeline_executions", execution(*versions(settings)))
        before = len(sent)
        assert provision() == Provisioned(NOTHING_TO_DO, first.pipeline_id)
        changing = {"s3.PutObject", "cloudformation.UpdateStack", "codepipeline.StartPipelineExecution"}
        assert not changing & set(operations(sent[before:]))
        assert len(versions(settings)) == 1

    @pytest.mark.parametrize("status", ["InProgress", "Succeeded"])
    def test_an_execution_whose_source_is_not_read_yet_counts_when_it_started_after_the_upload(
        self, provision: Provision, codepipeline: Stubber, status: str
    ) -> None:
        provision()
        later = datetime.now(UTC) + timedelta(minutes=1)
        codepipeline.add_response("list_pipeline_executions", execution(None, status, startTime=later))
        assert provision().message == NOTHING_TO_DO

    def test_one_that_started_before_the_upload_does_not(self, provision: Provision, codepipeline: Stubber) -> None:
        provision()
        codepipeline.add_response("list_pipeline_executions", execution(None, "InProgress", startTime=LONG_AGO))
        expect_start(codepipeline)
        assert provision().message == RUN_AGAIN

    def test_a_pipeline_that_never_ran_is_started(self, provision: Provision, codepipeline: Stubber) -> None:
        provision()
        codepipeline.add_response("list_pipeline_executions", {"pipelineExecutionSummaries": []})
        expect_start(codepipeline)
        assert provision().message == RUN_AGAIN

    def test_an_interrupted_change_is_completed(
        self, provision: Provision, settings: Settings, sent: list[Any], codepipeline: Stubber
    ) -> None:
        """The change was uploaded, then starting the pipeline failed: the repeat starts it and uploads nothing."""
        provision()
        (old,) = versions(settings)
        codepipeline.add_response("list_pipeline_executions", execution(old))
        codepipeline.add_client_error("start_pipeline_execution", "InternalFailure", http_status_code=500)
        with pytest.raises(ServiceRefusedError):
            provision(inference_instance="ml.m5.xlarge")
        codepipeline.add_response("list_pipeline_executions", execution(old))
        expect_start(codepipeline)
        before = len(sent)
        assert provision(inference_instance="ml.m5.xlarge").message == RUN_AGAIN
        assert "s3.PutObject" not in operations(sent[before:])

    @pytest.mark.parametrize("status", ["Failed", "Stopped", "Cancelled"])
    def test_a_failed_execution_is_repeated_under_another_token(
        self, provision: Provision, settings: Settings, sent: list[Any], codepipeline: Stubber, status: str
    ) -> None:
        """The same token would make CodePipeline answer with the failed execution."""
        provision()
        for outcome in ("Succeeded", status):
            version = "an-older-one" if outcome == "Succeeded" else versions(settings)[0]
            codepipeline.add_response("list_pipeline_executions", execution(version, outcome))
            expect_start(codepipeline)
            assert provision().message == RUN_AGAIN
        tokens = [
            call.parameters["clientRequestToken"] for call in sent if call.operation.endswith("StartPipelineExecution")
        ]
        assert len(set(tokens)) == 2

    def test_an_immediate_repeat_of_a_start_has_the_same_token(
        self, provision: Provision, sent: list[Any], codepipeline: Stubber
    ) -> None:
        provision()
        for _ in range(2):
            codepipeline.add_response("list_pipeline_executions", execution("an-older-one"))
            expect_start(codepipeline)
            provision()
        first, second = started(sent)
        assert first == second


class TestChange:
    def test_a_changed_request_is_one_upload_and_one_start(
        self, provision: Provision, settings: Settings, sent: list[Any], codepipeline: Stubber
    ) -> None:
        first = provision()
        codepipeline.add_response("list_pipeline_executions", execution(*versions(settings)))
        expect_start(codepipeline)
        before = len(sent)
        assert provision(inference_instance="ml.m5.xlarge") == Provisioned(RUN_AGAIN, first.pipeline_id)
        assert operations(sent[before:]) == [
            "s3.HeadObject",
            "s3.ListObjectsV2",
            "s3.PutObject",
            "cloudformation.CreateStack",
            "cloudformation.DescribeStacks",
            "codepipeline.ListPipelineExecutions",
            "codepipeline.StartPipelineExecution",
        ]
        assert len(versions(settings)) == 2

    def test_a_changed_root_stack_updates_the_pipeline(self, provision: Provision, settings: Settings) -> None:
        """Lesson 33: the stacks of existing pipelines were never updated."""
        first = provision()
        upgraded = replace(settings, artifact_prefix="mlops/0.2.0", deploy_role_arn=settings.deploy_role_arn + "2")
        assert provision(settings=upgraded) == Provisioned(
            f"Pipeline {PIPELINE_STACK} is being updated.", first.pipeline_id
        )
        stack = stacks.find(PIPELINE_STACK)
        assert stack is not None
        assert stack.parameters["DeployRoleArn"] == upgraded.deploy_role_arn
        assert stack.tags["mlops:release"] == "mlops/0.2.0"


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


class TestDeletion:
    @pytest.mark.parametrize("is_gone", [False, True])
    def test_a_pipeline_that_is_being_deleted_is_not_touched(
        self, provision: Provision, settings: Settings, is_gone: bool
    ) -> None:
        """Its stack may be gone when what it deployed is not."""
        arn = provision().pipeline_id
        stack, stored = stacks.find(arn), versions(settings)
        assert stack is not None
        removal_records.store(
            settings.launch.pipelines_bucket, removal_records.begin(pipeline_stacks.of(stack), "anna")
        )
        if is_gone:
            calls.client("cloudformation").delete_stack(StackName=arn)
        with pytest.raises(ConflictError, match="is being deleted") as refused:
            provision(inference_instance="ml.m5.xlarge")
        assert refused.value.status == 409
        assert versions(settings) == stored

    def test_its_stack_says_what_the_pipeline_is_for(self, provision: Provision) -> None:
        """Lesson 36: that is what the list of pipelines tells."""
        stack = stacks.find(provision().pipeline_id)
        assert stack is not None
        assert (stack.tags["pipeline_type"], stack.tags["model_name"]) == ("byom_realtime_builtin", "berth-occupancy")


class TestRefusalsByAws:
    def test_a_refused_creation_is_completed_by_the_repeat(self, provision: Provision, sent: list[Any]) -> None:
        with Stubber(calls.client("cloudformation")) as cloudformation:
            cloudformation.add_client_error("create_stack", "AccessDenied", "not authorized", http_status_code=403)
            with pytest.raises(ServiceRefusedError, match=f"AWS did not create the stack {PIPELINE_STACK}") as refused:
                provision()
        assert (refused.value.status, refused.value.detail) == (502, "AccessDenied: not authorized")
        before = len(sent)
        assert provision().message == CREATED
        assert operations(sent[before:]) == ["s3.HeadObject", "s3.ListObjectsV2", "cloudformation.CreateStack"]

    def test_without_an_upload_no_stack_is_made(self, provision: Provision, settings: Settings) -> None:
        """Lesson 20."""
        gone = replace(settings, launch=replace(settings.launch, pipelines_bucket="quayside-gone"))
        with pytest.raises(ServiceRefusedError) as refused:
            provision(settings=gone)
        assert refused.value.status == 502
        assert stacks.find(PIPELINE_STACK) is None

    @pytest.mark.parametrize(
        ("code", "status"),
        [("Throttling", 400), ("ThrottlingException", 400), ("RequestLimitExceeded", 503), ("Whatever", 429)],
    )
    def test_throttling_is_a_503(self, provision: Provision, code: str, status: int) -> None:
        with Stubber(calls.client("cloudformation")) as cloudformation:
            cloudformation.add_client_error("create_stack", code, "Rate exceeded", http_status_code=status)
            with pytest.raises(ServiceBusyError) as busy:
                provision()
        assert (busy.value.status, busy.value.detail) == (503, f"{code}: Rate exceeded")

    def test_an_unreachable_service_is_a_503(self, provision: Provision) -> None:
        def unreachable(**_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://s3.eu-west-1.amazonaws.com")

        calls.client("s3").meta.events.register_first("before-call.s3.HeadObject", unreachable)
        with pytest.raises(ServiceBusyError, match="AWS did not let the orchestrator look at") as busy:
            provision()
        assert busy.value.status == 503
