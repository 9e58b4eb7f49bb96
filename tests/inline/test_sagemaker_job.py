# SPDX-License-Identifier: Apache-2.0
"""`Custom::SageMakerJob`: when it starts, finds, stops or refuses a job."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

import pytest
from botocore.stub import Stubber

from tests.inline.custom_resource import MODEL, REQUEST, STACK, AnyName, CloudFormation

ACCOUNT = "arn:aws:sagemaker:eu-west-1:111122223333"
CREATED = datetime(2026, 11, 22, tzinfo=UTC)

Json = dict[str, Any]

TYPED: Json = {
    "ModelName": MODEL,
    "MaxPayloadInMB": 6,
    "TransformInput": REQUEST["TransformInput"],
    "TransformOutput": {"S3OutputPath": "s3://quayside-forecasts", "Accept": "text/csv"},
    "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 2},
}
"""`REQUEST` as SageMaker must get it."""


def arn(name: str) -> str:
    return f"{ACCOUNT}:transform-job/{name}"


def starts(sagemaker: Stubber, request: Json = TYPED) -> AnyName:
    """Expect a job to be started; gives its name afterwards."""
    name = AnyName()
    sagemaker.add_response("create_transform_job", {"TransformJobArn": arn("x")}, {"TransformJobName": name, **request})
    return name


def refuses(sagemaker: Stubber, code: str = "ValidationException", message: str = "no such model") -> None:
    sagemaker.add_client_error("create_transform_job", code, message)


def is_there(sagemaker: Stubber, name: Any, request: Json = TYPED) -> None:
    """Expect a look at a job that was started from a request; SageMaker adds what it decided itself."""
    found = {
        "TransformJobName": str(name),
        "TransformJobArn": arn("x"),
        "TransformJobStatus": "InProgress",
        "CreationTime": CREATED,
        "DataProcessing": {"InputFilter": "$", "OutputFilter": "$", "JoinSource": "None"},
        **request,
    }
    expected = {"TransformJobName": name}
    sagemaker.add_response("describe_transform_job", found, expected)


def is_not_there(sagemaker: Stubber) -> None:
    sagemaker.add_client_error("describe_transform_job", "ValidationException", "Could not find requested job")


def other(**changes: Any) -> Json:
    return {"Request": {**REQUEST, **changes}}


class TestStart:
    def test_sagemaker_gets_numbers_and_no_empty_members(
        self, cloudformation: CloudFormation, sagemaker: Stubber
    ) -> None:
        name = starts(sagemaker)
        answer = cloudformation.create()
        assert (answer["Status"], answer["Data"]) == ("SUCCESS", {"JobName": name.value, "JobArn": arn("x")})

    def test_the_name_is_the_prefix_and_eight_digits(self, cloudformation: CloudFormation, sagemaker: Stubber) -> None:
        """Compatibility 3.3."""
        name = starts(sagemaker)
        cloudformation.create()
        assert re.fullmatch(r"mlopssagemakermodel-qyvk8noxk3hp-batch-transform-[0-9a-f]{8}", name.value)

    def test_the_answer_is_what_cloudformation_asked_for(
        self, cloudformation: CloudFormation, sagemaker: Stubber
    ) -> None:
        starts(sagemaker)
        answer = cloudformation.create()
        ids = ("StackId", "RequestId", "LogicalResourceId")
        assert [answer[name] for name in ids] == [STACK, "5c0f", "TransformJob"]
        assert [content_type for content_type, _ in cloudformation.answers] == [""]

    def test_a_refused_job_fails_with_aws_s_words(self, cloudformation: CloudFormation, sagemaker: Stubber) -> None:
        """Lessons 6 and 9."""
        refuses(sagemaker, message="Could not find model")
        is_not_there(sagemaker)
        answer = cloudformation.create()
        assert answer["Status"] == "FAILED"
        assert "ValidationException" in answer["Reason"]
        assert "Could not find model" in answer["Reason"]

    @pytest.mark.parametrize(
        ("properties", "words"),
        [
            (other(TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": "two"}), "InstanceCount"),
            (other(TransformInput=""), "TransformInput"),
            (other(TransformSpeed="1"), "TransformSpeed"),
            ({"Operation": "CreateMagic"}, "CreateMagic"),
            ({"Request": None}, ""),
        ],
    )
    def test_what_is_no_request_fails_without_a_call(
        self, cloudformation: CloudFormation, properties: Json, words: str
    ) -> None:
        """The client here is boto3's own: it refuses in its words before it would send anything."""
        answer = cloudformation.create(**properties)
        assert answer["Status"] == "FAILED"
        assert words in answer["Reason"]

    def test_a_long_reason_is_cut(self, cloudformation: CloudFormation, sagemaker: Stubber) -> None:
        refuses(sagemaker, message="x" * 5000)
        is_not_there(sagemaker)
        assert len(json.dumps(cloudformation.create())) < 4096


class TestRepeatedDelivery:
    """Lesson 8: the retry of a slow start made a second job."""

    def test_a_job_that_is_there_is_not_started_again(self, cloudformation: CloudFormation, sagemaker: Stubber) -> None:
        first = starts(sagemaker)
        answers = [cloudformation.create()]
        refuses(sagemaker, "ResourceInUse", "Job name must be unique")
        is_there(sagemaker, first.value)
        answers.append(cloudformation.create())
        assert answers[0] == answers[1]

    def test_an_update_that_comes_twice_starts_one_job(
        self, cloudformation: CloudFormation, sagemaker: Stubber
    ) -> None:
        changed = other(MaxPayloadInMB="7")
        typed = {**TYPED, "MaxPayloadInMB": 7}
        name = starts(sagemaker, typed)
        answers = [cloudformation.update("earlier/0a1b2c3d", **changed)]
        refuses(sagemaker, "ResourceInUse", "Job name must be unique")
        is_there(sagemaker, name.value, typed)
        answers.append(cloudformation.update("earlier/0a1b2c3d", **changed))
        assert answers[0] == answers[1]

    def test_another_stack_starts_its_own(self, cloudformation: CloudFormation, sagemaker: Stubber) -> None:
        """A stack that was removed and made again, among them."""
        names = [starts(sagemaker), starts(sagemaker)]
        cloudformation.create()
        cloudformation.send({**cloudformation.event("Create"), "StackId": f"{STACK}-again"})
        assert names[0].value != names[1].value


class TestUpdate:
    def test_an_unchanged_request_starts_nothing(self, cloudformation: CloudFormation, sagemaker: Stubber) -> None:
        """Lesson 31."""
        name = starts(sagemaker)
        made = cloudformation.create()
        is_there(sagemaker, name.value)
        kept = cloudformation.update(made["PhysicalResourceId"], After="a-schedule")
        assert (kept["PhysicalResourceId"], kept["Data"]) == (made["PhysicalResourceId"], made["Data"])

    def test_a_changed_request_starts_another_job(self, cloudformation: CloudFormation, sagemaker: Stubber) -> None:
        first, second = starts(sagemaker), starts(sagemaker, {**TYPED, "MaxPayloadInMB": 7})
        made = cloudformation.create()
        changed = cloudformation.update(made["PhysicalResourceId"], **other(MaxPayloadInMB="7"))
        assert changed["Status"] == "SUCCESS"
        assert changed["Data"]["JobName"] == second.value != first.value
        assert changed["PhysicalResourceId"] != made["PhysicalResourceId"]

    def test_a_member_that_is_left_out_is_a_change(self, cloudformation: CloudFormation, sagemaker: Stubber) -> None:
        without = {key: value for key, value in TYPED.items() if key != "MaxPayloadInMB"}
        starts(sagemaker), starts(sagemaker, without)
        made = cloudformation.create()
        changed = cloudformation.update(made["PhysicalResourceId"], **other(MaxPayloadInMB=""))
        assert changed["PhysicalResourceId"] != made["PhysicalResourceId"]

    def test_an_earlier_request_runs_again(self, cloudformation: CloudFormation, sagemaker: Stubber) -> None:
        """Its results may have been overwritten since."""
        names = [starts(sagemaker), starts(sagemaker, {**TYPED, "MaxPayloadInMB": 7}), starts(sagemaker)]
        made = cloudformation.create()
        changed = cloudformation.update(made["PhysicalResourceId"], **other(MaxPayloadInMB="7"))
        cloudformation.update(changed["PhysicalResourceId"])
        assert len({name.value for name in names}) == 3

    def test_a_refused_change_is_rolled_back_without_a_job(
        self, cloudformation: CloudFormation, sagemaker: Stubber
    ) -> None:
        name = starts(sagemaker)
        made = cloudformation.create()
        refuses(sagemaker)
        is_not_there(sagemaker)
        refused = cloudformation.update(made["PhysicalResourceId"], **other(ModelName="gone"))
        assert (refused["Status"], refused["PhysicalResourceId"]) == ("FAILED", made["PhysicalResourceId"])
        is_there(sagemaker, name.value)
        assert cloudformation.update(made["PhysicalResourceId"])["Status"] == "SUCCESS"


class TestGivenName:
    """Lesson 32: a changed request under the same name failed silently."""

    def test_it_is_the_job_s(self, cloudformation: CloudFormation, sagemaker: Stubber) -> None:
        name = starts(sagemaker)
        assert cloudformation.create(Name="Berths-47")["Data"]["JobName"] == name.value == "Berths-47"

    def test_a_job_of_another_request_is_in_the_way(self, cloudformation: CloudFormation, sagemaker: Stubber) -> None:
        refuses(sagemaker, "ResourceInUse", "Job name must be unique")
        is_there(sagemaker, "berths-47", {**TYPED, "MaxPayloadInMB": 7})
        answer = cloudformation.create(Name="berths-47")
        assert answer["Status"] == "FAILED"
        assert '"berths-47"' in answer["Reason"]
        assert "choose another job_name" in answer["Reason"]

    @pytest.mark.parametrize("payload", ["7", ""])
    def test_a_changed_request_needs_another_one(
        self, cloudformation: CloudFormation, sagemaker: Stubber, payload: str
    ) -> None:
        """Also one that asks for less, which the description of the job has in it."""
        starts(sagemaker)
        made = cloudformation.create(Name="berths-47")
        refuses(sagemaker, "ResourceInUse", "Job name must be unique")
        is_there(sagemaker, "berths-47")
        answer = cloudformation.update(made["PhysicalResourceId"], Name="berths-47", **other(MaxPayloadInMB=payload))
        assert answer["Status"] == "FAILED"
        assert "choose another job_name" in answer["Reason"]

    def test_another_name_starts_another_job(self, cloudformation: CloudFormation, sagemaker: Stubber) -> None:
        starts(sagemaker), starts(sagemaker)
        made = cloudformation.create(Name="berths-47")
        changed = cloudformation.update(made["PhysicalResourceId"], Name="berths-48")
        assert changed["Data"]["JobName"] == "berths-48"


class TestDelete:
    def test_a_running_job_is_stopped(self, cloudformation: CloudFormation, sagemaker: Stubber) -> None:
        name = starts(sagemaker)
        made = cloudformation.create()
        sagemaker.add_response("stop_transform_job", {}, {"TransformJobName": name.value})
        answer = cloudformation.delete(made["PhysicalResourceId"])
        assert (answer["Status"], answer["PhysicalResourceId"]) == ("SUCCESS", made["PhysicalResourceId"])

    @pytest.mark.parametrize("code", ["ValidationException", "ResourceNotFound", "AccessDeniedException"])
    def test_nothing_keeps_the_stack(self, cloudformation: CloudFormation, sagemaker: Stubber, code: str) -> None:
        sagemaker.add_client_error("stop_transform_job", code, "it has ended")
        assert cloudformation.delete("berths/0a1b2c3d")["Status"] == "SUCCESS"

    @pytest.mark.parametrize("properties", [{}, {"Name": "berths-47"}, {"Operation": "CreateMagic"}])
    def test_what_was_never_started_stops_nobody_else_s_job(
        self, cloudformation: CloudFormation, sagemaker: Stubber, properties: Json
    ) -> None:
        """CloudFormation deletes what could not be created, too; SageMaker hears nothing of it."""
        if "Operation" not in properties:
            refuses(sagemaker, "ResourceInUse", "Job name must be unique")
            is_there(sagemaker, AnyName(), {**TYPED, "MaxPayloadInMB": 7})
        failed = cloudformation.create(**properties)
        assert failed["Status"] == "FAILED"
        assert cloudformation.delete(failed["PhysicalResourceId"], **properties)["Status"] == "SUCCESS"


KINDS = [
    ("CreateTransformJob", "TransformJob", 63),
    ("CreateTrainingJob", "TrainingJob", 63),
    ("CreateProcessingJob", "ProcessingJob", 63),
    ("CreateHyperParameterTuningJob", "HyperParameterTuningJob", 32),
    ("CreateAutoMLJob", "AutoMLJob", 32),
    ("CreateAutoMLJobV2", "AutoMLJob", 32),
]


@pytest.mark.parametrize(("operation", "noun", "longest"), KINDS)
def test_every_kind_of_job_is_known(function: ModuleType, operation: str, noun: str, longest: int) -> None:
    """How it is found, stopped and named is read from boto3's description of the API."""
    job = function.Job(operation)
    model = function._client.meta.service_model
    for name in (job._describe, job._stop):
        assert model.operation_model(name).input_shape.required_members == [f"{noun}Name"]
    assert job.arn_key in model.operation_model(operation).output_shape.members
    assert len(job.name("p" * 100, "0a1b2c3d")) == longest
    assert job.name("p" * (longest - 10) + "-" * 9, "0a1b2c3d") == "p" * (longest - 10) + "-0a1b2c3d"


def test_values_of_every_type_are_turned_back(function: ModuleType) -> None:
    given = {
        "EnableNetworkIsolation": "true",
        "EnableInterContainerTrafficEncryption": "False",
        "HyperParameters": {"eta": "0.2", "tag": ""},
        "StoppingCondition": {"MaxRuntimeInSeconds": "3600"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": "1", "VolumeSizeInGB": "many"},
        "VpcConfig": {"Subnets": [""], "SecurityGroupIds": []},
        "InputDataConfig": [{"ChannelName": "train", "ContentType": ""}, {}],
    }
    assert function.Job("CreateTrainingJob").request(given) == {
        "EnableNetworkIsolation": True,
        "EnableInterContainerTrafficEncryption": False,
        # Hyper-parameters are texts to SageMaker, and an empty one is a value.
        "HyperParameters": {"eta": "0.2", "tag": ""},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": "many"},
        "InputDataConfig": [{"ChannelName": "train"}],
    }
    tuning = function.Job("CreateHyperParameterTuningJob").request({"Autotune": {"Mode": "Enabled"}})
    assert tuning == {"Autotune": {"Mode": "Enabled"}}


def test_a_stack_hears_of_a_job_whatever_its_tags(cloudformation: CloudFormation, sagemaker: Stubber) -> None:
    """Tags are in the request and not in SageMaker's description of the job."""
    tags = [{"Key": "team", "Value": "berths"}]
    refuses(sagemaker, "ResourceInUse", "Job name must be unique")
    is_there(sagemaker, AnyName())
    assert cloudformation.create(**other(Tags=tags))["Status"] == "SUCCESS"
