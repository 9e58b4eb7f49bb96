# SPDX-License-Identifier: Apache-2.0
"""A VPC through the deployed orchestrator: what SageMaker is asked for by each kind of pipeline."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any, Final

import pytest

from orchestrator.sagemaker import deployed_outputs
from tests.end_to_end import foreign
from tests.end_to_end.users import Orchestrator

ROWS: Final = "networked/rows.csv"


@pytest.fixture
def vpc(orchestrator: Orchestrator) -> dict[str, list[str]]:
    """A VPC with two subnets and a security group, in the account of the orchestrator."""
    ec2 = orchestrator.client("ec2")
    made = ec2.create_vpc(CidrBlock="10.47.0.0/16")["Vpc"]["VpcId"]
    places = (("10.47.0.0/24", "us-east-1a"), ("10.47.1.0/24", "us-east-1b"))
    subnets = [
        ec2.create_subnet(VpcId=made, CidrBlock=block, AvailabilityZone=zone)["Subnet"]["SubnetId"]
        for block, zone in places
    ]
    group = ec2.create_security_group(GroupName=f"jobs-{made}", Description="jobs", VpcId=made)["GroupId"]
    return {"subnets": subnets, "security_groups": [group]}


def in_vpc(vpc: dict[str, list[str]]) -> dict[str, list[str]]:
    """As SageMaker has it."""
    return {"Subnets": vpc["subnets"], "SecurityGroupIds": vpc["security_groups"]}


def test_the_model_of_an_endpoint(orchestrator: Orchestrator, vpc: dict[str, list[str]]) -> None:
    """The network comes and goes with the request."""
    request = orchestrator.request("networked")
    pipeline_id = orchestrator.provisioned({**request, "vpc": vpc, "network_isolation": True})
    model = orchestrator.model_of("mlops-pipeline-networked-byompipelinerealtimebuiltin")
    assert (model["VpcConfig"], model["EnableNetworkIsolation"]) == (in_vpc(vpc), True)
    assert orchestrator.changed(pipeline_id, request).has_succeeded
    without = orchestrator.model_of("mlops-pipeline-networked-byompipelinerealtimebuiltin")
    assert ("VpcConfig" in without, without["EnableNetworkIsolation"]) == (False, False)


def test_the_model_of_a_batch_transform(orchestrator: Orchestrator, vpc: dict[str, list[str]]) -> None:
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    orchestrator.client("s3").put_object(Bucket=bucket, Key=ROWS, Body=b"1,2\n")
    batch = {
        "pipeline_type": "byom_batch_builtin",
        "batch_inference_data": f"{bucket}/{ROWS}",
        "batch_job_output_location": f"{bucket}/networked/scored",
        "vpc": vpc,
    }
    orchestrator.provisioned(orchestrator.request("networked", **batch, data_capture_location=None))
    model = orchestrator.model_of("mlops-pipeline-networked-byompipelinebatchbuiltin")
    assert (model["VpcConfig"], model["EnableNetworkIsolation"]) == (in_vpc(vpc), False)


def test_a_training_job(orchestrator: Orchestrator, vpc: dict[str, list[str]]) -> None:
    orchestrator.store_rows("networked/learned.csv", "networked/held-out.csv")
    training = {
        "pipeline_type": "model_training_builtin",
        "model_name": "networked",
        "model_framework": "xgboost",
        "model_framework_version": "1.7-1",
        "training_data": "networked/learned.csv",
        "job_output_location": "networked/trained",
        "algo_hyperparameters": {"objective": "reg:squarederror", "num_round": 1},
        "schedule_expression": "rate(7 days)",
        "vpc": {**vpc, "subnets": vpc["subnets"][:1]},
        "network_isolation": True,
    }
    orchestrator.provisioned(training)
    outputs = orchestrator.outputs("mlops-pipeline-networked-modeltraining")
    job = orchestrator.client("sagemaker").describe_training_job(TrainingJobName=outputs["TrainingJobName"])
    expected = {**in_vpc(vpc), "Subnets": vpc["subnets"][:1]}
    assert (job["VpcConfig"], job["EnableNetworkIsolation"]) == (expected, True)


def monitor(orchestrator: Orchestrator, name: str, **changes: Any) -> dict[str, Any]:
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    foreign.make_endpoint(orchestrator.deployment.aws, name)
    orchestrator.client("s3").put_object(Bucket=bucket, Key=f"baselines/{name}.csv", Body=b"a,b\n1,2\n2,4\n3,5\n")
    return {
        "pipeline_type": "byom_data_quality_monitor",
        "model_name": name,
        "endpoint_name": name,
        "baseline_data": f"baselines/{name}.csv",
        "baseline_job_output_location": f"{bucket}/{name}/baselines",
        "data_capture_location": f"{bucket}/{name}/captured",
        "monitoring_output_location": f"{bucket}/{name}/reports",
        "schedule_expression": "cron(0 * ? * * *)",
        "monitor_max_runtime_seconds": 1800,
        "instance_type": "ml.m5.large",
        "instance_volume_size": 20,
        **changes,
    }


def baseline_of(orchestrator: Orchestrator, stack: str) -> dict[str, Any]:
    name = orchestrator.outputs(stack)["BaselineName"]
    found: dict[str, Any] = orchestrator.client("sagemaker").describe_processing_job(ProcessingJobName=name)
    return found


def test_a_monitor_on_sagemaker_s_engine(orchestrator: Orchestrator, vpc: dict[str, list[str]]) -> None:
    asked = {"monitor_engine": "sagemaker", "vpc": vpc, "network_isolation": True}
    orchestrator.provisioned(monitor(orchestrator, "networked-native", **asked))
    stack = "mlops-pipeline-networked-native-byomdataqualitymonitor"
    network = {"VpcConfig": in_vpc(vpc), "EnableNetworkIsolation": True}
    assert baseline_of(orchestrator, stack)["NetworkConfig"] == network
    sagemaker = orchestrator.client("sagemaker")
    schedule = orchestrator.outputs(stack)[deployed_outputs.SCHEDULE]
    config = sagemaker.describe_monitoring_schedule(MonitoringScheduleName=schedule)["MonitoringScheduleConfig"]
    definition = sagemaker.describe_data_quality_job_definition(JobDefinitionName=config["MonitoringJobDefinitionName"])
    assert definition["NetworkConfig"] == {**network, "EnableInterContainerTrafficEncryption": True}


def test_a_monitor_on_the_open_engine_and_its_run_by_hand(
    orchestrator: Orchestrator, vpc: dict[str, list[str]]
) -> None:
    pipeline_id = orchestrator.provisioned(monitor(orchestrator, "networked-open", vpc=vpc))
    stack = "mlops-pipeline-networked-open-byomdataqualitymonitor"
    network = {"VpcConfig": in_vpc(vpc)}
    assert baseline_of(orchestrator, stack)["NetworkConfig"] == network
    schedule = orchestrator.client("scheduler").get_schedule(
        Name=orchestrator.outputs(stack)[deployed_outputs.SCHEDULE]
    )
    assert json.loads(schedule["Target"]["Input"])["NetworkConfig"] == network
    started = orchestrator.deployment.api.run(pipeline_id, {})
    assert started.status == HTTPStatus.ACCEPTED, started.body
    run = orchestrator.client("sagemaker").describe_processing_job(ProcessingJobName=started.body["run"]["id"])
    assert run["NetworkConfig"] == network


def test_what_is_not_there_is_refused_before_anything_is_made(
    orchestrator: Orchestrator, vpc: dict[str, list[str]]
) -> None:
    absent = {"subnets": [vpc["subnets"][0], "subnet-0000000000000000f"], "security_groups": vpc["security_groups"]}
    answer = orchestrator.deployment.api.provision(orchestrator.request("networked-nowhere", vpc=absent))
    assert answer.status == HTTPStatus.BAD_REQUEST, answer.body
    (error,) = answer.body["errors"]
    assert error == {
        "key": "vpc",
        "problem": "there is no subnet subnet-0000000000000000f in this account and Region",
    }
