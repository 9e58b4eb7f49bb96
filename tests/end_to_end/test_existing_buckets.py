# SPDX-License-Identifier: Apache-2.0
"""The launch with buckets and a repository that the operator already has."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from scripts import launch
from scripts.launch import EMAIL_PARAMETER, Launching
from tests.end_to_end.users import Nobody, Orchestrator

pytestmark = pytest.mark.xdist_group("end-to-end")

STACK = "with-existing-buckets"


@pytest.fixture(scope="module")
def outputs(orchestrator: Orchestrator) -> Iterator[dict[str, str]]:
    """Outputs of a second root stack that was given everything."""
    s3, sns = orchestrator.client("s3"), orchestrator.client("sns")
    for bucket in ("the-operators-configurations", "the-operators-models"):
        s3.create_bucket(Bucket=bucket)
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    topic = sns.create_topic(Name="already-subscribed")["TopicArn"]
    s3.put_bucket_notification_configuration(
        Bucket="the-operators-configurations",
        NotificationConfiguration={
            "TopicConfigurations": [{"Id": "theirs", "TopicArn": topic, "Events": ["s3:ObjectRemoved:*"]}]
        },
    )
    orchestrator.client("ecr").create_repository(repositoryName="the-operators/images")
    parameters = {
        EMAIL_PARAMETER: "tests@example.com",
        "ConfigS3Bucket": "the-operators-configurations",
        "ExistingS3Bucket": "the-operators-models",
        "ExistingECRRepo": "the-operators/images",
        "CreateModelRegistry": "Yes",
    }
    launching = Launching(stack_name=STACK, parameters=parameters)
    state = launch.deploy(orchestrator.deployment.aws, launching, Nobody(), agree=lambda _: True).state
    assert state is not None
    yield dict(state.outputs)
    orchestrator.client("cloudformation").delete_stack(StackName=STACK)


def test_the_operators_own_are_used(outputs: dict[str, str]) -> None:
    assert outputs["ConfigBucketName"] == "the-operators-configurations"
    assert outputs["AssetsBucketName"] == "the-operators-models"
    assert outputs["EcrRepositoryName"] == "the-operators/images"
    assert outputs["EcrRepositoryArn"].endswith(":repository/the-operators/images")
    assert ":model-package-group/mlops-model-registry-" in outputs["ModelRegistryArn"]


def test_eventbridge_is_turned_on_beside_what_was_notified_before(
    orchestrator: Orchestrator, outputs: dict[str, str]
) -> None:
    found = orchestrator.client("s3").get_bucket_notification_configuration(Bucket=outputs["ConfigBucketName"])
    assert "EventBridgeConfiguration" in found
    assert [topic["Id"] for topic in found["TopicConfigurations"]] == ["theirs"]


def test_the_assets_bucket_tells_eventbridge_of_sources_of_images(
    orchestrator: Orchestrator, outputs: dict[str, str]
) -> None:
    found = orchestrator.client("s3").get_bucket_notification_configuration(Bucket=outputs["AssetsBucketName"])
    assert "EventBridgeConfiguration" in found


def test_the_functions_see_the_launch_parameters(orchestrator: Orchestrator, outputs: dict[str, str]) -> None:
    resources = orchestrator.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    name = next(found["PhysicalResourceId"] for found in resources if found["LogicalResourceId"] == "Orchestrator")
    variables = orchestrator.client("lambda").get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    assert variables["ASSETS_BUCKET"] == "the-operators-models"
    assert json.dumps(variables).count("the-operators/images") == 1
