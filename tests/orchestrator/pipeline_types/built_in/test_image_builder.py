# SPDX-License-Identifier: Apache-2.0
"""The image builder: what requests mean, how stacks are called, what a repeat does (compatibility 3.13, 6)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from moto.cloudformation.models import cloudformation_backends

from orchestrator import provision as provisioner
from orchestrator import service
from orchestrator.aws import calls
from orchestrator.aws.cloudformation import stacks
from orchestrator.errors import ConflictError
from orchestrator.launch.settings import Launch, MultiAccount, Settings
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.pipeline_types.built_in.image_builder import ImageBuilderParameters
from orchestrator.plan.plan import Deployment
from orchestrator.provision import Provisioned
from tests.orchestrator.conftest import Bundled, read_json
from tests.orchestrator.requesting import GONE, Body, accept, changed, problems_of

PLAIN = "mlops-pipeline-v1-byompipelineimagebuilder"
CREATED = "success: stack creation started"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mlops/docker-hub-AbCdEf"


@pytest.fixture
def builder() -> Body:
    body: Body = read_json("requests/byom_image_builder.json")
    return body


def deployment_of(body: Body, settings: Settings, **changes: Any) -> Deployment:
    return accept(body, settings.launch, **changes).request.planned_deployment(settings)


def names_of(body: Body, settings: Settings, **changes: Any) -> list[str]:
    """The names that its stack may have, by preference."""
    deployments = accept(body, settings.launch, **changes).request.deployments(settings)
    return [deployment.pipeline_stack_name for deployment in deployments]


def parameters_of(body: Body, settings: Settings, **changes: Any) -> dict[str, str]:
    return dict(deployment_of(body, settings, **changes).pipeline_parameters)


WRONG = [
    ("image_tag", GONE, "is required: tag of the image"),
    ("image_tag", "", "must be 128 letters, digits, underscores, periods and hyphens at most"),
    ("image_tag", "-v1", "not beginning with a period or a hyphen"),
    ("image_tag", ".1", "not beginning with a period or a hyphen"),
    ("image_tag", "v" * 129, "128 letters"),
    ("image_tag", "v1;reboot", 'got "v1;reboot"'),
    ("image_tag", "$(reboot)", "must be 128 letters"),
    ("image_tag", "v1\n", "must be 128 letters"),
    ("image_tag", 1, "must be 128 letters"),
    ("ecr_repo_name", GONE, "is required: repository that receives the image; it must exist"),
    ("ecr_repo_name", "Images", "the name of an Amazon ECR repository, such as my-images, in lower case"),
    ("ecr_repo_name", "images:v1", "the name of an Amazon ECR repository"),
    ("ecr_repo_name", "images`id`", "the name of an Amazon ECR repository"),
    ("ecr_repo_name", {"dev": "a", "staging": "b", "prod": "c"}, "the name of an Amazon ECR repository"),
    ("custom_algorithm_docker", GONE, "is required: zip with the Dockerfile at its root"),
    ("custom_algorithm_docker", "", "the key of a zip in the assets bucket"),
    ("custom_algorithm_docker", "s3://b/*.zip", "without bucket and s3://"),
    ("custom_algorithm_docker", "s3://bucket/image.zip", "without bucket and s3://"),
    ("build_arguments", ["A=1"], "must be an object of strings"),
    ("build_arguments", {"A": 1}, "must be an object of strings"),
    ("build_arguments", {"A": "x" * 4096}, "must be 9 characters shorter to fit CloudFormation"),
    ("build_arguments.A B", {"A B": "1"}, "must be letters, digits and underscores, not beginning with a digit"),
    ("build_arguments.1A", {"1A": "1"}, "not beginning with a digit"),
    ("build_arguments.A=$(id) --push", {"A=$(id) --push": "1"}, "must be letters, digits and underscores"),
    ("build_arguments.A", {"A": "x\0"}, "must not contain the character NUL"),
    ("build_arguments.BUILDKIT_SYNTAX", {"BUILDKIT_SYNTAX": "evil/frontend"}, "is an order to the builder"),
    ("build_arguments.Buildkit_Inline_Cache", {"Buildkit_Inline_Cache": "1"}, "is an order to the builder"),
    ("registry_credentials_secret_arn", "docker-hub", "must be the ARN of a Secrets Manager secret"),
    ("registry_credentials_secret_arn", f"{SECRET}:username", "must be the ARN of a Secrets Manager secret"),
]


@pytest.mark.parametrize(("key", "value", "words"), WRONG)
def test_what_is_wrong_is_explained(builder: Body, launch: Launch, key: str, value: Any, words: str) -> None:
    """Lesson 35: a tag that cannot be right is explained, not mangled."""
    found = problems_of(changed(builder, {key.partition(".")[0]: value}), launch)
    assert list(found) == [key]
    assert words in found[key]


def test_a_key_of_other_types_has_no_meaning(builder: Body, launch: Launch) -> None:
    accepted = accept(builder, launch, model_name="berths")
    assert accepted.warnings == ("model_name has no meaning for byom_image_builder and is ignored",)


NAMES = [
    ("images", "v1", PLAIN),
    ("images", "R7", "mlops-pipeline-r7-byompipelineimagebuilder"),
    ("images", "2026-11-", "mlops-pipeline-2026-11--byompipelineimagebuilder"),
    ("images", "t" * 88, f"mlops-pipeline-{'t' * 88}-byompipelineimagebuilder"),
    ("images", "t" * 89, f"mlops-pipeline-{'t' * 40}-800073b26df6-byompipelineimagebuilder"),
    ("images", "1.0", "mlops-pipeline-1-0-a5ccd3771654-byompipelineimagebuilder"),
    ("images", "1_0", "mlops-pipeline-1-0-849578eecfa7-byompipelineimagebuilder"),
    ("images", "v1_2", "mlops-pipeline-v1-2-e1fee42d92bd-byompipelineimagebuilder"),
    ("images", "_", "mlops-pipeline-683dfd5c9d3c-byompipelineimagebuilder"),
    ("team/images", "1.0", "mlops-pipeline-1-0-b77d2a946460-byompipelineimagebuilder"),
]


@pytest.mark.parametrize(("repository", "tag", "name"), NAMES)
def test_every_legal_tag_has_a_name(builder: Body, settings: Settings, repository: str, tag: str, name: str) -> None:
    """Lesson 35; compatibility 2.5 for tags of letters, digits and hyphens."""
    deployment = deployment_of(builder, settings, ecr_repo_name=repository, image_tag=tag)
    assert deployment.stack_name == deployment.pipeline_stack_name == name


def test_no_two_images_share_all_their_names(builder: Body, settings: Settings) -> None:
    images = [(repository, tag) for repository in ("aa", "bb") for tag in ("1.0", "1-0", "1_0", "r7", "R7", "v" * 128)]
    last = {names_of(builder, settings, ecr_repo_name=r, image_tag=t)[-1] for r, t in images}
    assert len(last) == len(images)
    assert all(len(name) <= 128 for name in last)


class TestParameters:
    def test_they_are_as_promised_and_what_the_stack_needs(self, builder: Body, settings: Settings) -> None:
        parameters = parameters_of(builder, settings, registry_credentials_secret_arn=SECRET)
        digest = parameters.pop("RequestDigest")
        assert len(digest) == 64
        assert parameters == {
            "AssetsBucket": "quayside-assets",
            "CustomImage": "images/berth-vision/source.zip",
            "ECRRepoName": "quayside-images",
            "ImageTag": "v1",
            "BuildArguments": '{"EXTRA_PACKAGES": "pillow onnxruntime", "PYTHON_VERSION": "3.12"}',
            "RegistryCredentialsSecretArn": SECRET,
            "SourceArtifact": hashlib.sha256(b"quayside-images:v1").hexdigest()[:10],
            "PipelinesBucket": "quayside-pipelines",
            "PipelineRoleArn": settings.pipeline_role_arn,
            "PipelineStartRoleArn": settings.pipeline_start_role_arn,
            "RolePath": "/",
            "PermissionsBoundaryName": "",
            "AllowedArns": "*",
            "AllowedAccounts": "*",
            "LogRetentionDays": "365",
            "LogKmsKeyArn": "",
        }

    @pytest.mark.parametrize("launched", ["single", "multi"])
    def test_it_is_one_stack_in_either_kind_of_launch(self, builder: Body, settings: Settings, launched: str) -> None:
        """Compatibility 2.6."""
        if launched == "multi":
            options = replace(settings.launch, multi_account=True)
            settings = replace(settings, launch=options, multi_account=MultiAccount({}, "StageDeployer"))
        deployment = deployment_of(builder, settings)
        assert deployment.pipeline_template == "pipelines/image_builder.yaml"
        assert deployment.blueprint is None

    def test_another_build_has_another_digest_and_the_order_of_arguments_is_none(
        self, builder: Body, settings: Settings
    ) -> None:
        """The pipeline's definition must change whenever the build does: CodePipeline then runs it."""

        def digest(**changes: Any) -> str:
            return parameters_of(builder, settings, **changes)["RequestDigest"]

        reversed_arguments = dict(reversed(builder["build_arguments"].items()))
        assert digest(build_arguments=reversed_arguments) == digest()
        others = [
            digest(build_arguments={}),
            digest(registry_credentials_secret_arn=SECRET),
            digest(custom_algorithm_docker="another.zip"),
        ]
        assert len({digest(), *others}) == 4

    @pytest.mark.parametrize(
        "value",
        [
            "{{resolve:secretsmanager:x}}",
            "{{{",
            "{" * 9,
            "Grüße 🚢",
            'a "b" $(c) `d`',
            "line\nline\t",
            "${AWS::AccountId}",
        ],
    )
    def test_a_build_argument_arrives_as_it_was(self, builder: Body, settings: Settings, value: str) -> None:
        """CloudFormation replaces `{{resolve:...}}` also in values of parameters: that would read secrets."""
        text = parameters_of(builder, settings, build_arguments={"A": value})["BuildArguments"]
        assert json.loads(text) == {"A": value}
        assert "{{" not in text
        ImageBuilderParameters.model_validate({**parameters_of(builder, settings), "BuildArguments": text})

    def test_a_dry_run_shows_them(self, builder: Body, settings: Settings) -> None:
        plan = service.provision_pipeline({**builder, "dry_run": True}, settings)["plan"]
        assert plan["stack_name"] == plan["pipeline_stack_name"] == PLAIN
        assert len(plan["pipeline_stack_names_if_taken"]) == 1
        assert plan["pipeline_parameters"] == parameters_of(builder, settings)
        assert "package_key" not in plan


TEMPLATE = json.dumps(
    {
        "Parameters": {name: {"Type": "String"} for name in ImageBuilderParameters.model_fields},
        "Resources": {"Pipeline": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "CustomImage"}}}},
        "Outputs": {"PipelineName": {"Value": "the-pipeline"}},
    }
)
Provision = Callable[..., Provisioned]


@pytest.fixture
def provision(aws: None, builder: Body, settings: Settings, bundled: Bundled) -> Provision:
    """`provision(image_tag=...)`; a topic stands for the pipeline, which moto cannot make."""
    bundled({"pipelines/image_builder.yaml": TEMPLATE})

    def carry_out(**changes: Any) -> Provisioned:
        accepted = BUILT_IN.parse({**builder, **changes}, settings.launch)
        return provisioner.provision(accepted.request.plan(settings), settings)

    return carry_out


def stack_status(settings: Settings, status: str) -> None:
    (stack,) = cloudformation_backends["123456789012"][settings.launch.region].stacks.values()
    stack.status = status


def name_in(provisioned: Provisioned) -> str:
    return provisioned.pipeline_id.split("/")[1]


class TestProvisioning:
    def test_a_new_one_is_made_without_a_package(self, provision: Provision, sent: list[Any]) -> None:
        assert provision().message == CREATED
        looked_at = ["cloudformation.DescribeStacks"] * 2
        assert [call.operation for call in sent] == [*looked_at, "cloudformation.CreateStack"]
        assert sent[-1].parameters["StackName"] == PLAIN

    def test_an_unchanged_repeat_changes_nothing(self, provision: Provision) -> None:
        """Compatibility 2.2."""
        first = provision()
        message = f"Pipeline {PLAIN} is already provisioned. No updates are to be performed."
        assert provision() == Provisioned(message, first.pipeline_id)

    @pytest.mark.parametrize(
        ("key", "value"),
        [("custom_algorithm_docker", "b.zip"), ("build_arguments", {}), ("registry_credentials_secret_arn", SECRET)],
    )
    def test_a_change_updates_the_stack(self, provision: Provision, key: str, value: Any) -> None:
        """Lesson 34; compatibility 2.2."""
        first = provision()
        assert provision(**{key: value}) == Provisioned(f"Pipeline {PLAIN} is being updated.", first.pipeline_id)
        again = provision(**{key: value})
        assert again.message == f"Pipeline {PLAIN} is already provisioned. No updates are to be performed."

    def test_two_repositories_can_have_the_same_tag(self, provision: Provision) -> None:
        """Lesson 35: the second one overwrote the first."""
        first = provision()
        second = provision(ecr_repo_name="another")
        assert (second.message, name_in(first)) == (CREATED, PLAIN)
        assert name_in(second) != PLAIN
        found = stacks.find(PLAIN)
        assert found is not None
        assert found.parameters["ECRRepoName"] == "quayside-images"
        for repository, name in (("quayside-images", PLAIN), ("another", name_in(second))):
            repeated = provision(ecr_repo_name=repository)
            assert repeated.message == f"Pipeline {name} is already provisioned. No updates are to be performed."

    def test_tags_that_differ_in_case_are_different(self, provision: Provision) -> None:
        assert name_in(provision(image_tag="V1")) != name_in(provision(image_tag="v1"))

    def test_a_pipeline_keeps_its_name_when_a_better_one_becomes_free(self, provision: Provision) -> None:
        """It would be made twice, and push one image twice."""
        provision()
        second = provision(ecr_repo_name="another")
        calls.client("cloudformation").delete_stack(StackName=PLAIN)
        assert provision(ecr_repo_name="another").pipeline_id == second.pipeline_id

    def test_names_that_are_all_taken_are_told(self, provision: Provision, builder: Body, settings: Settings) -> None:
        """A plain tag can look like the derived name of another image."""
        _, derived = names_of(builder, settings)
        infix = derived.removeprefix("mlops-pipeline-").removesuffix("-byompipelineimagebuilder")
        assert name_in(provision(ecr_repo_name="another")) == PLAIN
        assert name_in(provision(image_tag=infix)) == derived
        with pytest.raises(ConflictError, match="belong to other pipelines"):
            provision()

    def test_an_unchanged_request_waits_for_nothing(self, provision: Provision, settings: Settings) -> None:
        first = provision()
        stack_status(settings, "CREATE_IN_PROGRESS")
        assert provision().pipeline_id == first.pipeline_id

    def test_a_changed_request_waits_for_the_stack(self, provision: Provision, settings: Settings) -> None:
        """It would be told that there is nothing to do while another request is carried out."""
        provision()
        stack_status(settings, "UPDATE_IN_PROGRESS")
        with pytest.raises(ConflictError, match=f"{PLAIN} is in UPDATE_IN_PROGRESS"):
            provision(build_arguments={})

    @pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED"])
    def test_a_broken_stack_is_replaced(self, provision: Provision, settings: Settings, status: str) -> None:
        broken = provision()
        stack_status(settings, status)
        repaired = provision()
        assert (repaired.message, name_in(repaired)) == (CREATED, PLAIN)
        assert repaired.pipeline_id != broken.pipeline_id
