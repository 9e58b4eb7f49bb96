# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.local_aws.eventbridge import events
from scripts.local_aws.processes import model_process
from scripts.local_aws.processes.model_process import Prediction
from scripts.local_aws.sagemaker import install as sagemaker
from scripts.local_aws.sagemaker.jobs import transform_scoring
from scripts.local_aws.sagemaker.model_hosting import Served
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.serving import ACCOUNT, ARN, BUCKET, CUSTOM_IMAGE, IMAGE, ROLE, csv_of, make_model
from tests.local_aws.waiting import SECONDS

OLD_IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:0.90-2-cpu-py3"

Start = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module", autouse=True)
def account(client: ClientFactory, trained: TrainedModel) -> None:
    """A bucket with the model and the data, and a model of each kind."""
    s3 = client("s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key="model.tar.gz", Body=demo_model.package(trained))
    s3.put_object(Bucket=BUCKET, Key="one/data.csv", Body=csv_of(trained, 20))
    s3.put_object(Bucket=BUCKET, Key="several/", Body=b"")
    for number in range(3):
        rows = csv_of(trained, 3 + number)
        s3.put_object(Bucket=BUCKET, Key=f"several/part-{number}/data.csv", Body=rows)
    for name, image in (("Model", IMAGE), ("Old", OLD_IMAGE), ("Custom", CUSTOM_IMAGE)):
        make_model(client("sagemaker"), name, image)


def request(name: str, source: str = "one/data.csv", **changes: Any) -> dict[str, Any]:
    """The product's request; `changes` replace or add members of it, `None` takes one away."""
    whole = {
        "TransformJobName": name,
        "ModelName": "Model",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/{source}"}},
            "ContentType": "text/csv",
            "SplitType": "Line",
            "CompressionType": "None",
        },
        "TransformOutput": {"S3OutputPath": f"s3://{BUCKET}/out/{name}", "Accept": "text/csv", "AssembleWith": "Line"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
    }
    for key, value in changes.items():
        whole[key] = whole[key] | value if isinstance(value, dict) and key in whole else value
    return whole


@pytest.fixture
def start(client: ClientFactory) -> Start:
    """Run a job to its end; the description."""

    def run(name: str, source: str = "one/data.csv", **changes: Any) -> dict[str, Any]:
        sm = client("sagemaker")
        sm.create_transform_job(**request(name, source, **changes))
        assert sagemaker.wait_idle(SECONDS)
        return dict(sm.describe_transform_job(TransformJobName=name))

    return run


def read(client: ClientFactory, key: str) -> str:
    body: bytes = client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()
    return body.decode()


def numbers(text: str) -> list[float]:
    return [float(line) for line in text.splitlines()]


def test_the_output_equals_the_predictions_of_the_model_itself(
    client: ClientFactory, start: Start, trained: TrainedModel
) -> None:
    before = model_process.running()
    job = start("Scores")
    assert model_process.running() == before
    assert job["TransformJobStatus"] == "Completed"
    assert numbers(read(client, "out/Scores/data.csv.out")) == demo_model.predict(trained, trained.holdout_rows[:20])


def test_a_job_is_described_as_it_was_requested(start: Start) -> None:
    job = start("Described", MaxPayloadInMB=5, BatchStrategy="MultiRecord", Tags=[{"Key": "a", "Value": "b"}])
    asked = request("Described", MaxPayloadInMB=5, BatchStrategy="MultiRecord")
    for name, value in asked.items():
        assert job[name] == value or job[name].items() >= value.items()
    assert job["TransformJobArn"] == f"{ARN}:transform-job/described"
    assert job["CreationTime"] <= job["TransformStartTime"] <= job["TransformEndTime"]
    assert "FailureReason" not in job


def test_tags_stay_with_the_job(client: ClientFactory, start: Start) -> None:
    job = start("Tagged", Tags=[{"Key": "a", "Value": "b"}])
    assert client("sagemaker").list_tags(ResourceArn=job["TransformJobArn"])["Tags"] == [{"Key": "a", "Value": "b"}]


def test_every_object_below_a_prefix_gets_its_output_in_its_folder(
    client: ClientFactory, start: Start, trained: TrainedModel
) -> None:
    assert start("Prefix", "several/")["TransformJobStatus"] == "Completed"
    found = client("s3").list_objects_v2(Bucket=BUCKET, Prefix="out/Prefix/")["Contents"]
    keys = [f"out/Prefix/part-{number}/data.csv.out" for number in range(3)]
    assert [item["Key"] for item in found] == keys
    for number, key in enumerate(keys):
        assert numbers(read(client, key)) == demo_model.predict(trained, trained.holdout_rows[: 3 + number])


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("single", {"BatchStrategy": "SingleRecord"}),
        ("unsplit", {"TransformInput": {"SplitType": "None"}}),
        ("no-limit", {"MaxPayloadInMB": 0}),
        ("old-image", {"ModelName": "Old"}),
        ("old-image-single", {"ModelName": "Old", "BatchStrategy": "SingleRecord"}),
        ("not-assembled", {"TransformOutput": {"AssembleWith": "None"}}),
    ],
)
def test_strategies_and_images_change_nothing_in_the_results(
    client: ClientFactory, start: Start, trained: TrainedModel, name: str, changes: dict[str, Any]
) -> None:
    assert start(name, **changes)["TransformJobStatus"] == "Completed"
    assert numbers(read(client, f"out/{name}/data.csv.out")) == demo_model.predict(trained, trained.holdout_rows[:20])


def test_the_output_is_encrypted_with_the_key_of_the_request(client: ClientFactory, start: Start) -> None:
    key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1111"
    start("Encrypted", TransformOutput={"KmsKeyId": key})
    stored = client("s3").head_object(Bucket=BUCKET, Key="out/Encrypted/data.csv.out")
    assert (stored["ServerSideEncryption"], stored["SSEKMSKeyId"]) == ("aws:kms", key)


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"ModelName": "Nothing"}, "ValidationException", f'Could not find model "{ARN}:model/nothing".'),
        (
            {"TransformResources": {"InstanceType": "ml.imaginary.large"}},
            "ValidationException",
            "1 validation error detected: Value 'ml.imaginary.large' at 'transformResources.instanceType' failed to "
            "satisfy constraint: Member must satisfy enum value set: [",
        ),
        (
            {"TransformJobName": "not_allowed", "BatchStrategy": "Some"},
            "ValidationException",
            "2 validation errors detected: Value 'not_allowed' at 'transformJobName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: ",
        ),
        ({"TransformJobName": "a" * 64}, "ValidationException", "2 validation errors detected: Value 'aaa"),
        (
            {"MaxPayloadInMB": 60, "MaxConcurrentTransforms": 2},
            "ValidationException",
            "MaxConcurrentTransforms * MaxPayloadInMB must not exceed 100 MB: 2 * 60 were given.",
        ),
        (
            {"TransformInput": request("x", "nothing/here")["TransformInput"]},
            "ValidationException",
            f'No S3 objects found under S3 URL "s3://{BUCKET}/nothing/here" given in input data source. Please ensure '
            "that the bucket exists in the selected region (us-east-1), that objects exist under that S3 prefix, and "
            f'that the role "{ROLE}" has "s3:ListBucket" permissions on bucket "{BUCKET}".',
        ),
    ],
)
def test_wrong_requests_are_refused_in_sagemakers_words(
    client: ClientFactory, changes: dict[str, Any], code: str, words: str
) -> None:
    with pytest.raises(ClientError) as refused:
        client("sagemaker").create_transform_job(**request("Refused", **changes))
    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"][: len(words)]) == (code, words)
    with pytest.raises(ClientError, match="Could not find requested job with name: Refused"):
        client("sagemaker").describe_transform_job(TransformJobName="Refused")


def test_a_name_is_never_free_again(client: ClientFactory, start: Start) -> None:
    start("Once")
    with pytest.raises(ClientError) as refused:
        client("sagemaker").create_transform_job(**request("ONCE"))
    assert refused.value.response["Error"] == {
        "Code": "ResourceInUse",
        "Message": "Job name must be unique within an AWS account and region, and a job with this name already exists "
        f"({ARN}:transform-job/once)",
    }


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("custom", {"ModelName": "Custom"}, rf"^The local AWS cannot run the image {re.escape(CUSTOM_IMAGE)}"),
        ("recordio", {"TransformInput": {"SplitType": "RecordIO"}}, "SplitType None or Line, not RecordIO"),
        ("gzip", {"TransformInput": {"CompressionType": "Gzip"}}, "CompressionType None, not Gzip"),
        ("captured", {"DataCaptureConfig": {"DestinationS3Uri": "s3://x/y"}}, "without DataCaptureConfig"),
        ("nowhere", {"TransformOutput": {"S3OutputPath": "s3://not-there/out"}}, "NoSuchBucket"),
    ],
    ids=["a-foreign-image", "recordio", "compressed", "captured", "no-bucket"],
)
def test_what_cannot_be_done_fails_the_job_in_words(
    start: Start, name: str, changes: dict[str, Any], reason: str
) -> None:
    job = start(name, **changes)
    assert job["TransformJobStatus"] == "Failed"
    assert re.search(reason, job["FailureReason"])


def test_a_bad_object_fails_the_job_and_leaves_the_others_their_results(
    client: ClientFactory, start: Start, trained: TrainedModel
) -> None:
    for name, body in (("a.csv", csv_of(trained, 2)), ("b.csv", "first,second\n1,2\n"), ("c.csv", csv_of(trained, 1))):
        client("s3").put_object(Bucket=BUCKET, Key=f"mixed/{name}", Body=body)
    job = start("Mixed", "mixed/")
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: See job logs for more information.")
    assert f"s3://{BUCKET}/mixed/b.csv: Loading csv data failed" in job["FailureReason"]
    found = client("s3").list_objects_v2(Bucket=BUCKET, Prefix="out/Mixed/")["Contents"]
    assert [item["Key"] for item in found] == ["out/Mixed/a.csv.out", "out/Mixed/c.csv.out"]


def test_a_model_that_cannot_be_loaded_fails_the_job(client: ClientFactory, start: Start) -> None:
    client("s3").put_object(Bucket=BUCKET, Key="bad.tar.gz", Body=b"no archive")
    make_model(client("sagemaker"), "Bad", artifact=f"s3://{BUCKET}/bad.tar.gz")
    assert "Failed to extract model data archive" in start("bad-model", ModelName="Bad")["FailureReason"]


def test_a_stopped_job_stores_nothing(client: ClientFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    sm, asked, go_on = client("sagemaker"), threading.Event(), threading.Event()

    def when_stopped(*_: Any) -> Prediction:
        asked.set()
        assert go_on.wait(SECONDS)
        return Prediction(200, "text/csv", b"1\n")

    monkeypatch.setattr(Served, "predict", when_stopped)
    sm.create_transform_job(**request("Long"))
    assert asked.wait(SECONDS)
    assert sm.describe_transform_job(TransformJobName="Long")["TransformJobStatus"] == "InProgress"
    assert not sagemaker.wait_idle(0)
    sm.stop_transform_job(TransformJobName="Long")
    go_on.set()
    assert sagemaker.wait_idle(SECONDS)
    assert sm.describe_transform_job(TransformJobName="Long")["TransformJobStatus"] == "Stopped"
    assert "Contents" not in client("s3").list_objects_v2(Bucket=BUCKET, Prefix="out/Long/")
    with pytest.raises(ClientError, match="rejected because the transform job is in status Stopped"):
        sm.stop_transform_job(TransformJobName="Long")
    with pytest.raises(ClientError) as refused:
        sm.stop_transform_job(TransformJobName="never-was")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFound"


def test_jobs_are_listed_with_their_status(client: ClientFactory, start: Start) -> None:
    start("listed-a")
    start("listed-b", ModelName="Custom")
    listed = client("sagemaker").list_transform_jobs(NameContains="listed-")["TransformJobSummaries"]
    assert {job["TransformJobName"]: job["TransformJobStatus"] for job in listed} == {
        "listed-a": "Completed",
        "listed-b": "Failed",
    }


def test_each_change_is_an_event(client: ClientFactory, start: Start) -> None:
    queue = client("sqs").create_queue(QueueName="changes")["QueueUrl"]
    client("events").put_rule(
        Name="changes",
        EventPattern=json.dumps({"source": ["aws.sagemaker"], "detail-type": ["SageMaker Transform Job State Change"]}),
    )
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:changes"
    client("events").put_targets(Rule="changes", Targets=[{"Id": "queue", "Arn": arn}])
    job = start("Told", Tags=[{"Key": "a", "Value": "b"}])
    start("Told-of-failure", ModelName="Custom")
    assert events.wait_idle(SECONDS)
    messages = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    told = [json.loads(message["Body"]) for message in messages]
    details = [event["detail"] for event in told]
    assert [(each["TransformJobName"], each["TransformJobStatus"]) for each in details] == [
        ("Told", "InProgress"),
        ("Told", "Completed"),
        ("Told-of-failure", "InProgress"),
        ("Told-of-failure", "Failed"),
    ]
    assert told[1]["resources"] == [job["TransformJobArn"]]
    assert details[1]["Tags"] in ({"a": "b"}, [{"Key": "a", "Value": "b"}])
    assert details[1]["TransformEndTime"] == round(job["TransformEndTime"].timestamp() * 1000)
    assert "cannot run the image" in details[3]["FailureReason"]


@pytest.mark.parametrize(
    ("key", "prefix", "relative"),
    [
        ("a/b/data.csv", "a/b/data.csv", "data.csv"),
        ("a/b/data.csv", "a/", "b/data.csv"),
        ("a/b/data.csv", "a", "b/data.csv"),
        ("a/b/data.csv", "a/b/da", "data.csv"),
        ("a/b/data.csv", "", "a/b/data.csv"),
        ("part-1/data.csv", "par", "part-1/data.csv"),
    ],
)
def test_paths_of_outputs(key: str, prefix: str, relative: str) -> None:
    assert transform_scoring.relative_key(key, prefix) == relative


def test_batches_hold_as_many_lines_as_the_payload_allows() -> None:
    line = b"x" * 399_999 + b"\n"
    split = {"TransformInput": {"SplitType": "Line"}, "MaxPayloadInMB": 1}
    assert list(transform_scoring.batches(line * 5, split)) == [line * 2, line * 2, line]
    assert list(transform_scoring.batches(b"", split)) == []
    assert list(transform_scoring.batches(b"1\r\n2\n3", split)) == [b"1\r\n2\n3"]


def test_a_record_over_the_payload_limit_fails_the_job(client: ClientFactory, start: Start) -> None:
    client("s3").put_object(Bucket=BUCKET, Key="wide.csv", Body=b"1," * 600_000)
    job = start("Wide", "wide.csv", MaxPayloadInMB=1)
    assert "larger than MaxPayloadInMB allows (1048576 bytes)" in job["FailureReason"]


def test_filters_leave_label_and_prediction_of_each_row(
    client: ClientFactory, start: Start, trained: TrainedModel
) -> None:
    """As a model is compared: it does not see the label."""
    rows = csv_of(trained, 4).splitlines()
    body = "".join(f"{number}.5,{row}\n" for number, row in enumerate(rows))
    client("s3").put_object(Bucket=BUCKET, Key="labelled/rows.csv", Body=body)
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    assert start("Labelled", "labelled/rows.csv", DataProcessing=processing)["TransformJobStatus"] == "Completed"
    pairs = [line.split(",") for line in read(client, "out/Labelled/rows.csv.out").splitlines()]
    assert [pair[0] for pair in pairs] == ["0.5", "1.5", "2.5", "3.5"]
    assert [float(pair[1]) for pair in pairs] == demo_model.predict(trained, trained.holdout_rows[:4])
