# SPDX-License-Identifier: Apache-2.0
"""What the texts of a request to `Custom::SageMakerJob` become: JSON, files in S3, and the name of the job."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from tests.inline.custom_resource import CloudFormation, Json

VALUES = "quayside-pipelines"
KEY = "provisioned/mlops-pipeline-berths-modeltraining/requests/0f1e.json"
ARN = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/x"

REQUEST: Json = {
    "RoleArn": "arn:aws:iam::111122223333:role/quayside",
    "AlgorithmSpecification": {
        "TrainingInputMode": "File",
        "TrainingImage": "image",
        "MetricDefinitions": '[{"Name": "auc", "Regex": "auc=(.*)"}]',
    },
    "HyperParameters": '{"eta": "0.08", "empty": "", "num_round": "240"}',
    "InputDataConfig": [
        {
            "ChannelName": "train",
            "DataSource": {
                "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/t", "AttributeNames": '["a", "b"]'}
            },
        }
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://b/out"},
    "ResourceConfig": '{"InstanceType": "ml.m5.large", "InstanceCount": "1", "VolumeSizeInGB": 20}',
    "StoppingCondition": {"MaxRuntimeInSeconds": "600", "MaxWaitTimeInSeconds": "1200"},
    "EnableManagedSpotTraining": "true",
    "CheckpointConfig": {"S3Uri": "s3://b/out/{JobName}/checkpoint"},
    "Tags": '[{"Key": "stack_name", "Value": "quayside"}]',
}
"""A map, lists and a structure as JSON, as the parameters of a blueprint are."""


def typed(name: str) -> Json:
    """`REQUEST` as SageMaker must get it."""
    return {
        "TrainingJobName": name,
        "RoleArn": "arn:aws:iam::111122223333:role/quayside",
        "AlgorithmSpecification": {
            "TrainingInputMode": "File",
            "TrainingImage": "image",
            "MetricDefinitions": [{"Name": "auc", "Regex": "auc=(.*)"}],
        },
        "HyperParameters": {"eta": "0.08", "empty": "", "num_round": "240"},
        "InputDataConfig": [
            {
                "ChannelName": "train",
                "DataSource": {
                    "S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://b/t", "AttributeNames": ["a", "b"]}
                },
            }
        ],
        "OutputDataConfig": {"S3OutputPath": "s3://b/out"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 20},
        "StoppingCondition": {"MaxRuntimeInSeconds": 600, "MaxWaitTimeInSeconds": 1200},
        "EnableManagedSpotTraining": True,
        "CheckpointConfig": {"S3Uri": f"s3://b/out/{name}/checkpoint"},
        "Tags": [{"Key": "stack_name", "Value": "quayside"}],
    }


@pytest.fixture
def created(function: ModuleType) -> Iterator[list[Json]]:
    """The parameters of each CreateTrainingJob from here on."""
    found: list[Json] = []

    def note(params: Json, **_: Any) -> None:
        found.append(copy.deepcopy(params))

    events = function._client.meta.events
    events.register("provide-client-params.sagemaker.CreateTrainingJob", note)
    yield found
    events.unregister("provide-client-params.sagemaker.CreateTrainingJob", note)


@pytest.fixture
def values() -> Iterator[Any]:
    """The bucket of values that are too long for a parameter."""
    with mock_aws():
        s3 = boto3.client("s3", region_name="eu-west-1")
        s3.create_bucket(Bucket=VALUES, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield s3


def training(**changes: Any) -> Json:
    """Properties of a training job without a name of its own."""
    return {"Operation": "CreateTrainingJob", "Request": {**REQUEST, **changes}, "NamePrefix": "Berths-training"}


def starts(sagemaker: Stubber) -> None:
    sagemaker.add_response("create_training_job", {"TrainingJobArn": ARN})


def is_taken(sagemaker: Stubber, request: Json) -> None:
    """Expect a start that is refused, and a look at the job that was started from a request."""
    sagemaker.add_client_error("create_training_job", "ResourceInUse", "Job name must be unique")
    told = {key: value for key, value in request.items() if key != "Tags"}
    added = {
        "TrainingJobArn": ARN,
        "TrainingJobStatus": "InProgress",
        "SecondaryStatus": "Training",
        "ModelArtifacts": {"S3ModelArtifacts": "s3://b/out/x"},
        "CreationTime": 0,
        "EnableNetworkIsolation": False,
    }
    sagemaker.add_response("describe_training_job", {**told, **added}, {"TrainingJobName": told["TrainingJobName"]})


class TestJson:
    def test_maps_lists_and_structures_may_be_texts(
        self, cloudformation: CloudFormation, sagemaker: Stubber, created: list[Json]
    ) -> None:
        starts(sagemaker)
        assert cloudformation.create(**training())["Status"] == "SUCCESS"
        (request,) = created
        assert request == typed(request["TrainingJobName"])

    @pytest.mark.parametrize("empty", ["", "{}"])
    def test_no_hyperparameters_are_left_out(
        self, cloudformation: CloudFormation, sagemaker: Stubber, created: list[Json], empty: str
    ) -> None:
        """Lesson 17: `{}` is no mistake."""
        starts(sagemaker)
        assert cloudformation.create(**training(HyperParameters=empty))["Status"] == "SUCCESS"
        assert "HyperParameters" not in created[0]

    @pytest.mark.parametrize("text", ['{"eta": ', "eta", '["eta"]', "true"])
    def test_what_is_no_such_json_fails_without_a_call(
        self, cloudformation: CloudFormation, sagemaker: Stubber, text: str
    ) -> None:
        answer = cloudformation.create(**training(HyperParameters=text))
        assert answer["Status"] == "FAILED"
        assert answer["Reason"]

    def test_another_order_is_the_same_request(
        self, cloudformation: CloudFormation, sagemaker: Stubber, created: list[Json]
    ) -> None:
        starts(sagemaker), starts(sagemaker)
        for text in ('{"a": "1", "b": "2"}', '{"b": "2",  "a": "1"}'):
            cloudformation.create(**training(HyperParameters=text))
        assert created[0] == created[1]


class TestFiles:
    """Lesson 39."""

    def test_an_address_stands_for_the_file(
        self, cloudformation: CloudFormation, sagemaker: Stubber, created: list[Json], values: Any
    ) -> None:
        long = {"note": "x" * 5000, "eta": "0.08"}
        values.put_object(Bucket=VALUES, Key=KEY, Body=json.dumps(long))
        starts(sagemaker)
        address = f"s3://{VALUES}/{KEY}"
        assert cloudformation.create(**training(HyperParameters=address))["Status"] == "SUCCESS"
        assert created[0]["HyperParameters"] == long

    def test_the_job_s_name_follows_from_the_content(
        self, cloudformation: CloudFormation, sagemaker: Stubber, created: list[Json], values: Any
    ) -> None:
        """A text and a file with the same content are one request."""
        values.put_object(Bucket=VALUES, Key=KEY, Body=REQUEST["HyperParameters"])
        starts(sagemaker), starts(sagemaker)
        cloudformation.create(**training())
        cloudformation.create(**training(HyperParameters=f"s3://{VALUES}/{KEY}"))
        assert created[0] == created[1]

    def test_a_file_that_is_not_there_fails_the_stack(
        self, cloudformation: CloudFormation, sagemaker: Stubber, values: Any
    ) -> None:
        answer = cloudformation.create(**training(HyperParameters=f"s3://{VALUES}/{KEY}"))
        assert answer["Status"] == "FAILED"
        assert "NoSuchKey" in answer["Reason"]

    def test_an_address_that_is_a_value_stays_one(
        self, cloudformation: CloudFormation, sagemaker: Stubber, created: list[Json]
    ) -> None:
        """Where the API has a text, nothing is read: no S3 is there in this test."""
        starts(sagemaker)
        cloudformation.create(**training(HyperParameters='{"model": "s3://b/start"}'))
        assert created[0]["HyperParameters"] == {"model": "s3://b/start"}
        assert created[0]["OutputDataConfig"] == {"S3OutputPath": "s3://b/out"}


class TestNameInRequest:
    def test_a_given_name_takes_its_place(
        self, cloudformation: CloudFormation, sagemaker: Stubber, created: list[Json]
    ) -> None:
        starts(sagemaker)
        cloudformation.create(**training(), Name="Berths-47")
        assert created == [typed("Berths-47")]

    def test_a_name_that_is_made_does_too(
        self, cloudformation: CloudFormation, sagemaker: Stubber, created: list[Json]
    ) -> None:
        starts(sagemaker)
        answer = cloudformation.create(**training())
        name = answer["Data"]["JobName"]
        assert re.fullmatch(r"berths-training-[0-9a-f]{8}", name)
        assert created[0]["CheckpointConfig"] == {"S3Uri": f"s3://b/out/{name}/checkpoint"}


class TestRepeatedEvent:
    @pytest.mark.parametrize("name", [{}, {"Name": "Berths-47"}], ids=["made", "given"])
    def test_it_starts_nothing(
        self, cloudformation: CloudFormation, sagemaker: Stubber, created: list[Json], name: Json
    ) -> None:
        """Lessons 8 and 31; the description of the job has its name in the request."""
        starts(sagemaker)
        answers = [cloudformation.create(**training(), **name)]
        is_taken(sagemaker, created[0])
        answers.append(cloudformation.create(**training(), **name))
        assert answers[0] == answers[1]
        assert answers[0]["Status"] == "SUCCESS"

    @pytest.mark.parametrize(
        "changes",
        [
            {"HyperParameters": '{"eta": "0.09"}'},
            {"StoppingCondition": {"MaxRuntimeInSeconds": "700", "MaxWaitTimeInSeconds": "1200"}},
            {"InputDataConfig": []},
        ],
    )
    def test_a_changed_request_under_a_given_name_fails_with_the_reason(
        self, cloudformation: CloudFormation, sagemaker: Stubber, created: list[Json], changes: Json
    ) -> None:
        """Lesson 32."""
        starts(sagemaker)
        made = cloudformation.create(**training(), Name="Berths-47")
        is_taken(sagemaker, created[0])
        answer = cloudformation.update(made["PhysicalResourceId"], **training(**changes), Name="Berths-47")
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("FAILED", made["PhysicalResourceId"])
        assert answer["Reason"] == (
            f'A job with the name "Berths-47" exists ({ARN}) and was started from another request. SageMaker never '
            "frees a name: choose another job_name, or leave it out to have one made."
        )

    def test_so_does_one_whose_tags_alone_have_changed(
        self, cloudformation: CloudFormation, sagemaker: Stubber, created: list[Json]
    ) -> None:
        """The tag `registration` among them: the job would end without the registration that was asked for."""
        starts(sagemaker)
        made = cloudformation.create(**training(), Name="Berths-47")
        is_taken(sagemaker, created[0])
        other = '[{"Key": "registration", "Value": "0a1b"}]'
        answer = cloudformation.update(made["PhysicalResourceId"], **training(Tags=other), Name="Berths-47")
        assert answer["Status"] == "FAILED"
        assert "choose another job_name" in answer["Reason"]
