# SPDX-License-Identifier: Apache-2.0
"""Carrying out a plan against moto: what is called, in which order, and what a repeat does."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.stub import Stubber

from orchestrator.aws import calls
from orchestrator.aws.cloudformation import stacks
from orchestrator.errors import ConflictError, ServiceBusyError, ServiceRefusedError
from orchestrator.launch.settings import Settings
from orchestrator.provision import Provisioned
from orchestrator.provisioned import pipeline_stacks, removal_records
from tests.orchestrator.provision.conftest import (
    BLUEPRINT,
    CREATED,
    LONG_AGO,
    NOTHING_TO_DO,
    PIPELINE_STACK,
    PIPELINE_TEMPLATE,
    RUN_AGAIN,
    STACK,
    Provision,
    execution,
    expect_start,
    operations,
)

KEY = f"provisioned/{STACK}/template.zip"


def started(sent: list[Any]) -> list[str]:
    """The tokens under which executions were started."""
    starts = (call for call in sent if call.operation == "codepipeline.StartPipelineExecution")
    return [call.parameters["clientRequestToken"] for call in starts]


def versions(settings: Settings) -> list[str]:
    """Version ids of the stored package, newest first."""
    listed = calls.client("s3").list_object_versions(Bucket=settings.launch.pipelines_bucket, Prefix=KEY)
    return [version["VersionId"] for version in listed.get("Versions", [])]


class TestNewPipeline:
    def test_it_takes_four_calls_and_the_uploads_go_first(self, provision: Provision, sent: list[Any]) -> None:
        """A stack whose source never appears cannot be left behind; templates travel with the code."""
        assert provision().message == CREATED
        assert operations(sent) == ["s3.HeadObject", "s3.PutObject", "s3.PutObject", "cloudformation.CreateStack"]

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
    def test_a_changed_request_is_one_package_and_one_start(
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
