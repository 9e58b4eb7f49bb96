# SPDX-License-Identifier: Apache-2.0
"""Custom resources through the functions behind them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import requests
from botocore.exceptions import WaiterError

from scripts.local_aws.cloudformation.custom_resources import ANSWER_PATH, as_text
from scripts.local_aws.server import LocalAws
from tests.local_aws.deploying import deploy, function, physical_id, reasons, remove
from tests.local_aws.waiting import SECONDS

# Records every event in a bucket, then does what the resource's properties say.
CODE = """
import json, time
import boto3
import cfnresponse


def handler(event, context):
    properties = event["ResourceProperties"]
    boto3.client("s3").put_object(
        Bucket=properties["Bucket"],
        Key=f"{properties['Name']}/{time.time_ns()}",
        Body=json.dumps(event),
    )
    if properties.get("Do") == f"raise on {event['RequestType']}":
        raise RuntimeError("broken inside")
    if properties.get("Do") == f"say nothing on {event['RequestType']}":
        return
    refuse = properties.get("Do") == f"refuse {event['RequestType']}"
    data = {"Greeting": f"Hello {properties['Name']}"}
    cfnresponse.send(
        event, context, cfnresponse.FAILED if refuse else cfnresponse.SUCCESS, data,
        physicalResourceId=properties.get("Id", "fixed"), reason="not today" if refuse else None,
    )
"""

Events = list[dict[str, Any]]


@pytest.fixture(scope="module")
def token(client: Any) -> str:
    """The ARN of the function behind all resources of these tests."""
    client("s3").create_bucket(Bucket="events")
    outputs = {"Arn": {"Value": {"Fn::GetAtt": ["Function", "Arn"]}}}
    return deploy(client("cloudformation"), "provider", {"Function": function(CODE)}, Outputs=outputs)["Arn"]


def custom(token: str, name: str, **properties: Any) -> dict[str, Any]:
    base = {"ServiceToken": token, "Bucket": "events", "Name": name}
    return {"Thing": {"Type": "Custom::Thing", "Properties": base | properties}}


def events(client: Any, name: str) -> Events:
    """What the function was sent for resources of one name, in the order of arrival."""
    found = client("s3").list_objects_v2(Bucket="events", Prefix=f"{name}/").get("Contents", [])
    return [json.load(client("s3").get_object(Bucket="events", Key=item["Key"])["Body"]) for item in found]


def of_type(client: Any, name: str, request: str) -> Events:
    return [event for event in events(client, name) if event["RequestType"] == request]


def test_create_update_and_delete(client: Any, token: str, local_aws: LocalAws) -> None:
    cloudformation = client("cloudformation")
    outputs = {"Greeting": {"Value": {"Fn::GetAtt": ["Thing", "Greeting"]}}, "Id": {"Value": {"Ref": "Thing"}}}
    given = {"Number": 5, "Flag": True, "List": [1, {"Ratio": 0.5}]}
    made = deploy(cloudformation, "thing", custom(token, "Ada", **given), Outputs=outputs)
    assert made == {"Greeting": "Hello Ada", "Id": "fixed"}
    (create,) = of_type(client, "Ada", "Create")
    stack_id = cloudformation.describe_stacks(StackName="thing")["Stacks"][0]["StackId"]
    assert create["ResourceProperties"] == {
        "ServiceToken": token, "Bucket": "events", "Name": "Ada", "Number": "5", "Flag": "true",
        "List": ["1", {"Ratio": "0.5"}],
    }  # fmt: skip
    assert (create["StackId"], create["LogicalResourceId"]) == (stack_id, "Thing")
    assert (create["ResourceType"], create["ServiceToken"]) == ("Custom::Thing", token)
    assert create["ResponseURL"].startswith(local_aws.endpoint_url)

    deploy(cloudformation, "thing", custom(token, "Ada", Number=6), Outputs=outputs)
    (update,) = of_type(client, "Ada", "Update")
    assert update["PhysicalResourceId"] == "fixed"
    assert (update["OldResourceProperties"]["Number"], update["ResourceProperties"]["Number"]) == ("5", "6")
    assert not of_type(client, "Ada", "Delete")

    remove(cloudformation, "thing")
    (delete,) = of_type(client, "Ada", "Delete")
    assert delete["PhysicalResourceId"] == "fixed"
    assert len({create["RequestId"], update["RequestId"], delete["RequestId"]}) == 3


def test_another_physical_id_on_update_deletes_the_old_one(client: Any, token: str) -> None:
    cloudformation = client("cloudformation")
    deploy(cloudformation, "replaced", custom(token, "Bob", Id="first"))
    deploy(cloudformation, "replaced", custom(token, "Bob", Id="second"))
    assert physical_id(cloudformation, "replaced", "Thing") == "second"
    (delete,) = of_type(client, "Bob", "Delete")
    assert (delete["PhysicalResourceId"], delete["ResourceProperties"]["Id"]) == ("first", "first")


@pytest.mark.parametrize(
    ("name", "do", "words"),
    [
        ("refuse", "refuse Create", "Message returned: not today"),
        ("raise", "raise on Create", "failed without a response to CloudFormation: RuntimeError: broken inside"),
        ("silent", "say nothing on Create", "ended without a response to CloudFormation"),
    ],
)
def test_a_failed_creation_says_why_at_once(client: Any, token: str, name: str, do: str, words: str) -> None:
    cloudformation = client("cloudformation")
    with pytest.raises(WaiterError):
        deploy(cloudformation, name, custom(token, name, Do=do))
    assert any(words in reason for reason in reasons(cloudformation, name, "Thing"))
    # A function that raises is tried twice more, as Lambda does with every asynchronous event.
    assert len(of_type(client, name, "Create")) == (3 if name == "raise" else 1)


def test_a_refused_creation_is_deleted_in_the_rollback(client: Any, token: str) -> None:
    with pytest.raises(WaiterError):
        deploy(client("cloudformation"), "rolled-back", custom(token, "rolled-back", Do="refuse Create", Id="half"))
    assert [event["PhysicalResourceId"] for event in of_type(client, "rolled-back", "Delete")] == ["half"]


def test_a_failed_update_goes_back_to_the_old_properties(client: Any, token: str) -> None:
    cloudformation = client("cloudformation")
    deploy(cloudformation, "back", custom(token, "Eve", Number=1))
    with pytest.raises(WaiterError):
        deploy(cloudformation, "back", custom(token, "Eve", Number=2, Do="refuse Update"))
    updates = of_type(client, "Eve", "Update")
    assert [event["ResourceProperties"]["Number"] for event in updates] == ["2", "1"]


def test_a_failed_deletion_fails_the_stacks(client: Any, token: str) -> None:
    cloudformation = client("cloudformation")
    deploy(cloudformation, "stuck", custom(token, "Sue", Do="refuse Delete"))
    with pytest.raises(WaiterError):
        remove(cloudformation, "stuck")
    assert any("not today" in reason for reason in reasons(cloudformation, "stuck", "Thing"))


def test_a_missing_function_is_named(client: Any) -> None:
    gone = "arn:aws:lambda:us-east-1:123456789012:function:gone"
    with pytest.raises(WaiterError):
        deploy(client("cloudformation"), "gone", custom(gone, "gone"))
    assert any(gone in reason for reason in reasons(client("cloudformation"), "gone", "Thing"))


def test_an_unknown_attribute_fails_the_stack(client: Any, token: str) -> None:
    outputs = {"Other": {"Value": {"Fn::GetAtt": ["Thing", "Other"]}}}
    with pytest.raises(WaiterError):
        deploy(client("cloudformation"), "attribute", custom(token, "attribute"), Outputs=outputs)


def test_an_answer_that_nobody_waits_for_is_refused(local_aws: LocalAws) -> None:
    answer = requests.put(f"{local_aws.endpoint_url}{ANSWER_PATH}unknown", data="{}", timeout=SECONDS)
    assert answer.status_code == 403


def test_scalars_become_text_and_absent_values_stay_out() -> None:
    assert as_text({"a": [True, 1, 0.25], "b": None, "c": "x"}) == {"a": ["true", "1", "0.25"], "c": "x"}
