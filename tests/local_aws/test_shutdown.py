# SPDX-License-Identifier: Apache-2.0
"""What ends with the local AWS: threads and processes of every kind. Each test starts and stops one of its own."""

from __future__ import annotations

import functools
import json
import threading
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.sagemaker.models import sagemaker_backends

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.local_aws.cloudformation.stack_sets import faults
from scripts.local_aws.processes import model_process
from scripts.local_aws.processes.model_process import Prediction
from scripts.local_aws.sagemaker import install as sagemaker
from scripts.local_aws.sagemaker.jobs import job_process
from scripts.local_aws.sagemaker.jobs.job_records import THREADS
from scripts.local_aws.sagemaker.model_hosting import Served
from scripts.local_aws.server import LocalAws
from tests.local_aws import monitoring, training
from tests.local_aws.deploying import alive, zipped
from tests.local_aws.pipelines import Account, approval
from tests.local_aws.serving import ACCOUNT, ARTIFACT, BUCKET, csv_of, make_endpoint
from tests.local_aws.stack_setting import ACCOUNTS, PARALLEL, acting_in, create, organization_of
from tests.local_aws.waiting import SECONDS, eventually


def client(aws: LocalAws, service: str) -> Any:
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": aws.region}
    return boto3.session.Session(**keys).client(service, endpoint_url=aws.endpoint_url)


def threads(*prefixes: str) -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith(prefixes)]


def start_transform(aws: LocalAws, trained: TrainedModel) -> None:
    """An endpoint, and a transform job with the same model."""
    s3 = client(aws, "s3")
    s3.create_bucket(Bucket=BUCKET)
    s3.put_object(Bucket=BUCKET, Key=ARTIFACT.rpartition("/")[2], Body=demo_model.package(trained))
    s3.put_object(Bucket=BUCKET, Key="data.csv", Body=csv_of(trained, 1))
    make_endpoint(client(aws, "sagemaker"))
    client(aws, "sagemaker").create_transform_job(
        TransformJobName="held",
        ModelName="Model",
        TransformInput={
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{BUCKET}/data.csv"}},
            "ContentType": "text/csv",
        },
        TransformOutput={"S3OutputPath": f"s3://{BUCKET}/out"},
        TransformResources={"InstanceType": "ml.m5.large", "InstanceCount": 1},
    )


def test_endpoints_and_transform_jobs_end_with_the_local_aws_and_the_next_one_starts_empty(
    trained: TrainedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()

    def at_the_end(*_: Any) -> Prediction:
        asked.set()
        with THREADS.changed:
            assert THREADS.changed.wait_for(lambda: THREADS.is_ending, SECONDS)
        return Prediction(200, "text/csv", b"1\n")

    monkeypatch.setattr(Served, "predict", at_the_end)
    with LocalAws() as aws:
        start_transform(aws, trained)
        assert asked.wait(SECONDS)
        assert threads("transform job") == ["transform job held"]
        hosts = model_process.running()
        assert len(hosts) == 2
        job = sagemaker_backends[ACCOUNT][aws.region].transform_jobs["held"]
        sagemaker.shutdown()
        # Not only when moto forgets the endpoints.
        assert model_process.running() == []
    assert job.status == "Stopped"
    assert threads("transform job") == model_process.running() == []
    assert not any(Path(f"/proc/{host.pid}").exists() for host in hosts)
    with LocalAws() as aws:
        assert client(aws, "sagemaker").list_transform_jobs()["TransformJobSummaries"] == []
        assert client(aws, "sagemaker").list_endpoints()["Endpoints"] == []


def start_endless_tuning(aws: LocalAws) -> None:
    training.store_channels(client(aws, "s3"))
    ranges = {"IntegerParameterRanges": [{"Name": "max_depth", "MinValue": "1", "MaxValue": "6"}]}
    client(aws, "sagemaker").create_hyper_parameter_tuning_job(
        HyperParameterTuningJobName="endless",
        HyperParameterTuningJobConfig={
            "Strategy": "Random",
            "ResourceLimits": {"MaxNumberOfTrainingJobs": 9, "MaxParallelTrainingJobs": 2},
            "HyperParameterTuningJobObjective": {"Type": "Minimize", "MetricName": "validation:logloss"},
            "ParameterRanges": ranges,
        },
        TrainingJobDefinition={
            **training.definition(),
            "StaticHyperParameters": {"num_round": "100000000", "objective": "binary:logistic"},
            "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 20},
        },
    )


def test_training_and_tuning_jobs_end_with_the_local_aws() -> None:
    with LocalAws() as aws:
        start_endless_tuning(aws)
        with THREADS.changed:
            assert THREADS.changed.wait_for(lambda: len(job_process.running()) == 2, SECONDS)
        assert "hyper parameter tuning job endless" in threads("hyper parameter")
        job: Any = sagemaker_backends[ACCOUNT][aws.region].hyper_parameter_tuning_jobs["endless"]
    assert threads("training job", "hyper parameter", "guard of") == job_process.running() == []
    assert job.status == "Stopped"
    assert [trial.job.status for trial in job.trials] == ["Stopped", "Stopped"]


def test_code_of_processing_jobs_ends_with_the_local_aws() -> None:
    with LocalAws(enforce_iam=False) as aws:
        client(aws, "s3").create_bucket(Bucket=monitoring.BUCKET)
        client(aws, "s3").put_object(Bucket=monitoring.BUCKET, Key="code/empty", Body=b"")
        request = monitoring.python_request("__import__('threading').Event().wait()")
        client(aws, "sagemaker").create_processing_job(ProcessingJobName="endless", **request)
        with THREADS.changed:
            assert THREADS.changed.wait_for(job_process.running, SECONDS)
        job: Any = sagemaker_backends[ACCOUNT][aws.region].processing_jobs["endless"]
    assert threads("processing job", "guard of") == job_process.running() == []
    assert job.status == "Stopped"


def test_operations_on_stack_sets_end_with_the_local_aws() -> None:
    with LocalAws(accounts=ACCOUNTS) as aws:
        cloudformation = acting_in(aws, ACCOUNT, "cloudformation")
        create(cloudformation, "abandoned")
        request = {
            "StackSetName": "abandoned",
            "DeploymentTargets": {"OrganizationalUnitIds": [organization_of(aws).root_id]},
            "Regions": [aws.region],
            "OperationPreferences": PARALLEL,
        }
        held = faults.hold()
        faults.refuse(ACCOUNTS["dev"], "refused")
        cloudformation.create_stack_instances(**request)
        assert held.reached.wait(SECONDS)
        assert "stack set abandoned" in threads("stack")
    assert threads("stack") == []
    # What a test provoked ends with its server.
    assert faults.refusal(ACCOUNTS["dev"]) is None


def test_executions_of_pipelines_end_with_the_local_aws_and_the_next_one_has_none() -> None:
    with LocalAws(enforce_iam=False) as aws:
        Account(functools.partial(client, aws)).create("one", [approval()])
        assert threads("codepipeline", "events")
    assert threads("codepipeline", "events") == []
    with LocalAws(enforce_iam=False) as aws:
        account = Account(functools.partial(client, aws))
        assert account.pipelines.list_pipelines()["pipelines"] == []
        account.create("one", [approval()])
        assert account.statuses("one") == ["InProgress"]


FUNCTION = """
import os, pathlib, threading
def handler(event, context):
    if event:
        pathlib.Path(event["began"]).touch()
        threading.Event().wait()
    return os.getpid()
"""


def test_functions_end_with_the_local_aws(tmp_path: Path) -> None:
    with LocalAws(enforce_iam=False) as aws:
        role = client(aws, "iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        client(aws, "lambda").create_function(
            FunctionName="f", Role=role, Runtime="python3.13", Handler="index.handler", Timeout=60,
            Code={"ZipFile": zipped({"index.py": FUNCTION})},
        )  # fmt: skip
        pid = json.load(client(aws, "lambda").invoke(FunctionName="f")["Payload"])
        event = json.dumps({"began": str(tmp_path / "began")})
        client(aws, "lambda").invoke(FunctionName="f", Payload=event, InvocationType="Event")
        eventually((tmp_path / "began").exists)
        assert alive(pid)
        assert threads("invocation")
    assert not alive(pid)
    assert threads("invocation", "log of") == []


def test_other_tests_of_the_process_get_moto_s_own_stacks() -> None:
    """Ours are made on threads: what comes right after CreateStack would find a stack without resources."""
    with LocalAws():
        pass
    template = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    with mock_aws():
        cloudformation = boto3.client("cloudformation", region_name="eu-west-1")
        cloudformation.create_stack(StackName="plain", TemplateBody=json.dumps(template))
        (stack,) = cloudformation.describe_stacks(StackName="plain")["Stacks"]
    assert stack["StackStatus"] == "CREATE_COMPLETE"
