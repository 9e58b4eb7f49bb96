# SPDX-License-Identifier: Apache-2.0
"""The comparison of a trained model with the deployed one: its begin, its ends in any order, and what goes wrong."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final

import pytest
from botocore.stub import ANY, Stubber

from orchestrator.aws import calls
from orchestrator.errors import ServiceRefusedError
from orchestrator.events.jobs import comparing
from orchestrator.provisioned import registrations
from orchestrator.sagemaker import job_kinds
from orchestrator.sagemaker.registration import Instructions
from tests.orchestrator.events.jobs.report.conftest import (
    KEY,
    PACKAGE,
    PIPELINES,
    Event,
    Inbox,
    creating,
    deliver,
    describing,
    ended,
    instruct,
)

DEPLOYED: Final = PACKAGE.replace("berths/3", "berths/2")
NOW: Final = datetime(2026, 11, 30, tzinfo=UTC)
REGISTER: Final = {"better_than": "deployed", "comparison_metric": "mae", "approval_status": "Approved"}
ASSETS: Final = "quayside-assets"
ROWS: Final = "s3://quayside-assets/train/held-out.csv"
GOOD, BAD = b"1,0.9\n0,0.1\n", b"1,0.5\n0,0.5\n"


@pytest.fixture
def trained(trained: Event) -> Event:
    """The job, with rows held out."""
    channel = {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": ROWS}}
    trained["OutputDataConfig"] = {"S3OutputPath": f"s3://{ASSETS}/out"}
    trained["InputDataConfig"] = [{"ChannelName": "validation", "DataSource": channel}]
    return trained


@pytest.fixture(autouse=True)
def assets(with_settings: Any) -> None:
    where = {"LocationConstraint": with_settings.launch.region}
    calls.client("s3").create_bucket(Bucket=ASSETS, CreateBucketConfiguration=where)


def looking(stub: Stubber, trained: Event) -> None:
    """Have everything answered that is looked at before a comparison."""
    describing(stub, trained)
    summary = {
        "ModelPackageArn": DEPLOYED,
        "CreationTime": NOW,
        "ModelPackageStatus": "Completed",
    }
    stub.add_response("list_model_packages", {"ModelPackageSummaryList": [summary]})
    describing(stub, trained)
    container = {
        "Image": "deployed:1",
        "ModelDataUrl": "s3://quayside-assets/2/model.tar.gz",
        "ImageDigest": "sha256:1",
    }
    described = {
        "ModelPackageName": "berths",
        "ModelPackageArn": DEPLOYED,
        "CreationTime": NOW,
        "ModelPackageStatus": "Completed",
        "ModelPackageStatusDetails": {"ValidationStatuses": []},
        "InferenceSpecification": {"Containers": [container]},
    }
    stub.add_response("describe_model_package", described, {"ModelPackageName": DEPLOYED})


def making(stub: Stubber, *sides: str, **network: Any) -> None:
    """Have models and transform jobs made."""
    for side in sides:
        model = {"ModelName": Ending(side), "ExecutionRoleArn": ANY, "PrimaryContainer": ANY, "Tags": ANY, **network}
        stub.add_response("create_model", {"ModelArn": "arn:aws:sagemaker:eu-west-1:111122223333:model/x"}, model)
        answer = {"TransformJobArn": "arn:aws:sagemaker:eu-west-1:111122223333:transform-job/x"}
        stub.add_response("create_transform_job", answer)


class Ending:
    """Equal to a name of a comparison that ends so."""

    def __init__(self, side: str) -> None:
        self.side = side

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and other.startswith("mlops-gate-") and other.endswith(f"-{self.side}")

    def __hash__(self) -> int:
        return hash(self.side)


def begun(stub: Stubber, trained: Event) -> Iterator[str]:
    """Begin a comparison; the names of its transform jobs."""
    instruct(**REGISTER)
    looking(stub, trained)
    making(stub, "challenger", "deployed")
    deliver(ended(registration=KEY))
    listed = calls.client("s3").list_objects_v2(Bucket=PIPELINES, Prefix="registered/comparisons/")["Contents"]
    (identifier,) = (one["Key"].rpartition("/")[2].removesuffix(".json") for one in listed)
    yield from (f"mlops-gate-{identifier}-{side}" for side in ("challenger", "deployed"))


def predicted(name: str, lines: bytes) -> None:
    folder, _, side = name.rpartition("-")
    calls.client("s3").put_object(Bucket=ASSETS, Key=f"out/{folder}/{side}/held-out.csv.out", Body=lines)


def transforming(stub: Stubber, *states: tuple[str, str], reason: str = "") -> None:
    """Have transform jobs described, each with its status."""
    for name, status in states:
        answer = {
            "TransformJobName": name,
            "TransformJobArn": f"arn:aws:sagemaker:eu-west-1:111122223333:transform-job/{name}",
            "TransformJobStatus": status,
            "ModelName": name,
            "CreationTime": NOW,
            "TransformInput": {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": ROWS}}},
            "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
            **({"FailureReason": reason} if status == "Failed" else {}),
        }
        stub.add_response("describe_transform_job", answer, {"TransformJobName": name})


def scored(name: str, invocation: str = "scored") -> Event:
    """The end of a transform job, delivered."""
    event = {
        **ended(),
        "detail-type": "SageMaker Transform Job State Change",
        "detail": {"TransformJobName": name, "TransformJobStatus": "Completed"},
    }
    return deliver(event, invocation)


def cleaning(stub: Stubber) -> None:
    for side in ("challenger", "deployed"):
        stub.add_response("delete_model", {}, {"ModelName": Ending(side)})


def explaining(stub: Stubber) -> None:
    rejected = {"ModelPackageArn": PACKAGE, "ModelApprovalStatus": "Rejected", "ApprovalDescription": ANY}
    stub.add_response("update_model_package", {"ModelPackageArn": PACKAGE}, rejected)


def recorded() -> registrations.Registration:
    found = registrations.find(PIPELINES, job_kinds.TRAINING, "berths-1")
    assert found is not None
    return found


def test_it_begins_with_both_models_on_the_same_rows(sagemaker: Stubber, inbox: Inbox, trained: Event) -> None:
    list(begun(sagemaker, trained))
    (message,) = inbox()
    assert "The model is compared with berths version 2, which is deployed" in message["Message"]
    assert (recorded().status, recorded().model_package_arn) == ("Pending", "")


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        ((GOOD, BAD), "Approved"),
        ((BAD, GOOD), "Rejected"),
        ((GOOD, GOOD), "Rejected"),
        ((GOOD, GOOD + BAD), "Rejected"),
    ],
    ids=["better", "worse", "the-same", "other-rows"],
)
def test_the_last_end_concludes_it_once(
    sagemaker: Stubber, inbox: Inbox, trained: Event, lines: tuple[bytes, bytes], status: str
) -> None:
    first, second = begun(sagemaker, trained)
    for name, predictions in zip((first, second), lines, strict=True):
        predicted(name, predictions)
    transforming(sagemaker, (first, "Completed"), (second, "InProgress"))
    assert scored(first) == {"compared": 0}
    transforming(sagemaker, (first, "Completed"), (second, "Completed"))
    describing(sagemaker, trained)
    creating(sagemaker, status)
    if status == "Rejected":
        explaining(sagemaker)
    cleaning(sagemaker)
    assert scored(second) == {"compared": 1}
    transforming(sagemaker, (first, "Completed"), (second, "Completed"))
    assert scored(second, "delivered again") == {"compared": 0}
    assert len(inbox()) == 2
    assert recorded().status == ("Registered" if status == "Approved" else "Rejected")


def test_a_model_that_cannot_be_asked_is_rejected_with_the_reason(
    sagemaker: Stubber, inbox: Inbox, trained: Event
) -> None:
    first, second = begun(sagemaker, trained)
    transforming(sagemaker, (first, "Completed"), (second, "Failed"), reason="ClientError: no such image")
    describing(sagemaker, trained)
    creating(sagemaker, "Rejected")
    explaining(sagemaker)
    cleaning(sagemaker)
    assert scored(second) == {"compared": 1}
    assert "the transform job of the deployed model Failed. ClientError: no such image" in inbox()[-1]["Message"]


def test_predictions_that_are_none_reject_it(sagemaker: Stubber, inbox: Inbox, trained: Event) -> None:
    first, second = begun(sagemaker, trained)
    predicted(first, GOOD)
    predicted(second, b"1,perhaps\n")
    transforming(sagemaker, (first, "Completed"), (second, "Completed"))
    describing(sagemaker, trained)
    creating(sagemaker, "Rejected")
    explaining(sagemaker)
    cleaning(sagemaker)
    scored(second)
    assert "cannot be read: line 1 has no numbers as label and prediction: 1,perhaps" in inbox()[-1]["Message"]


def test_what_aws_refuses_at_the_begin_rejects_the_version_and_leaves_nothing(
    sagemaker: Stubber, inbox: Inbox, trained: Event
) -> None:
    instruct(**REGISTER)
    looking(sagemaker, trained)
    sagemaker.add_response("create_model", {"ModelArn": "arn:aws:sagemaker:eu-west-1:111122223333:model/x"})
    sagemaker.add_client_error("create_transform_job", "ResourceLimitExceeded", "no", http_status_code=400)
    sagemaker.add_response("delete_model", {})
    sagemaker.add_client_error("delete_model", "ValidationException", "Could not find model", http_status_code=400)
    creating(sagemaker, "Rejected")
    explaining(sagemaker)
    deliver(ended(registration=KEY))
    assert "It was not compared with berths version 2" in inbox()[0]["Message"]
    assert "Contents" not in calls.client("s3").list_objects_v2(Bucket=PIPELINES, Prefix="registered/comparisons/")


def test_a_begin_that_was_interrupted_is_the_same_when_repeated(
    sagemaker: Stubber, inbox: Inbox, trained: Event
) -> None:
    instruct(**REGISTER)
    looking(sagemaker, trained)
    sagemaker.add_client_error("create_model", "ThrottlingException", "slow", http_status_code=400)
    with pytest.raises(ServiceRefusedError):
        deliver(ended(registration=KEY))
    assert inbox() == []
    looking(sagemaker, trained)
    there = 'Cannot create already existing model "x".'
    sagemaker.add_client_error("create_model", "ValidationException", there, http_status_code=400)
    sagemaker.add_client_error("create_transform_job", "ResourceInUse", "there", http_status_code=400)
    making(sagemaker, "deployed")
    deliver(ended(registration=KEY))
    assert len(inbox()) == 1


def test_a_conclusion_that_was_interrupted_is_the_same_when_repeated(
    sagemaker: Stubber, inbox: Inbox, trained: Event
) -> None:
    first, second = begun(sagemaker, trained)
    predicted(first, GOOD)
    predicted(second, BAD)
    for attempt in range(2):
        transforming(sagemaker, (first, "Completed"), (second, "Completed"))
        describing(sagemaker, trained)
        if attempt:
            creating(sagemaker, "Approved")
            cleaning(sagemaker)
            assert scored(second) == {"compared": 1}
        else:
            sagemaker.add_client_error("create_model_package", "ThrottlingException", "slow", http_status_code=400)
            with pytest.raises(ServiceRefusedError):
                scored(second)
    assert len(inbox()) == 2


def test_both_models_are_in_the_network_of_the_job(sagemaker: Stubber, trained: Event) -> None:
    network = {"VpcConfig": {"Subnets": ["subnet-1"], "SecurityGroupIds": ["sg-1"]}, "EnableNetworkIsolation": True}
    trained |= network
    instruct(**REGISTER)
    looking(sagemaker, trained)
    making(sagemaker, "challenger", "deployed", **network)
    deliver(ended(registration=KEY))


def test_a_gate_that_does_not_hold_needs_no_comparison(sagemaker: Stubber, trained: Event) -> None:
    instruct(**REGISTER, min_metric={"validation:auc": 2.0})
    describing(sagemaker, trained)
    creating(sagemaker, "Rejected")
    explaining(sagemaker)
    deliver(ended(registration=KEY))


def test_jobs_of_others_are_ignored(sagemaker: Stubber) -> None:
    """Also one whose name looks like a comparison's."""
    assert scored("nightly") == {"compared": 0}
    assert scored(f"mlops-gate-{'0' * 16}-deployed") == {"compared": 0}


def follows(name: str, version: str, *, still: bool = True) -> None:
    """Have a pipeline follow the group, or have followed it."""
    request = {"model_package_name": version, **({"deploy_on_approval": True} if still else {})}
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("request.json", json.dumps(request))
    s3 = calls.client("s3")
    s3.put_object(Bucket=PIPELINES, Key=f"provisioned/{name}/template.zip", Body=package.getvalue())
    s3.put_object(Bucket=PIPELINES, Key=f"followers/groups/berths/{name}.json", Body=b"{}")


def test_what_is_deployed_is_the_newest_version_of_those_who_follow(sagemaker: Stubber) -> None:
    """As numbers, not as texts; an entry that is stale, or without a package, tells nothing."""
    versions = [PACKAGE.replace("berths/3", f"berths/{number}") for number in (9, 10, 11)]
    for number, version in enumerate(versions):
        follows(f"pipeline-{number}", version, still=number < 2)
    calls.client("s3").put_object(Bucket=PIPELINES, Key="followers/groups/berths/gone.json", Body=b"{}")
    asked = Instructions(model_package_group_name="berths", **REGISTER)
    assert comparing.deployed_version(asked, PIPELINES) == versions[1]
