# SPDX-License-Identifier: Apache-2.0
"""The launch with what an organization asks for: it reaches the root stack and everything that its pipelines make."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

import pytest
from botocore.exceptions import ClientError

from scripts import demo_model, launch
from scripts.demo_model import TrainedModel
from scripts.launch import EMAIL_PARAMETER, Launching
from scripts.launch_parameters import LaunchParameterError
from scripts.local_aws.api_front import local_url
from tests.end_to_end.users import ARTIFACT_KEY, Nobody, Orchestrator

pytestmark = pytest.mark.xdist_group("end-to-end")

STACK: Final = "with-options"
NAME: Final = "optional"
ENDPOINT: Final = "optional-live"
DEPLOYED: Final = f"mlops-pipeline-{NAME}-byompipelinerealtimebuiltin"
BOUNDARY: Final = "workload-boundary"
TAGS: Final = {"team": "harbour", "cost-centre": "4711"}
OPTIONS: Final = {
    "RolePath": "/mlops/",
    "PermissionsBoundaryName": f"security/{BOUNDARY}",
    "ResourceTags": ",".join(f"{key}={value}" for key, value in TAGS.items()),
    "LogRetentionDays": "30",
    "LogLevel": "DEBUG",
    "FunctionSubnetIds": "subnet-0a1b2c3d,subnet-1a1b2c3d",
    "FunctionSecurityGroupIds": "sg-0a1b2c3d",
    "FunctionConcurrency": "20",
    "ConfigS3Bucket": "the-organization-s-configurations",
}
OF_BUNDLE: Final = {"BucketEvents", "Orchestrator"}


@pytest.fixture(scope="module")
def boundary_arn(orchestrator: Orchestrator) -> str:
    """An administrator's policy, which is there before the launch."""
    anything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [anything]})
    made = orchestrator.client("iam").create_policy(PolicyName=BOUNDARY, Path="/security/", PolicyDocument=policy)
    return str(made["Policy"]["Arn"])


@pytest.fixture(scope="module")
def key_arn(orchestrator: Orchestrator) -> str:
    """The organization's key, which is there before the launch."""
    return str(orchestrator.client("kms").create_key(Description="ours")["KeyMetadata"]["Arn"])


@pytest.fixture(scope="module")
def launched(
    orchestrator: Orchestrator, model: TrainedModel, boundary_arn: str, key_arn: str
) -> Iterator[Orchestrator]:
    """A second root stack, with all options."""
    aws = orchestrator.deployment.aws
    orchestrator.client("s3").create_bucket(Bucket=OPTIONS["ConfigS3Bucket"])
    given = {EMAIL_PARAMETER: "tests@example.com", "ExistingKmsKeyArn": key_arn, **OPTIONS}
    launching = Launching(stack_name=STACK, parameters=given)
    state = launch.deploy(aws, launching, Nobody(), agree=lambda _: True).state
    assert state is not None
    bucket = state.outputs["AssetsBucketName"]
    orchestrator.client("s3").put_object(Bucket=bucket, Key=ARTIFACT_KEY, Body=demo_model.package(model))
    api_url = local_url(state.outputs["ApiEndpoint"], aws.endpoint_url)
    yield Orchestrator(replace(orchestrator.deployment, api_url=api_url, stack_name=STACK, outputs=state.outputs))
    orchestrator.client("cloudformation").delete_stack(StackName=STACK)


@pytest.fixture(scope="module")
def pipeline_id(launched: Orchestrator) -> str:
    return launched.provisioned(launched.request(NAME, endpoint_name=ENDPOINT))


def resources(orchestrator: Orchestrator, stack: str, kind: str) -> list[str]:
    """Physical ids of a stack's resources of a type."""
    found = orchestrator.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    return [resource["PhysicalResourceId"] for resource in found if resource["ResourceType"] == kind]


def as_dict(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def test_every_role_has_path_and_boundary(launched: Orchestrator, pipeline_id: str, boundary_arn: str) -> None:
    iam = launched.client("iam")
    names = [name for stack in (STACK, pipeline_id, DEPLOYED) for name in resources(launched, stack, "AWS::IAM::Role")]
    assert len(names) > 5
    roles: list[dict[str, Any]] = [iam.get_role(RoleName=name)["Role"] for name in names]
    assert {role["Path"] for role in roles} == {"/mlops/"}
    assert {role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn") for role in roles} == {boundary_arn}


def test_the_pipeline_works_under_roles_below_the_path(launched: Orchestrator, pipeline_id: str) -> None:
    name = launched.status(pipeline_id).pipeline
    pipeline = launched.client("codepipeline").get_pipeline(name=name)["pipeline"]
    (deploy,) = pipeline["stages"][1]["actions"]
    for arn in (pipeline["roleArn"], deploy["configuration"]["RoleArn"]):
        assert ":role/mlops/" in arn


def test_everything_that_a_pipeline_makes_has_the_tags(launched: Orchestrator, pipeline_id: str) -> None:
    for name in (pipeline_id, DEPLOYED):
        (stack,) = launched.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
        assert as_dict(stack["Tags"]).items() >= TAGS.items(), name
    sagemaker = launched.client("sagemaker")
    arn = sagemaker.describe_endpoint(EndpointName=ENDPOINT)["EndpointArn"]
    assert as_dict(sagemaker.list_tags(ResourceArn=arn)["Tags"]).items() >= TAGS.items()


def test_the_same_request_again_changes_nothing(launched: Orchestrator, pipeline_id: str) -> None:
    answer = launched.provision(launched.request(NAME, endpoint_name=ENDPOINT))
    assert answer["message"].endswith("No updates are to be performed.")


def functions(orchestrator: Orchestrator, stack: str) -> dict[str, dict[str, Any]]:
    """Logical id -> configuration of each function of a stack."""
    found = orchestrator.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    client = orchestrator.client("lambda")
    return {
        one["LogicalResourceId"]: client.get_function_configuration(FunctionName=one["PhysicalResourceId"])
        for one in found
        if one["ResourceType"] == "AWS::Lambda::Function"
    }


def test_every_function_is_in_the_vpc(launched: Orchestrator, pipeline_id: str) -> None:
    made = {**functions(launched, STACK), **functions(launched, DEPLOYED)}
    assert made.keys() == {*OF_BUNDLE, "Inference"}
    for name, function in made.items():
        assert function["VpcConfig"]["SubnetIds"] == OPTIONS["FunctionSubnetIds"].split(","), name
        assert function["VpcConfig"]["SecurityGroupIds"] == [OPTIONS["FunctionSecurityGroupIds"]], name


def test_the_functions_of_the_bundle_log_what_was_asked_for(launched: Orchestrator) -> None:
    levels = {
        name: function["Environment"]["Variables"]["POWERTOOLS_LOG_LEVEL"]
        for name, function in functions(launched, STACK).items()
    }
    assert levels == dict.fromkeys(OF_BUNDLE, "DEBUG")


def test_every_log_group_is_kept_as_long_as_was_asked_for(
    launched: Orchestrator, pipeline_id: str, key_arn: str
) -> None:
    logs = launched.client("logs")
    of_root, of_pipeline = (resources(launched, stack, "AWS::Logs::LogGroup") for stack in (STACK, DEPLOYED))
    assert (len(of_root), len(of_pipeline)) == (3, 2)
    groups = {
        name: logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"][0] for name in (*of_root, *of_pipeline)
    }
    assert {group["retentionInDays"] for group in groups.values()} == {30}
    assert {group["kmsKeyId"] for group in groups.values()} == {key_arn}


def test_the_inference_api_logs_who_calls_it(launched: Orchestrator, pipeline_id: str) -> None:
    (api,) = resources(launched, DEPLOYED, "AWS::ApiGateway::RestApi")
    stage = launched.client("apigateway").get_stage(restApiId=api, stageName="prod")
    assert stage["accessLogSettings"]["destinationArn"].split(":")[6] in resources(
        launched, DEPLOYED, "AWS::Logs::LogGroup"
    )


def test_every_function_has_its_concurrency(launched: Orchestrator, pipeline_id: str) -> None:
    client = launched.client("lambda")
    for function in {**functions(launched, STACK), **functions(launched, DEPLOYED)}.values():
        reserved = client.get_function_concurrency(FunctionName=function["FunctionName"])
        assert reserved["ReservedConcurrentExecutions"] == 20


def test_the_key_is_the_organization_s(launched: Orchestrator, pipeline_id: str, key_arn: str) -> None:
    outputs = launched.deployment.outputs
    topic = launched.client("sns").get_topic_attributes(TopicArn=outputs["NotificationsTopicArn"])["Attributes"]
    name = outputs["EcrRepositoryName"]
    (repository,) = launched.client("ecr").describe_repositories(repositoryNames=[name])["repositories"]
    made = {**functions(launched, STACK), **functions(launched, DEPLOYED)}
    keys = {function["KMSKeyArn"] for function in made.values()}
    assert {topic["KmsMasterKeyId"], repository["encryptionConfiguration"]["kmsKey"], *keys} == {key_arn}
    assert resources(launched, STACK, "AWS::KMS::Key") == []
    account = launched.client("sts").get_caller_identity()["Account"]
    by_roles, *_ = json.loads(outputs["KmsKeyPolicyToAdd"])
    assert by_roles["Principal"]["AWS"] == [f"arn:aws:iam::{account}:root"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"FunctionSecurityGroupIds": ""}, "FunctionSubnetIds and FunctionSecurityGroupIds belong together"),
        ({"ExistingKmsKeyArn": ""}, "Give --param ExistingECRRepo="),
    ],
)
def test_what_cannot_be_is_refused_with_words(launched: Orchestrator, changes: dict[str, str], said: str) -> None:
    launching = Launching(stack_name=STACK, parameters=changes)
    with pytest.raises((ClientError, LaunchParameterError), match=said):
        launch.deploy(launched.deployment.aws, launching, Nobody(), agree=lambda _: False)


def test_another_key_leaves_the_repository_as_it_is_and_functions_leave_the_vpc(
    launched: Orchestrator, key_arn: str
) -> None:
    """The last test here: the stack has a key of its own afterwards, and no VPC."""
    name = launched.deployment.outputs["EcrRepositoryName"]
    changes = dict.fromkeys(("ExistingKmsKeyArn", "FunctionSubnetIds", "FunctionSecurityGroupIds"), "")
    launching = Launching(stack_name=STACK, parameters={"ExistingECRRepo": name, **changes})
    state = launch.deploy(launched.deployment.aws, launching, Nobody(), agree=lambda _: True).state
    assert state is not None
    assert state.outputs["EcrRepositoryName"] == name
    (repository,) = launched.client("ecr").describe_repositories(repositoryNames=[name])["repositories"]
    assert repository["encryptionConfiguration"]["kmsKey"] == key_arn
    (own,) = resources(launched, STACK, "AWS::KMS::Key")
    topic = launched.client("sns").get_topic_attributes(TopicArn=state.outputs["NotificationsTopicArn"])["Attributes"]
    assert topic["KmsMasterKeyId"].endswith(f":key/{own}")
    for function in functions(launched, STACK).values():
        assert function.get("VpcConfig", {}).get("SubnetIds", []) == []
        assert function["KMSKeyArn"].endswith(f":key/{own}")
