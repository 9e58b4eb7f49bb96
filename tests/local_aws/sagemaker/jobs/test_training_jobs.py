# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import xgboost
from botocore.exceptions import ClientError

from scripts.local_aws.eventbridge import events
from scripts.local_aws.sagemaker import install as sagemaker
from scripts.local_aws.sagemaker.jobs import job_process, job_records
from tests.local_aws import training
from tests.local_aws.conftest import ClientFactory
from tests.local_aws.serving import ACCOUNT, ARN, BUCKET, CUSTOM_IMAGE, ROLE, make_config, make_model
from tests.local_aws.training import STATIC, as_csv, as_libsvm, channel, tables, training_request
from tests.local_aws.waiting import SECONDS

OLD_IMAGE = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:0.90-2-cpu-py3"
BAD_DATA = {"header": "a,b\n1,2\n", "words": "nothing\n", "labels": "2,1\n0,2\n0,3\n", "narrow": "1,1\n0,2\n"}

Start = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module", autouse=True)
def account(client: ClientFactory) -> None:
    """A bucket with the channels in every form."""
    s3 = client("s3")
    training.store_channels(s3)
    for name, table in tables().items():
        parts = [table[:150], table[150:]]
        for number, part in enumerate(parts):
            s3.put_object(Bucket=BUCKET, Key=f"parts/{name}/{number}/part.csv", Body=as_csv(part))
            zipped = gzip.compress(as_csv(part).encode())
            s3.put_object(Bucket=BUCKET, Key=f"gzip/{name}/part-{number}.csv.gz", Body=zipped)
            s3.put_object(Bucket=BUCKET, Key=f"libsvm/{name}/part-{number}", Body=as_libsvm(part))
        s3.put_object(Bucket=BUCKET, Key=f"parts/{name}/", Body=b"")
        s3.put_object(Bucket=BUCKET, Key=f"parts/{name}/_SUCCESS", Body=b"no data")


@pytest.fixture
def start(client: ClientFactory) -> Start:
    """Run a job to its end; the description."""

    def run(name: str, **changes: Any) -> dict[str, Any]:
        sm = client("sagemaker")
        sm.create_training_job(**training_request(name, **changes))
        assert sagemaker.wait_idle(SECONDS)
        return dict(sm.describe_training_job(TrainingJobName=name))

    return run


def booster_of(client: ClientFactory, job: dict[str, Any]) -> xgboost.Booster:
    """The model in a job's artifact, loaded by XGBoost itself."""
    bucket, _, key = job["ModelArtifacts"]["S3ModelArtifacts"].removeprefix("s3://").partition("/")
    archive = client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert tar.getnames() == ["xgboost-model"]
        member = tar.extractfile("xgboost-model")
        assert member is not None
        return xgboost.Booster(model_file=bytearray(member.read()))


def predictions(booster: xgboost.Booster) -> list[float]:
    """What a model says of the rows of the validation channel."""
    predicted: list[float] = booster.predict(xgboost.DMatrix(tables()["validation"][:, 1:])).tolist()
    return predicted


def metrics_of(job: dict[str, Any]) -> dict[str, float]:
    return {metric["MetricName"]: metric["Value"] for metric in job["FinalMetricDataList"]}


@pytest.fixture(scope="module")
def expected() -> xgboost.Booster:
    """The same training by XGBoost alone."""
    table = tables()["train"]
    parameters = {"objective": "binary:logistic", "max_depth": 3, "seed": 7, "nthread": 1}
    return xgboost.train(parameters, xgboost.DMatrix(table[:, 1:], table[:, 0]), 20)


def test_the_artifact_behind_an_endpoint_predicts_what_the_booster_predicts(
    client: ClientFactory, start: Start, expected: xgboost.Booster
) -> None:
    sm, job = client("sagemaker"), start("Trained")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed")
    assert job["ModelArtifacts"] == {"S3ModelArtifacts": f"s3://{BUCKET}/models/Trained/output/model.tar.gz"}
    make_model(sm, "Trained", artifact=job["ModelArtifacts"]["S3ModelArtifacts"])
    make_config(sm, "Trained", "Trained")
    sm.create_endpoint(EndpointName="Trained", EndpointConfigName="Trained")
    rows = as_csv(tables()["validation"][:, 1:])
    answer = client("sagemaker-runtime").invoke_endpoint(EndpointName="Trained", ContentType="text/csv", Body=rows)
    served = [float(line) for line in answer["Body"].read().decode().split()]
    assert served == predictions(expected)


def test_the_final_metrics_are_those_of_the_model(client: ClientFactory, start: Start) -> None:
    wanted = '["error", "accuracy", "f1", "mse", "logloss"]'
    job = start("Metrics", HyperParameters={**STATIC, "eval_metric": wanted})
    probabilities = np.array(predictions(booster_of(client, job)))
    labels, classes = tables()["validation"][:, 0], probabilities > 0.5
    error = float(np.mean(labels != classes))
    hits = [np.sum((labels == one) & (classes == one)) for one in (0, 1)]
    sums = [np.sum(labels == one) + np.sum(classes == one) for one in (0, 1)]
    assert metrics_of(job) == pytest.approx(
        {
            **{name: value for name, value in metrics_of(job).items() if name.startswith("train:")},
            "validation:error": error,
            "validation:accuracy": 1 - error,
            "validation:f1": np.mean([2 * hit / total for hit, total in zip(hits, sums, strict=True)]),
            "validation:mse": np.mean((labels - probabilities) ** 2),
            "validation:logloss": -np.mean(np.log(np.where(labels == 1, probabilities, 1 - probabilities))),
        },
        rel=1e-4,
    )
    assert {name.partition(":")[2] for name in metrics_of(job)} == set(json.loads(wanted))


def test_without_a_validation_channel_the_metrics_are_those_of_the_training_data(start: Start) -> None:
    job = start("Train-only", InputDataConfig=[channel("train", "csv/train/")])
    assert list(metrics_of(job)) == ["train:logloss"]


@pytest.mark.parametrize(
    ("form", "more"),
    [
        ("parts", {"ContentType": "text/csv; label_size=1"}),
        ("gzip", {"ContentType": "text/csv", "CompressionType": "Gzip"}),
        ("libsvm", {"ContentType": "text/x-libsvm"}),
        ("libsvm", {"ContentType": "libsvm", "InputMode": "FastFile", "CompressionType": "None"}),
    ],
)
def test_every_form_of_the_same_data_gives_the_same_model(
    client: ClientFactory, start: Start, expected: xgboost.Booster, form: str, more: dict[str, Any]
) -> None:
    name = f"{form}-{len(more)}"
    job = start(name, InputDataConfig=[channel(each, f"{form}/{each}/", **more) for each in tables()])
    assert job["TrainingJobStatus"] == "Completed"
    assert predictions(booster_of(client, job)) == predictions(expected)


def test_libsvm_is_what_a_channel_without_content_type_holds(start: Start) -> None:
    channels = [channel("train", "libsvm/train/"), channel("validation", "libsvm/validation/")]
    bare = [{name: value for name, value in each.items() if name != "ContentType"} for each in channels]
    assert start("bare-libsvm", InputDataConfig=bare)["TrainingJobStatus"] == "Completed"


def test_absent_cells_and_weights_are_read(client: ClientFactory, start: Start) -> None:
    s3 = client("s3")
    s3.put_object(Bucket=BUCKET, Key="gaps/data.csv", Body="1;0.5;\n0;;2\n1;3;4\n0;1;1\n" * 5)
    s3.put_object(Bucket=BUCKET, Key="weighted/data", Body="1:3 0:1\n0:1 0:1\n" * 10)
    gaps = {"num_round": "2", "min_child_weight": "0"}
    assert start("Gaps", HyperParameters=gaps, InputDataConfig=[channel("train", "gaps/")])["ModelArtifacts"]
    weighted = channel("train", "weighted/", ContentType="libsvm")
    # One round with one leaf: the mean of the labels by their weights, 0.75 and not 0.5.
    one_leaf = {"num_round": "1", "eta": "1", "lambda": "0", "base_score": "0"}
    job = start("Weighted", HyperParameters=one_leaf, InputDataConfig=[weighted])
    assert booster_of(client, job).predict(xgboost.DMatrix([[1.0]])) == pytest.approx([0.75])


def test_early_stopping_keeps_the_best_round(client: ClientFactory, start: Start) -> None:
    eager = {"num_round": "60", "objective": "binary:logistic", "eta": "0.8", "eval_metric": "error,logloss"}
    job = start("Early", HyperParameters={**eager, "early_stopping_rounds": "3"})
    every = start("Late", HyperParameters=eager)
    booster = booster_of(client, job)
    assert booster_of(client, every).num_boosted_rounds() == 60
    assert booster.num_boosted_rounds() == int(booster.attr("best_iteration") or 0) + 1 < 60
    labels, probabilities = tables()["validation"][:, 0], np.array(predictions(booster))
    best = -np.mean(np.log(np.where(labels == 1, probabilities, 1 - probabilities)))
    assert best == pytest.approx(float(booster.attr("best_score") or 0), rel=1e-4)
    assert best < metrics_of(job)["validation:logloss"]


def test_a_job_is_described_as_it_was_requested(start: Start) -> None:
    """The product's request in full: what has no effect here is kept all the same."""
    output = f"s3://{BUCKET}/models"
    more = {
        "OutputDataConfig": {"S3OutputPath": output, "KmsKeyId": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1111"},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 900},
        "EnableManagedSpotTraining": True,
        "EnableInterContainerTrafficEncryption": True,
        "CheckpointConfig": {"S3Uri": f"{output}/checkpoint"},
        "DebugHookConfig": {"S3OutputPath": output, "CollectionConfigurations": []},
        "ProfilerConfig": {"S3OutputPath": output, "DisableProfiler": False},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 3, "VolumeSizeInGB": 20},
    }
    job = start("Described", Tags=[{"Key": "a", "Value": "b"}], **more)
    asked = training_request("Described", **more)
    assert {name: job[name] for name in asked} == asked
    assert job["TrainingJobArn"] == f"{ARN}:training-job/described"
    assert job["CreationTime"] <= job["TrainingStartTime"] <= job["TrainingEndTime"] <= job["LastModifiedTime"]
    assert job["TrainingTimeInSeconds"] >= 1 <= job["BillableTimeInSeconds"]
    stages = [each["Status"] for each in job["SecondaryStatusTransitions"]]
    assert stages == ["Starting", "Downloading", "Training", "Uploading", "Completed"]
    assert "FailureReason" not in job
    assert "TuningJobArn" not in job


def test_tags_stay_with_the_job(client: ClientFactory, start: Start) -> None:
    job = start("Tagged", Tags=[{"Key": "a", "Value": "b"}])
    assert client("sagemaker").list_tags(ResourceArn=job["TrainingJobArn"])["Tags"] == [{"Key": "a", "Value": "b"}]


def test_the_artifact_is_encrypted_with_the_key_of_the_request(client: ClientFactory, start: Start) -> None:
    key = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1111"
    start("Encrypted", OutputDataConfig={"S3OutputPath": f"s3://{BUCKET}/models/", "KmsKeyId": key})
    stored = client("s3").head_object(Bucket=BUCKET, Key="models/Encrypted/output/model.tar.gz")
    assert (stored["ServerSideEncryption"], stored["SSEKMSKeyId"]) == ("aws:kms", key)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"InputDataConfig": [channel("train", "nothing/here")]},
            f'No S3 objects found under S3 URL "s3://{BUCKET}/nothing/here" given in input data source. Please ensure '
            "that the bucket exists in the selected region (us-east-1), that objects exist under that S3 prefix, and "
            f'that the role "{ROLE}" has "s3:ListBucket" permissions on bucket "{BUCKET}".',
        ),
        (
            {"TrainingJobName": "not_allowed"},
            "1 validation error detected: Value 'not_allowed' at 'trainingJobName' failed to satisfy constraint: ",
        ),
        (
            {"EnableManagedSpotTraining": True},
            "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to MaxRuntimeInSeconds",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 60, "MaxWaitTimeInSeconds": 60}},
            "MaxWaitTimeInSeconds above 0, but EnableManagedSpotTraining is not set to true",
        ),
    ],
)
def test_wrong_requests_are_refused_in_sagemakers_words(
    client: ClientFactory, changes: dict[str, Any], words: str
) -> None:
    with pytest.raises(ClientError) as refused:
        client("sagemaker").create_training_job(**training_request("Refused", **changes))
    error = refused.value.response["Error"]
    assert (error["Code"], error["Message"][: len(words)]) == ("ValidationException", words)
    with pytest.raises(ClientError, match=r"Requested resource not found\."):
        client("sagemaker").describe_training_job(TrainingJobName="Refused")


def test_a_name_is_never_free_again(client: ClientFactory, start: Start) -> None:
    start("Once")
    with pytest.raises(ClientError) as refused:
        client("sagemaker").create_training_job(**training_request("ONCE"))
    assert refused.value.response["Error"] == {
        "Code": "ResourceInUse",
        "Message": "Job name must be unique within an AWS account and region, and a job with this name already exists "
        f"({ARN}:training-job/once)",
    }


def parameters(**changes: str) -> dict[str, Any]:
    return {"HyperParameters": {**STATIC, **changes}}


def train_on(prefix: str, **more: Any) -> dict[str, Any]:
    return {"InputDataConfig": [channel("train", prefix, **more)]}


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("custom", {"image": CUSTOM_IMAGE}, f"^The local AWS cannot run the image {re.escape(CUSTOM_IMAGE)}: it train"),
        ("by-name", {"AlgorithmSpecification": {"TrainingInputMode": "File", "AlgorithmName": "a"}}, "AlgorithmName"),
        ("eta", parameters(eta="5"), r"^AlgorithmError: framework error: UserError: Hyperparameter eta: 5.0 is not in"),
        ("gpu", parameters(tree_method="gpu_hist"), "AlgorithmError: XGB train call failed with exception"),
        ("not-0-or-1", train_on("labels"), "UserError: .*label must be in .* for logistic regression"),
        (
            "wider",
            {"InputDataConfig": [channel("train", "narrow"), channel("validation", "csv/validation/")]},
            "UserError: (.|\n)*Number of columns",
        ),
        ("base", parameters(base_score="5"), r"framework error: UserError: .*base_score must be in \(0,1\)"),
        ("channel", {"InputDataConfig": [channel("test", "csv/")]}, "UserError: Missing required channel: train$"),
        ("two", {"InputDataConfig": [channel("train", "csv/"), channel("test", "csv/")]}, "Extraneous channel .* test"),
        ("parquet", train_on("csv/", ContentType="parquet"), "does not train on parquet"),
        ("type", train_on("csv/", ContentType="text/plain"), "text/plain is not an accepted ContentType: csv, "),
        ("label-size", train_on("csv/", ContentType="csv;label_size=2"), "label_size must be equal to 1"),
        ("recordio", train_on("csv/", RecordWrapperType="RecordIO"), "without a RecordWrapperType"),
        ("not-gzip", train_on("csv/", CompressionType="Gzip"), "csv/train/data.csv is not gzip: Not a gzipped file"),
        ("header", train_on("header"), "Failed to load csv data with exception:\n.*'a'"),
        ("words", train_on("words"), "Could not determine delimiter on line nothing"),
        ("no-svm", train_on("header", ContentType="libsvm"), "is not 'LIBSVM' format"),
        ("empty", train_on("parts/train/_SUCCESS"), "UserError: No data in train channel path"),
        (
            "bare",
            {"OutputDataConfig": {"S3OutputPath": "s3://abc", "CompressionType": "NONE"}},
            "only: use the Comp",
        ),
        (
            "nowhere",
            {"OutputDataConfig": {"S3OutputPath": "s3://not-there"}},
            "Artifact upload failed: .*NoSuchBu",
        ),
    ],
)
def test_what_cannot_be_done_fails_the_job_in_words(
    client: ClientFactory, start: Start, name: str, changes: dict[str, Any], reason: str
) -> None:
    for key, body in BAD_DATA.items():
        client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
    job = start(name, **changes)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    assert re.search(reason, job["FailureReason"])
    assert "ModelArtifacts" not in job


def test_other_sources_than_prefixes_fail_the_job(client: ClientFactory, start: Start) -> None:
    manifest = channel("train", "csv/")
    manifest["DataSource"]["S3DataSource"]["S3DataType"] = "ManifestFile"
    assert "S3Prefix, not ManifestFile" in start("manifest", InputDataConfig=[manifest])["FailureReason"]
    files = {"FileSystemId": "fs-12345678", "FileSystemAccessMode": "ro", "FileSystemType": "EFS", "DirectoryPath": "/"}
    source = {"ChannelName": "train", "DataSource": {"FileSystemDataSource": files}}
    assert "from an S3DataSource only" in start("files", InputDataConfig=[source])["FailureReason"]


def test_old_images_train_as_well(client: ClientFactory, start: Start, expected: xgboost.Booster) -> None:
    job = start("Old", image=OLD_IMAGE)
    assert predictions(booster_of(client, job)) == predictions(expected)


def test_a_stopped_job_stores_nothing(client: ClientFactory) -> None:
    sm = client("sagemaker")
    endless = {**STATIC, "num_round": "100000000"}
    sm.create_training_job(**training_request("Endless", HyperParameters=endless))
    with job_records.THREADS.changed:
        assert job_records.THREADS.changed.wait_for(job_process.running, SECONDS)
    assert not sagemaker.wait_idle(0)
    sm.stop_training_job(TrainingJobName="Endless")
    assert sagemaker.wait_idle(SECONDS)
    assert job_process.running() == []
    job = sm.describe_training_job(TrainingJobName="Endless")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert "Contents" not in client("s3").list_objects_v2(Bucket=BUCKET, Prefix="models/Endless/")
    with pytest.raises(ClientError, match="rejected because the training job is in status Stopped"):
        sm.stop_training_job(TrainingJobName="Endless")
    with pytest.raises(ClientError) as refused:
        sm.stop_training_job(TrainingJobName="never-was")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFound"


def test_jobs_are_listed_in_pages_by_status_and_name(client: ClientFactory, start: Start) -> None:
    sm = client("sagemaker")
    for name in ("listed-a", "listed-b", "listed-c"):
        start(name, **({"image": CUSTOM_IMAGE} if name == "listed-b" else {}))
    first = sm.list_training_jobs(NameContains="listed-", MaxResults=2, SortBy="Name", SortOrder="Descending")
    rest = sm.list_training_jobs(
        NameContains="listed-", MaxResults=2, SortBy="Name", SortOrder="Descending", NextToken=first["NextToken"]
    )
    names = [[job["TrainingJobName"] for job in page["TrainingJobSummaries"]] for page in (first, rest)]
    assert names == [["listed-c", "listed-b"], ["listed-a"]]
    assert "NextToken" not in rest
    failed = sm.list_training_jobs(NameContains="listed-", StatusEquals="Failed")["TrainingJobSummaries"]
    assert [(job["TrainingJobName"], job["TrainingJobStatus"]) for job in failed] == [("listed-b", "Failed")]
    since = sm.describe_training_job(TrainingJobName="listed-c")["CreationTime"]
    before = sm.list_training_jobs(NameContains="listed-", CreationTimeBefore=since)["TrainingJobSummaries"]
    assert [job["TrainingJobName"] for job in before] == ["listed-a", "listed-b"]
    with pytest.raises(ClientError, match="pagination token"):
        sm.list_training_jobs(NextToken="elsewhere")


def test_each_change_is_an_event(client: ClientFactory, start: Start) -> None:
    queue = client("sqs").create_queue(QueueName="changes")["QueueUrl"]
    pattern = {"source": ["aws.sagemaker"], "detail-type": ["SageMaker Training Job State Change"]}
    client("events").put_rule(Name="changes", EventPattern=json.dumps(pattern))
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:changes"
    client("events").put_targets(Rule="changes", Targets=[{"Id": "queue", "Arn": arn}])
    job = start("Told", Tags=[{"Key": "a", "Value": "b"}])
    start("Told-of-failure", image=CUSTOM_IMAGE)
    assert events.wait_idle(SECONDS)
    client("events").remove_targets(Rule="changes", Ids=["queue"])
    messages = client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    told = [json.loads(message["Body"]) for message in messages]
    details = [event["detail"] for event in told]
    assert [(each["TrainingJobName"], each["TrainingJobStatus"]) for each in details] == [
        ("Told", "InProgress"),
        ("Told", "Completed"),
        ("Told-of-failure", "InProgress"),
        ("Told-of-failure", "Failed"),
    ]
    assert told[1]["resources"] == [job["TrainingJobArn"]]
    assert details[1]["Tags"] in ({"a": "b"}, [{"Key": "a", "Value": "b"}])
    assert details[1]["ModelArtifacts"] == job["ModelArtifacts"]
    assert details[1]["TrainingEndTime"] == round(job["TrainingEndTime"].timestamp() * 1000)
    assert details[1]["SecondaryStatusTransitions"][-1]["StartTime"] <= details[1]["TrainingEndTime"]
    assert "cannot run the image" in details[3]["FailureReason"]
