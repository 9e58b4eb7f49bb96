# SPDX-License-Identifier: Apache-2.0
"""The launch with buckets that the operator already has."""

from __future__ import annotations

import json

from tests.end_to_end import options
from tests.end_to_end.users import Orchestrator


def test_the_operators_own_are_used(with_options: Orchestrator) -> None:
    outputs = with_options.deployment.outputs
    assert outputs["ConfigBucketName"] == options.CONFIGURATIONS
    assert outputs["AssetsBucketName"] == options.ASSETS
    assert ":model-package-group/mlops-model-registry-" in outputs["ModelRegistryArn"]


def test_eventbridge_is_turned_on_beside_what_was_notified_before(with_options: Orchestrator) -> None:
    found = with_options.client("s3").get_bucket_notification_configuration(Bucket=options.CONFIGURATIONS)
    assert "EventBridgeConfiguration" in found
    assert [topic["Id"] for topic in found["TopicConfigurations"]] == ["theirs"]


def test_the_assets_bucket_tells_eventbridge_of_sources_of_images(with_options: Orchestrator) -> None:
    found = with_options.client("s3").get_bucket_notification_configuration(Bucket=options.ASSETS)
    assert "EventBridgeConfiguration" in found


def test_the_functions_see_the_launch_parameters(with_options: Orchestrator) -> None:
    resource = with_options.client("cloudformation").describe_stack_resource(
        StackName=options.STACK, LogicalResourceId="Orchestrator"
    )["StackResourceDetail"]
    found = with_options.client("lambda").get_function_configuration(FunctionName=resource["PhysicalResourceId"])
    variables = found["Environment"]["Variables"]
    assert variables["ASSETS_BUCKET"] == options.ASSETS
    assert json.dumps(variables).count(with_options.deployment.outputs["EcrRepositoryName"]) == 1
