# SPDX-License-Identifier: Apache-2.0
"""Deleting a pipeline step by step: the request, the events that carry it on, and what people are told."""

from __future__ import annotations

import pytest
from moto.core import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

from orchestrator.aws import calls
from orchestrator.aws.cloudformation import stacks
from orchestrator.aws.s3 import object_versions
from orchestrator.errors import ConflictError
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import removal_records
from tests.orchestrator.conftest import Sent
from tests.orchestrator.pipelines_there import (
    deployed_name,
    make_foreign_stack,
    make_pipeline,
    make_stack,
)
from tests.orchestrator.provisioned.removal.conftest import (
    ANNA,
    BUCKET,
    DEPLOYED,
    Delete,
    marker,
    objects_left,
    published,
    put_status,
    stack_ended,
)


def arn_of(name: str) -> str:
    found = stacks.find(name)
    assert found is not None
    return found.arn


def package(*keys: str) -> None:
    for key in keys:
        for content in (b"one", b"two"):
            calls.client("s3").put_object(Bucket=BUCKET, Key=key, Body=content)


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
        assert body["message"] == "Bad request: 1 problem. Nothing was deleted."
        assert [stacks.find(arn) is not None for arn in arns] == [True, True]


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
