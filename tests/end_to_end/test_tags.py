# SPDX-License-Identifier: Apache-2.0
"""Everything of the orchestrator and its pipelines is found as one application, and its costs are told apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
NAME: Final = "tagged"
DEPLOYED: Final = f"mlops-pipeline-{NAME}-byompipelinerealtimebuiltin"


@pytest.fixture(scope="module")
def pipeline_id(orchestrator: Orchestrator) -> str:
    return orchestrator.provisioned(orchestrator.request(NAME, endpoint_name="tagged-live"))


@pytest.fixture
def expected(orchestrator: Orchestrator) -> dict[str, str]:
    return {
        "mlops:application": orchestrator.deployment.stack_name,
        "mlops:pipeline": DEPLOYED,
        "mlops:stage": "single",
        "mlops:model": NAME,
    }


def as_dict(tags: list[dict[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def of_stack(orchestrator: Orchestrator, name: str) -> dict[str, str]:
    (stack,) = orchestrator.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    return as_dict(stack["Tags"])


def of_endpoint(orchestrator: Orchestrator) -> dict[str, str]:
    sagemaker = orchestrator.client("sagemaker")
    arn = sagemaker.describe_endpoint(EndpointName="tagged-live")["EndpointArn"]
    return as_dict(sagemaker.list_tags(ResourceArn=arn)["Tags"])


def test_the_group_of_the_application_asks_for_its_tag(orchestrator: Orchestrator) -> None:
    stack = orchestrator.deployment.stack_name
    query = orchestrator.client("resource-groups").get_group_query(GroupName=f"{stack}-application")["GroupQuery"]
    assert query["ResourceQuery"]["Type"] == "TAG_FILTERS_1_0"
    assert f'"Key": "mlops:application", "Values": ["{stack}"]' in query["ResourceQuery"]["Query"]


def test_the_root_stack_s_resources_have_the_tag(orchestrator: Orchestrator) -> None:
    wanted = {"Key": "mlops:application", "Value": orchestrator.deployment.stack_name}
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    assert wanted in orchestrator.client("s3").get_bucket_tagging(Bucket=bucket)["TagSet"]


def test_a_pipeline_and_what_it_deploys_have_all_tags(
    orchestrator: Orchestrator, pipeline_id: str, expected: dict[str, str]
) -> None:
    assert of_stack(orchestrator, pipeline_id).items() >= expected.items()
    assert of_stack(orchestrator, DEPLOYED) == expected
    assert of_endpoint(orchestrator).items() >= {**expected, "endpoint-name": f"{NAME}-endpoint"}.items()


def test_a_pipeline_without_the_tags_gets_them_and_then_stays(
    orchestrator: Orchestrator, pipeline_id: str, expected: dict[str, str], until: Until
) -> None:
    """As pipelines of an earlier release do; the endpoint is changed in place."""
    cloudformation, sagemaker = orchestrator.client("cloudformation"), orchestrator.client("sagemaker")
    made = sagemaker.describe_endpoint(EndpointName="tagged-live")["CreationTime"]
    for name in (DEPLOYED, pipeline_id):
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        kept = [{"ParameterKey": one["ParameterKey"], "UsePreviousValue": True} for one in stack["Parameters"]]
        cloudformation.update_stack(
            StackName=name,
            UsePreviousTemplate=True,
            Parameters=kept,
            Capabilities=["CAPABILITY_NAMED_IAM"],
            Tags=[{"Key": "mlops:release", "Value": "an-earlier-one"}],
        )
        until(lambda name=name: of_stack(orchestrator, name) == {"mlops:release": "an-earlier-one"})
        cloudformation.get_waiter("stack_update_complete").wait(StackName=name, WaiterConfig={"Delay": 0.1})
    assert not of_endpoint(orchestrator).keys() & expected.keys()

    request = orchestrator.request(NAME, endpoint_name="tagged-live")
    assert orchestrator.provision(request)["message"].endswith("is being updated.")
    until(lambda: of_endpoint(orchestrator).items() >= expected.items())
    assert orchestrator.ended(pipeline_id).has_succeeded
    assert of_stack(orchestrator, pipeline_id).items() >= expected.items()
    assert of_stack(orchestrator, DEPLOYED) == expected
    assert sagemaker.describe_endpoint(EndpointName="tagged-live")["CreationTime"] == made
    assert orchestrator.provision(request)["message"].endswith("No updates are to be performed.")
