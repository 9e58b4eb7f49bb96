# SPDX-License-Identifier: Apache-2.0
"""Each worked example in a single account: added, requested, deployed, told of, deleted; nothing is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.cli.running import Ended
from tests.end_to_end.running import Running, logged
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator
from tests.examples import worked
from tests.examples.hugging_face_stub import TOKEN, Stub

Until = Callable[[Callable[[], Any]], Any]
SERVICE: Final = "mlops-pipeline-berth-forecast-ecs-fargate-service"
ENDPOINT: Final = "mlops-pipeline-berth-notes-hugging-face-endpoint"
PREPARED: Final = "mlops-pipeline-berth-features-data-preparation"


@pytest.fixture(scope="module", autouse=True)
def examples(
    single_account: Running, blueprint_policy: Ended, stub: Stub, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The examples' statements and the examples themselves."""
    assert blueprint_policy.status == 0, blueprint_policy
    worked.add(single_account, stub, tmp_path_factory.mktemp("examples"))


@pytest.fixture(scope="module")
def secret(single_account: Running) -> str:
    """The ARN of a secret with Hugging Face's token."""
    return worked.secret(single_account.deployment.aws)


def _deleted(orchestrator: Orchestrator, subscriber: Subscriber, until: Until, pipeline_id: str, stack: str) -> None:
    assert orchestrator.deployment.api.delete(pipeline_id).status == 202
    subscriber.next_about("and what it deployed are deleted", until, stack)
    assert not {stack, f"{stack}-codepipeline"} & orchestrator.stacks()


def test_a_service_behind_a_load_balancer(orchestrator: Orchestrator, subscriber: Subscriber, until: Until) -> None:
    network = worked.network(orchestrator.deployment.aws)
    request = worked.request(worked.CONTAINERS, **network, client_cidr="10.0.0.0/8")
    pipeline_id = orchestrator.provisioned(request)
    outputs = orchestrator.outputs(SERVICE)
    assert outputs["ServiceUrl"].startswith("http://mlops-berth-forecast-")
    assert "berth-forecast runs berth-forecast:1.4" in subscriber.next_about("finished executing", until, SERVICE)

    ecs, account = orchestrator.client("ecs"), orchestrator.deployment.aws.account
    (service,) = ecs.describe_services(cluster=outputs["ClusterName"], services=[outputs["ServiceArn"]])["services"]
    task = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    (container,) = task["containerDefinitions"]
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    assert service["desiredCount"] == 2
    assert container["image"] == f"{account}.dkr.ecr.us-east-1.amazonaws.com/berth-forecast:1.4"
    assert {one["name"]: one["value"] for one in container["environment"]} == {
        "MODEL_URI": f"s3://{bucket}/models/berth-forecast/model.tar.gz",
        "PORT": "8080",
    }
    _assert_traffic_comes_through_the_load_balancer_alone(orchestrator)

    another = {**request, "image": "berth-forecast:1.5", "tasks": 3, "container_port": 9090}
    assert orchestrator.changed(pipeline_id, another).has_succeeded
    (service,) = ecs.describe_services(cluster=outputs["ClusterName"], services=[outputs["ServiceArn"]])["services"]
    changed = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    assert changed["containerDefinitions"][0]["image"].endswith(":1.5")
    assert service["desiredCount"] == 3
    (balancer,) = orchestrator.client("elbv2").describe_load_balancers(Names=["mlops-berth-forecast"])["LoadBalancers"]
    assert balancer["Scheme"] == "internal"

    made = _groups(orchestrator)
    _deleted(orchestrator, subscriber, until, pipeline_id, SERVICE)
    assert orchestrator.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    groups = orchestrator.client("ec2").describe_security_groups()["SecurityGroups"]
    assert made.isdisjoint(group["GroupId"] for group in groups)


def _groups(orchestrator: Orchestrator) -> set[str]:
    """The service's security groups."""
    made = orchestrator.resources(SERVICE)
    return {one["PhysicalResourceId"] for one in made if one["ResourceType"] == "AWS::EC2::SecurityGroup"}


def _assert_traffic_comes_through_the_load_balancer_alone(orchestrator: Orchestrator) -> None:
    ids = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in orchestrator.resources(SERVICE)}
    groups = orchestrator.client("ec2").describe_security_groups(GroupIds=[ids["BalancerGroup"], ids["TaskGroup"]])
    rules = {group["GroupId"]: group for group in groups["SecurityGroups"]}
    balancer, tasks = rules[ids["BalancerGroup"]], rules[ids["TaskGroup"]]
    assert [rule["IpRanges"][0]["CidrIp"] for rule in balancer["IpPermissions"]] == ["10.0.0.0/8"]
    (from_balancer,) = tasks["IpPermissions"]
    assert [pair["GroupId"] for pair in from_balancer["UserIdGroupPairs"]] == [ids["BalancerGroup"]]
    out = [rule for rule in balancer["IpPermissionsEgress"] if rule["UserIdGroupPairs"]]
    assert [(rule["FromPort"], rule["UserIdGroupPairs"][0]["GroupId"]) for rule in out] == [(8080, ids["TaskGroup"])]
    assert [rule["FromPort"] for rule in tasks["IpPermissionsEgress"]] == [443]


def test_an_endpoint_of_hugging_face(
    orchestrator: Orchestrator,
    single_account: Running,
    subscriber: Subscriber,
    until: Until,
    *,
    stub: Stub,
    secret: str,
) -> None:
    request = worked.request(worked.HUGGING_FACE, token_secret_arn=secret)
    pipeline_id = orchestrator.provisioned(request)
    (place,) = stub.endpoints
    name = place.removeprefix("harbour/")
    assert orchestrator.outputs(ENDPOINT) == {
        "EndpointName": name,
        "EndpointUrl": f"https://{name}.us-east-1.aws.endpoints.huggingface.cloud",
    }
    assert "berth-notes of sentence-transformers" in subscriber.next_about("finished executing", until, ENDPOINT)

    assert orchestrator.changed(pipeline_id, {**request, "max_replicas": 3}).has_succeeded
    assert [*stub.endpoints] == [place]
    assert stub.endpoints[place]["compute"]["scaling"] == {"minReplica": 1, "maxReplica": 3}

    # A change that cannot be made is undone, and the endpoint lives on.
    assert not orchestrator.changed(pipeline_id, {**request, "region": "eu-west-1"}).has_succeeded
    assert any("choose another endpoint_name" in reason for reason in orchestrator.failures(ENDPOINT))
    assert stub.endpoints[place]["compute"]["scaling"] == {"minReplica": 1, "maxReplica": 3}
    _deleted(orchestrator, subscriber, until, pipeline_id, ENDPOINT)
    assert stub.endpoints == {}
    assert stub.calls[-1] == ("DELETE", f"/v2/endpoint/{place}")
    assert TOKEN not in "".join(logged(single_account))


def test_what_hugging_face_says_is_told_and_nothing_stays(
    orchestrator: Orchestrator, stub: Stub, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stub, "ends_in", "failed")
    request = worked.request(worked.HUGGING_FACE, endpoint_name="too-large", token_secret_arn=secret)
    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    assert not orchestrator.ended(pipeline_id).has_succeeded
    failures = orchestrator.failures(ENDPOINT.replace("berth-notes", "too-large"))
    assert ["failed: out of memory" in reason for reason in failures] == [True], failures
    assert stub.endpoints == {}


def test_data_is_prepared_once_for_each_request(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    request = worked.request(worked.DATA)
    pipeline_id = orchestrator.provisioned(request)
    bucket, sagemaker = orchestrator.deployment.outputs["AssetsBucketName"], orchestrator.client("sagemaker")
    assert orchestrator.outputs(PREPARED)["OutputUri"] == f"s3://{bucket}/prepared/berths"
    assert "see prepared/berths in the assets bucket" in subscriber.next_about("finished executing", until, PREPARED)

    def jobs() -> list[str]:
        listed = sagemaker.list_processing_jobs(NameContains="berth-features")["ProcessingJobSummaries"]
        return [job["ProcessingJobName"] for job in listed]

    (job,) = jobs()
    described = sagemaker.describe_processing_job(ProcessingJobName=job)
    script, data = (one["S3Input"]["S3Uri"] for one in described["ProcessingInputs"])
    assert (script, data) == (f"s3://{bucket}/scripts/berth-features/", f"s3://{bucket}/raw/berths")
    assert described["AppSpecification"]["ContainerArguments"] == ["--since", "2025"]
    assert described["NetworkConfig"]["EnableNetworkIsolation"] is True
    assert "recorded this job and computed nothing" in described["ExitMessage"]

    assert orchestrator.provision(request)["message"].endswith("No updates are to be performed.")
    assert orchestrator.changed(pipeline_id, {**request, "run": 2}).has_succeeded
    assert len(jobs()) == 2
    _deleted(orchestrator, subscriber, until, pipeline_id, PREPARED)
