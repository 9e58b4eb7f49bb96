# SPDX-License-Identifier: Apache-2.0
"""The launch with what an organization asks for: it reaches the root stack and everything that its pipelines make.

The last change of the launch comes after all that has been looked at as it was launched, in whatever order tests come.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from scripts.launch import launch
from scripts.launch.launch import Launching
from scripts.launch.launch_parameters import LaunchParameterError
from tests.end_to_end import options
from tests.end_to_end.options import STACK, TAGS, Given
from tests.end_to_end.users import Nobody, Orchestrator

NAME: Final = "optional"
ENDPOINT: Final = "optional-live"
DEPLOYED: Final = f"mlops-pipeline-{NAME}-byompipelinerealtimebuiltin"
OF_BUNDLE: Final = {"BucketEvents", "Orchestrator"}


@pytest.fixture(scope="module")
def request_body(with_options: Orchestrator, package: str) -> dict[str, Any]:
    own_keys = dict.fromkeys(("model_framework", "model_framework_version", "model_artifact_location"))
    return with_options.request(NAME, endpoint_name=ENDPOINT, model_package_name=package, **own_keys)


@pytest.fixture(scope="module")
def pipeline_id(with_options: Orchestrator, request_body: dict[str, Any]) -> str:
    return with_options.provisioned(request_body)


def resources(orchestrator: Orchestrator, stack: str, kind: str) -> list[str]:
    """Physical ids of a stack's resources of a type."""
    found = orchestrator.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    return [resource["PhysicalResourceId"] for resource in found if resource["ResourceType"] == kind]


def functions(orchestrator: Orchestrator, stack: str) -> dict[str, dict[str, Any]]:
    """Logical id -> configuration of each function of a stack."""
    found = orchestrator.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    client = orchestrator.client("lambda")
    return {
        one["LogicalResourceId"]: client.get_function_configuration(FunctionName=one["PhysicalResourceId"])
        for one in found
        if one["ResourceType"] == "AWS::Lambda::Function"
    }


def log_groups(orchestrator: Orchestrator, stack: str) -> list[dict[str, Any]]:
    logs, names = orchestrator.client("logs"), resources(orchestrator, stack, "AWS::Logs::LogGroup")
    return [logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0] for name in names]


def key_of_topic(orchestrator: Orchestrator) -> str:
    topic = orchestrator.deployment.outputs["NotificationsTopicArn"]
    attributes = orchestrator.client("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
    return str(attributes["KmsMasterKeyId"])


def key_of_repository(orchestrator: Orchestrator) -> str:
    name = orchestrator.deployment.outputs["EcrRepositoryName"]
    (repository,) = orchestrator.client("ecr").describe_repositories(repositoryNames=[name])["repositories"]
    return str(repository["encryptionConfiguration"]["kmsKey"])


class TestWhatRequestsMayName:
    """The pipeline of this launch works: its data lie in the assets bucket, which is always allowed."""

    def problem(self, with_options: Orchestrator, body: dict[str, Any], **changes: Any) -> str:
        answer = with_options.deployment.api.provision({**body, "model_name": "refused", **changes})
        assert answer.status == 400, answer.body
        (error,) = answer.body["errors"]
        assert error["key"] in changes
        return str(error["problem"])

    def test_what_is_outside_is_refused_with_the_parameter(
        self, with_options: Orchestrator, request_body: dict[str, Any]
    ) -> None:
        found = self.problem(with_options, request_body, data_capture_location="prod-payroll/x")
        assert "the launch parameter AllowedBuckets allows: harbour-*" in found
        key = f"arn:aws:kms:us-east-1:{with_options.deployment.aws.account}:alias/payroll"
        found = self.problem(with_options, request_body, kms_key_arn=key)
        assert "the launch parameter AllowedKeys allows: alias/harbour-*" in found

    def test_no_location_lies_in_a_bucket_of_the_orchestrator(
        self, with_options: Orchestrator, request_body: dict[str, Any]
    ) -> None:
        parameters = with_options.stack(STACK)["Parameters"]
        (artifacts,) = [one["ParameterValue"] for one in parameters if one["ParameterKey"] == "ArtifactBucket"]
        pipelines = with_options.deployment.outputs["PipelinesBucketName"]
        for bucket in (artifacts, pipelines, options.CONFIGURATIONS):
            found = self.problem(with_options, request_body, data_capture_location=f"{bucket}/mlops/blueprints")
            assert found.startswith(f"must not lie in {bucket}, a bucket of the orchestrator itself")

    def test_roles_are_kept_within_it(self, with_options: Orchestrator, pipeline_id: str) -> None:
        """The root stack's by a managed policy, those of a pipeline by what its request was given."""
        (policy,) = [arn for arn in resources(with_options, STACK, "AWS::IAM::ManagedPolicy") if "RequestReach" in arn]
        iam, kept = with_options.client("iam"), set()
        for role in resources(with_options, STACK, "AWS::IAM::Role"):
            attached = iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]
            if policy in [one["PolicyArn"] for one in attached]:
                kept.add(role.split("-")[2])
        assert kept == {"DeployRole", "OrchestratorRole"}
        s3 = with_options.acting_as(DEPLOYED, "SageMakerRole", "s3")
        bucket = with_options.deployment.outputs["AssetsBucketName"]
        s3.put_object(Bucket=bucket, Key=f"captured/{NAME}/x", Body=b"")
        for key in (f"captured/{NAME}/mlops-config.json", "elsewhere"):
            with pytest.raises(ClientError, match="AccessDenied"):
                s3.put_object(Bucket=bucket, Key=key, Body=b"")


def refused(orchestrator: Orchestrator, **changes: str) -> str:
    """What is said of a change of the launch that cannot be."""
    launching = Launching(stack_name=STACK, parameters=changes)
    with pytest.raises((ClientError, LaunchParameterError)) as error:
        launch.deploy(orchestrator.deployment.aws, launching, Nobody(), agree=lambda _: False)
    return str(error.value)


def as_dict(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


@dataclass(frozen=True)
class Launched:
    """What the launch has made, before it is changed."""

    functions: dict[str, dict[str, Any]]
    of_pipeline: dict[str, dict[str, Any]]
    log_groups: tuple[list[dict[str, Any]], list[dict[str, Any]]]
    own_keys: list[str]
    keys: set[str]
    refusals: tuple[str, str, str]
    repeated: str
    """The answer to the pipeline's request when it is sent again."""


@pytest.fixture(scope="module")
def launched(with_options: Orchestrator, pipeline_id: str, request_body: dict[str, Any]) -> Launched:
    return Launched(
        functions(with_options, STACK),
        functions(with_options, DEPLOYED),
        (log_groups(with_options, STACK), log_groups(with_options, DEPLOYED)),
        resources(with_options, STACK, "AWS::KMS::Key"),
        {key_of_topic(with_options), key_of_repository(with_options)},
        (
            refused(with_options, FunctionSecurityGroupIds=""),
            refused(with_options, ExistingKmsKeyArn=""),
            refused(with_options, ResourceTags="team=quay,AWS:team=quay"),
        ),
        with_options.provision(request_body)["message"],
    )


def test_every_role_has_path_and_boundary(with_options: Orchestrator, pipeline_id: str, given: Given) -> None:
    iam, stacks = with_options.client("iam"), (STACK, pipeline_id, DEPLOYED)
    names = [name for stack in stacks for name in resources(with_options, stack, "AWS::IAM::Role")]
    assert len(names) > 5
    roles: list[dict[str, Any]] = [iam.get_role(RoleName=name)["Role"] for name in names]
    assert {role["Path"] for role in roles} == {"/mlops/"}
    assert {role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") for role in roles} == {given.boundary_arn}


def test_the_pipeline_works_under_roles_below_the_path(with_options: Orchestrator, pipeline_id: str) -> None:
    name = with_options.status(pipeline_id).pipeline
    pipeline = with_options.client("codepipeline").get_pipeline(name=name)["pipeline"]
    (deploy,) = pipeline["stages"][1]["actions"]
    for arn in (pipeline["roleArn"], deploy["configuration"]["RoleArn"]):
        assert ":role/mlops/" in arn


def test_everything_that_a_pipeline_makes_has_the_tags(with_options: Orchestrator, pipeline_id: str) -> None:
    for name in (pipeline_id, DEPLOYED):
        (stack,) = with_options.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        assert as_dict(stack["Tags"]).items() >= TAGS.items(), name
    sagemaker = with_options.client("sagemaker")
    arn = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointArn"]
    assert as_dict(sagemaker.list_tags(ResourceArn=arn)["Tags"]).items() >= TAGS.items()


def test_the_same_request_again_changes_nothing(launched: Launched) -> None:
    assert launched.repeated.endswith("No updates are to be performed.")


def test_every_function_is_in_the_vpc(launched: Launched) -> None:
    made = {**launched.functions, **launched.of_pipeline}
    assert made.keys() == {*OF_BUNDLE, "Inference"}
    for name, function in made.items():
        assert function["VpcConfig"]["SubnetIds"] == options.PARAMETERS["FunctionSubnetIds"].split(","), name
        assert function["VpcConfig"]["SecurityGroupIds"] == [options.PARAMETERS["FunctionSecurityGroupIds"]], name


def test_the_functions_of_the_bundle_log_what_was_asked_for(launched: Launched) -> None:
    levels = {
        name: function["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"]
        for name, function in launched.functions.items()
    }
    assert levels == dict.fromkeys(OF_BUNDLE, "DEBUG")


def test_every_log_group_is_kept_as_long_as_was_asked_for(launched: Launched, given: Given) -> None:
    of_root, of_pipeline = launched.log_groups
    assert (len(of_root), len(of_pipeline)) == (3, 2)
    groups = [*of_root, *of_pipeline]
    assert {group["retentionInDays"] for group in groups} == {30}
    assert {group["kmsKeyId"] for group in groups} == {given.key_arn}


def test_the_inference_api_logs_who_calls_it(with_options: Orchestrator, pipeline_id: str) -> None:
    (api,) = resources(with_options, DEPLOYED, "AWS::ApiGateway::RestApi")
    stage = with_options.client("apigateway").get_stage(restApiId=api, stageName="prod")
    assert stage["accessLogSettings"]["destinationArn"].split(":")[6] in resources(
        with_options, DEPLOYED, "AWS::Logs::LogGroup"
    )


def test_every_function_has_its_concurrency(with_options: Orchestrator, launched: Launched) -> None:
    client = with_options.client("lambda")
    for function in {**launched.functions, **launched.of_pipeline}.values():
        reserved = client.get_function_concurrency(FunctionName=function["FunctionName"])
        assert reserved["ReservedConcurrentExecutions"] == 20


def test_the_key_is_the_organization_s(with_options: Orchestrator, launched: Launched, given: Given) -> None:
    made = {**launched.functions, **launched.of_pipeline}
    keys = {function["KMSKeyArn"] for function in made.values()}
    assert launched.keys | keys == {given.key_arn}
    assert launched.own_keys == []
    account = with_options.client("sts").get_caller_identity()["Account"]
    by_roles, *_ = json.loads(with_options.deployment.outputs["KmsKeyPolicyToAdd"])
    assert by_roles["Principal"]["AWS"] == [f"arn:aws:iam::{account}:root"]


def test_what_cannot_be_is_refused_with_words(launched: Launched) -> None:
    half_a_vpc, another_key, reserved_tag = launched.refusals
    assert "FunctionSubnetIds and FunctionSecurityGroupIds belong together" in half_a_vpc
    assert "Give --param ExistingECRRepo=" in another_key
    assert "ResourceTags must be tags" in reserved_tag
    assert "without keys that begin with aws: or mlops:" in reserved_tag


def test_another_key_leaves_the_repository_as_it_is_and_functions_leave_the_vpc(
    with_options: Orchestrator, launched: Launched, given: Given
) -> None:
    aws, name = with_options.deployment.aws, with_options.deployment.outputs["EcrRepositoryName"]
    without = dict.fromkeys(("ExistingKmsKeyArn", "FunctionSubnetIds", "FunctionSecurityGroupIds"), "")
    outputs = options.launched(aws, {"ExistingECRRepo": name, **without}).outputs
    assert outputs["EcrRepositoryName"] == name
    assert outputs["EcrRepositoryArn"].endswith(f":repository/{name}")
    assert key_of_repository(with_options) == given.key_arn
    (own,) = resources(with_options, STACK, "AWS::KMS::Key")
    assert key_of_topic(with_options).endswith(f":key/{own}")
    for function in functions(with_options, STACK).values():
        assert function.get("VpcConfig", {}).get("SubnetIds", []) == []
        assert function["KMSKeyArn"].endswith(f":key/{own}")
