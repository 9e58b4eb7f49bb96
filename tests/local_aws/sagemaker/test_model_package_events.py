# SPDX-License-Identifier: Apache-2.0
"""Events of model packages: one for each change of a version, and one when it is made."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scripts.local_aws.eventbridge import event_constraints, events
from scripts.local_aws.sagemaker.model_package_events import DETAIL_TYPE
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.serving import ARN, ARTIFACT, IMAGE
from tests.local_aws.waiting import SECONDS

GROUP = "Told"
SPECIFICATION = {
    "Containers": [{"Image": IMAGE, "ModelDataUrl": ARTIFACT}],
    "SupportedContentTypes": ["text/csv"],
    "SupportedResponseMIMETypes": ["text/csv"],
}


@pytest.fixture(scope="module")
def queue(client: ClientFactory) -> str:
    """URL of a queue with the events of the group's versions."""
    url = str(client("sqs").create_queue(QueueName="versions")["QueueUrl"])
    arn = client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    pattern = {"detail-type": [DETAIL_TYPE], "detail": {"ModelPackageGroupName": [GROUP]}}
    client("events").put_rule(Name="versions", EventPattern=json.dumps(pattern))
    client("events").put_targets(Rule="versions", Targets=[{"Id": "queue", "Arn": arn}])
    client("sagemaker").create_model_package_group(ModelPackageGroupName=GROUP)
    return url


@pytest.fixture
def told(client: ClientFactory, queue: str) -> Any:
    def messages() -> list[dict[str, Any]]:
        assert events.wait_idle(SECONDS)
        found = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in found]

    return messages


def test_a_version_is_told_when_it_is_made_and_for_each_change(client: ClientFactory, told: Any) -> None:
    sagemaker = client("sagemaker")
    request: dict[str, Any] = {"ModelPackageGroupName": GROUP, "InferenceSpecification": SPECIFICATION}
    for _ in range(2):
        arn = sagemaker.create_model_package(
            **request, ModelApprovalStatus="PendingManualApproval", ClientToken="once"
        )["ModelPackageArn"]
    sagemaker.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="fine")
    sagemaker.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties={"a": "1"})
    made, approved, changed = sorted(told(), key=lambda event: len(event["detail"]))
    assert "UpdatedModelPackageFields" not in made["detail"]
    assert approved["detail"]["UpdatedModelPackageFields"] == ["ModelApprovalStatus", "ApprovalDescription"]
    assert changed["detail"]["UpdatedModelPackageFields"] == ["CustomerMetadataProperties"]
    statuses = [event["detail"]["ModelApprovalStatus"] for event in (made, approved, changed)]
    assert statuses == ["PendingManualApproval", "Approved", "Approved"]
    for event in (made, approved, changed):
        assert (event["source"], event["resources"]) == ("aws.sagemaker", [arn])
        assert (arn, event["detail"]["ModelPackageVersion"]) == (f"{ARN}:model-package/told/1", 1)
        assert event["detail"]["ModelPackageGroupName"] == GROUP
        assert list(event_constraints.problems(DETAIL_TYPE, event["detail"])) == []


@pytest.mark.parametrize(
    ("detail", "problem"),
    [
        pytest.param({"ModelPackageGroup": "x"}, "detail has no member ModelPackageGroup", id="another name"),
        pytest.param({"ModelApprovalStatus": "APPROVED"}, "must satisfy enum value set", id="another status"),
        pytest.param({"CreationTime": 1795514400000}, "no time as text", id="a time as number"),
        pytest.param({"UpdatedModelPackageFields": ["Status"]}, "has 'Status', none of its values", id="a field"),
    ],
)
def test_another_event_is_found(detail: dict[str, Any], problem: str) -> None:
    (found,) = event_constraints.problems(DETAIL_TYPE, detail)
    assert problem in found
