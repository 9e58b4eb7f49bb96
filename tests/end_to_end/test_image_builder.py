# SPDX-License-Identifier: Apache-2.0
"""The image builder from the request to the recorded build, and again when its source changes.

The local AWS builds no images: what a build was started with is where this journey ends.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from mlops_orchestrator.aws.pipeline_status import PipelineStatus
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]


class Images:
    """A person with the source of an image."""

    def __init__(self, orchestrator: Orchestrator) -> None:
        self.orchestrator = orchestrator
        self._outputs = orchestrator.deployment.outputs

    def upload(self, key: str, content: bytes) -> str:
        """Upload a source, and give its version."""
        bucket = self._outputs["AssetsBucketName"]
        version: str = self.orchestrator.client("s3").put_object(Bucket=bucket, Key=key, Body=content)["VersionId"]
        return version

    def request(self, tag: str, **changes: Any) -> dict[str, Any]:
        return {
            "pipeline_type": "byom_image_builder",
            "custom_algorithm_docker": f"images/{tag}.zip",
            "ecr_repo_name": self._outputs["EcrRepositoryName"],
            "image_tag": tag,
            **changes,
        }

    def built(self, tag: str, **changes: Any) -> tuple[str, PipelineStatus]:
        """Upload, provision and follow the first execution; it must succeed."""
        self.upload(f"images/{tag}.zip", b"the first source")
        pipeline_id = self.orchestrator.provision(self.request(tag, **changes))["pipeline_id"]
        status = self.orchestrator.ended(pipeline_id)
        assert status.has_succeeded, status
        return pipeline_id, status

    def builds(self, stack_name: str) -> list[dict[str, str]]:
        """The variables of every build of a stack's project, newest first."""
        codebuild = self.orchestrator.client("codebuild")
        ids = codebuild.list_builds_for_project(projectName=stack_name)["ids"]
        found = codebuild.batch_get_builds(ids=ids)["builds"] if ids else []
        variables = {
            build["id"]: {entry["name"]: entry["value"] for entry in build["environment"]["environmentVariables"]}
            for build in found
        }
        return [variables[id_] for id_ in ids]

    def sources(self, pipeline_id: str) -> list[str]:
        """The version of the source that each execution has read, newest first."""
        executions = self.orchestrator.executions(pipeline_id)
        return [entry["sourceRevisions"][0]["revisionId"] for entry in executions if entry.get("sourceRevisions")]


@pytest.fixture(scope="module")
def images(orchestrator: Orchestrator) -> Images:
    return Images(orchestrator)


def name_of(pipeline_id: str) -> str:
    return pipeline_id.split("/")[1]


def test_a_request_becomes_a_build(images: Images) -> None:
    """Compatibility 6."""
    pipeline_id, _ = images.built("e2e-1", build_arguments={"A": "$(reboot)"})
    assert name_of(pipeline_id) == "mlops-pipeline-e2e-1-byompipelineimagebuilder"
    repository = images.request("")["ecr_repo_name"]
    (build,) = images.builds(name_of(pipeline_id))
    assert build["IMAGE_TAG"] == "e2e-1"
    assert build["IMAGE_REPO_NAME"] == repository
    assert json.loads(build["BUILD_ARGUMENTS"]) == {"A": "$(reboot)"}
    uri = images.orchestrator.outputs(name_of(pipeline_id))["CustomAlgorithmImageURI"]
    assert uri == build["IMAGE_URI"]
    assert uri.endswith(f"/{repository}:e2e-1")


def test_another_source_is_built_and_another_file_is_not(images: Images, until: Until) -> None:
    pipeline_id, _ = images.built("e2e-2")
    (first,) = images.sources(pipeline_id)
    images.upload("images/e2e-2.zip.bak", b"not this")
    second = images.upload("images/e2e-2.zip", b"the second source")
    until(lambda: images.sources(pipeline_id)[0] == second)
    assert images.sources(pipeline_id) == [second, first]


def test_a_changed_request_is_built_and_an_unchanged_one_is_not(images: Images, until: Until) -> None:
    """Lesson 34."""
    pipeline_id, _ = images.built("e2e-3")
    stack = name_of(pipeline_id)
    unchanged = images.orchestrator.provision(images.request("e2e-3"))
    assert unchanged["message"] == f"Pipeline {stack} is already provisioned. No updates are to be performed."
    request = images.request("e2e-3", build_arguments={"A": "1"})
    changed = images.orchestrator.provision(request)
    assert changed == {"message": f"Pipeline {stack} is being updated.", "pipeline_id": pipeline_id}
    until(lambda: len(images.builds(stack)) > 1)
    newest, before = images.builds(stack)
    assert (newest["BUILD_ARGUMENTS"], before["BUILD_ARGUMENTS"]) == ('{"A": "1"}', "{}")


def test_every_legal_tag_and_two_repositories_with_one_tag(images: Images) -> None:
    """Lesson 35."""
    images.orchestrator.client("ecr").create_repository(repositoryName="another/repository")
    stacks = {
        name_of(images.built(tag, **changes)[0])
        for tag, changes in [
            ("1.0", {}),
            ("v1_2", {}),
            ("e2e-4", {}),
            ("e2e-4", {"ecr_repo_name": "another/repository"}),
        ]
    }
    assert len(stacks) == 4
    assert "mlops-pipeline-e2e-4-byompipelineimagebuilder" in stacks


def test_a_source_in_the_operators_bucket_is_read_although_their_key_encrypts_it(with_options: Orchestrator) -> None:
    """Lessons 111 and 112: in the name of the pipelines' role, with the tags of the source and the bucket's ACL."""
    images = Images(with_options)
    key = with_options.client("kms").create_key(Description="of the operator's bucket")["KeyMetadata"]["Arn"]
    bucket = with_options.deployment.outputs["AssetsBucketName"]
    with_options.client("s3").put_object(
        Bucket=bucket, Key="images/keyed.zip", Body=b"", ServerSideEncryption="aws:kms", SSEKMSKeyId=key, Tagging="a=b"
    )
    pipeline_id = with_options.provision(images.request("keyed"))["pipeline_id"]
    status = with_options.ended(pipeline_id)
    assert status.has_succeeded, status


def test_a_pipeline_that_cannot_be_made_is_told_with_the_first_reason(
    images: Images, subscriber: Subscriber, until: Until
) -> None:
    """Lesson 117: its stack deletes itself, and the answer is long given."""
    codebuild = images.orchestrator.client("codebuild")
    name = "mlops-pipeline-e2e-taken-byompipelineimagebuilder"
    codebuild.create_project(
        name=name,
        source={"type": "NO_SOURCE", "buildspec": "{}"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "x", "computeType": "BUILD_GENERAL1_SMALL"},
        serviceRole="arn:aws:iam::123456789012:role/anybody",
    )
    pipeline_id = images.orchestrator.provision(images.request("e2e-taken"))["pipeline_id"]
    told = subscriber.next("could not be created", until, "e2e-taken")
    assert told.subject == "MLOps pipeline not created: e2e-taken"
    assert "ImageBuild (AWS::CodeBuild::Project): Project already exists" in told.text
    assert told.attributes["state"] == "not created"
    found = images.orchestrator.client("cloudformation").describe_stacks(StackName=pipeline_id)["Stacks"]
    assert [stack["StackStatus"] for stack in found] == ["DELETE_COMPLETE"]
    codebuild.delete_project(name=name)
