# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.serving import ARN, ARTIFACT, BUCKET, IMAGE, ROLE, csv_of, make_config

METRICS = {"ModelQuality": {"Statistics": {"ContentType": "application/json", "S3Uri": f"s3://{BUCKET}/quality.json"}}}


@pytest.fixture(scope="module", autouse=True)
def account(client: ClientFactory, trained: TrainedModel) -> None:
    client("s3").create_bucket(Bucket=BUCKET)
    client("s3").put_object(Bucket=BUCKET, Key="model.tar.gz", Body=demo_model.package(trained))


def version(group: str, **more: Any) -> dict[str, Any]:
    """A request for a version in a group, as the product sends it."""
    specification = {
        "Containers": [{"Image": IMAGE, "ModelDataUrl": ARTIFACT}],
        "SupportedContentTypes": ["text/csv"],
        "SupportedResponseMIMETypes": ["text/csv"],
    }
    return {"ModelPackageGroupName": group, "InferenceSpecification": specification, **more}


def make_group(client: ClientFactory, name: str) -> str:
    return str(client("sagemaker").create_model_package_group(ModelPackageGroupName=name)["ModelPackageGroupArn"])


def test_a_version_is_described_as_it_was_registered(client: ClientFactory) -> None:
    sm = client("sagemaker")
    make_group(client, "Described")
    asked = version(
        "Described",
        ModelPackageDescription="as trained",
        ModelMetrics=METRICS,
        CustomerMetadataProperties={"training-job": "a"},
        ModelApprovalStatus="PendingManualApproval",
    )
    arn = sm.create_model_package(**asked)["ModelPackageArn"]
    described = sm.describe_model_package(ModelPackageName=arn)
    assert {name: described[name] for name in asked} == asked
    assert (arn, described["ModelPackageVersion"]) == (f"{ARN}:model-package/described/1", 1)
    assert described["ModelPackageStatus"] == "Completed"


def test_the_same_token_makes_one_version(client: ClientFactory) -> None:
    sm = client("sagemaker")
    group = make_group(client, "Tokens")
    first, again, other = (
        sm.create_model_package(**version(name, ClientToken=token))["ModelPackageArn"]
        for name, token in (("Tokens", "one"), ("Tokens", "one"), (group, "two"))
    )
    assert first == again == f"{ARN}:model-package/tokens/1"
    assert other == f"{ARN}:model-package/tokens/2"
    listed = sm.list_model_packages(ModelPackageGroupName="Tokens")["ModelPackageSummaryList"]
    assert [each["ModelPackageArn"] for each in listed] == [first, other]


def test_approval_leaves_the_rest_of_a_version_alone(client: ClientFactory) -> None:
    sm = client("sagemaker")
    make_group(client, "Approved")
    arn = sm.create_model_package(**version("Approved", CustomerMetadataProperties={"a": "1", "b": "2"}))[
        "ModelPackageArn"
    ]
    sm.update_model_package(ModelPackageArn=arn, ModelApprovalStatus="Approved", ApprovalDescription="looks well")
    sm.update_model_package(ModelPackageArn=arn, CustomerMetadataProperties={"b": "3"})
    described = sm.describe_model_package(ModelPackageName=arn)
    assert (described["ModelApprovalStatus"], described["ApprovalDescription"]) == ("Approved", "looks well")
    assert described["CustomerMetadataProperties"] == {"a": "1", "b": "3"}
    sm.update_model_package(ModelPackageArn=arn, CustomerMetadataPropertiesToRemove=["a"])
    assert sm.describe_model_package(ModelPackageName=arn)["CustomerMetadataProperties"] == {"b": "3"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ModelPackageGroupName": "nobody"}, "Model Package Group does not exist."),
        ({"ModelPackageGroupName": f"{ARN}:model-package-group/nobody"}, "Model Package Group does not exist."),
        ({"ModelApprovalStatus": "Perhaps"}, "1 validation error detected: Value 'Perhaps' at 'modelApprovalStatus'"),
        ({"ClientToken": "a token"}, "1 validation error detected: Value 'a token' at 'clientToken' failed"),
    ],
)
def test_wrong_requests_are_refused(client: ClientFactory, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ClientError) as refused:
        client("sagemaker").create_model_package(**(version("Tokens") | changes))
    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"][: len(words)]) == ("ValidationException", words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"ApprovalDescription": "x" * 1025}, "have length less than or equal to 1024", id="too long"),
        pytest.param({"ApprovalDescription": "two\nlines"}, "satisfy regular expression pattern: .*", id="two lines"),
        pytest.param({"ModelApprovalStatus": "Perhaps"}, "satisfy enum value set: [Approved, Rejected", id="status"),
    ],
)
def test_wrong_changes_are_refused(client: ClientFactory, changes: dict[str, Any], words: str) -> None:
    sm = client("sagemaker")
    if "Changed" not in [one["ModelPackageGroupName"] for one in _groups(sm)]:
        make_group(client, "Changed")
    arn = sm.create_model_package(**version("Changed", ClientToken="changed"))["ModelPackageArn"]
    with pytest.raises(ClientError) as refused:
        sm.update_model_package(ModelPackageArn=arn, **changes)
    assert refused.value.response["Error"]["Code"] == "ValidationException"
    assert words in refused.value.response["Error"]["Message"]


def test_a_group_may_be_listed_by_its_arn(client: ClientFactory) -> None:
    sm = client("sagemaker")
    group = make_group(client, "ByArn")
    made = sm.create_model_package(**version("ByArn", ModelApprovalStatus="Approved"))["ModelPackageArn"]
    listed = sm.list_model_packages(ModelPackageGroupName=group, ModelApprovalStatus="Approved")
    assert [each["ModelPackageArn"] for each in listed["ModelPackageSummaryList"]] == [made]


def test_a_page_of_versions_has_a_hundred_at_most(client: ClientFactory) -> None:
    with pytest.raises(ClientError, match="'maxResults' failed to satisfy"):
        client("sagemaker").list_model_packages(ModelPackageGroupName="Any", MaxResults=101)


def _groups(sm: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sm.list_model_package_groups(NameContains="Changed")["ModelPackageGroupSummaryList"]
    return found


def test_a_model_of_a_version_serves(client: ClientFactory, trained: TrainedModel) -> None:
    sm = client("sagemaker")
    make_group(client, "Served")
    arn = sm.create_model_package(**version("Served", ModelApprovalStatus="Approved"))["ModelPackageArn"]
    sm.create_model(ModelName="Served", ExecutionRoleArn=ROLE, PrimaryContainer={"ModelPackageName": arn})
    make_config(sm, "Served", "Served")
    sm.create_endpoint(EndpointName="Served", EndpointConfigName="Served")
    answer = client("sagemaker-runtime").invoke_endpoint(
        EndpointName="Served", ContentType="text/csv", Body=csv_of(trained, 5)
    )
    served = [float(line) for line in answer["Body"].read().decode().split()]
    assert served == demo_model.predict(trained, trained.holdout_rows[:5])
