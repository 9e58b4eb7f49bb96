# SPDX-License-Identifier: Apache-2.0
"""Each worked example in a single account: added, requested, deployed, told of, deleted; nothing is left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import pytest

from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator, mlops_local
from tests.examples import worked
from tests.examples.hugging_face_stub import TOKEN, Stub

Until = Callable[[Callable[[], Any]], Any]
SERVICE: Final = "mlops-pipeline-berth-forecast-ecs-fargate-service"
ENDPOINT: Final = "mlops-pipeline-berth-notes-hugging-face-endpoint"
PREPARED: Final = "mlops-pipeline-berth-features-data-preparation"


@pytest.fixture(scope="module")
def orchestrator(tmp_path_factory: pytest.TempPathFactory, stub: Stub) -> Iterator[Orchestrator]:
    """With the examples' statements and the examples themselves."""
    folder = tmp_path_factory.mktemp("examples")
    with mlops_local(folder, "--option", "single-account") as deployment:
        made = Orchestrator(deployment)
        worked.allow(made)
        worked.add(stub, folder)
        yield made


@pytest.fixture
def subscriber(orchestrator: Orchestrator, request: pytest.FixtureRequest) -> Iterator[Subscriber]:
    made = Subscriber(orchestrator, request.node.originalname[:60].replace("_", "-"))
    yield made
    made.unsubscribe()


def _deleted(orchestrator: Orchestrator, subscriber: Subscriber, until: Until, pipeline_id: str, stack: str) -> None:
    assert orchestrator.deployment.api.delete(pipeline_id).status == 202
    subscriber.next_about("and what it deployed are deleted", until)
    assert not {stack, f"{stack}-codepipeline"} & orchestrator.stacks()


def _failures(orchestrator: Orchestrator, stack: str) -> list[str]:
    events = orchestrator.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]
    return [one.get("ResourceStatusReason", "") for one in events if one["ResourceStatus"].endswith("_FAILED")]


def test_a_service_behind_a_load_balancer(orchestrator: Orchestrator, subscriber: Subscriber, until: Until) -> None:
    request = worked.request(worked.CONTAINERS, **worked.network(orchestrator.deployment.aws))
    pipeline_id = orchestrator.provisioned(request)
    outputs = orchestrator.outputs(SERVICE)
    assert outputs["ServiceUrl"].startswith("http://mlops-berth-forecast-")
    assert "berth-forecast runs berth-forecast:1.4" in subscriber.next_about("finished executing", until)

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

    another = {**request, "image": "berth-forecast:1.5", "tasks": 3, "container_port": 9090}
    assert worked.ended_after(orchestrator, pipeline_id, another).has_succeeded
    (service,) = ecs.describe_services(cluster=outputs["ClusterName"], services=[outputs["ServiceArn"]])["services"]
    changed = ecs.describe_task_definition(taskDefinition=service["taskDefinition"])["taskDefinition"]
    assert changed["containerDefinitions"][0]["image"].endswith(":1.5")
    assert service["desiredCount"] == 3
    (balancer,) = orchestrator.client("elbv2").describe_load_balancers(Names=["mlops-berth-forecast"])["LoadBalancers"]
    assert balancer["Scheme"] == "internal"

    _deleted(orchestrator, subscriber, until, pipeline_id, SERVICE)
    assert orchestrator.client("elbv2").describe_load_balancers()["LoadBalancers"] == []
    groups = orchestrator.client("ec2").describe_security_groups()["SecurityGroups"]
    assert {group["GroupName"] for group in groups} == {"default"}


def test_traffic_reaches_the_tasks_through_the_load_balancer_alone(orchestrator: Orchestrator) -> None:
    network = worked.network(orchestrator.deployment.aws)
    request = worked.request(worked.CONTAINERS, **network, service_name="walled", client_cidr="10.0.0.0/8")
    orchestrator.provisioned(request)
    stack = SERVICE.replace("berth-forecast", "walled")
    found = orchestrator.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    ids = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}
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
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until, stub: Stub
) -> None:
    secret = worked.secret(orchestrator.deployment.aws)
    request = worked.request(worked.HUGGING_FACE, token_secret_arn=secret)
    pipeline_id = orchestrator.provisioned(request)
    (place,) = stub.endpoints
    name = place.removeprefix("harbour/")
    assert orchestrator.outputs(ENDPOINT) == {
        "EndpointName": name,
        "EndpointUrl": f"https://{name}.us-east-1.aws.endpoints.huggingface.cloud",
    }
    assert "berth-notes of sentence-transformers" in subscriber.next_about("finished executing", until)

    assert worked.ended_after(orchestrator, pipeline_id, {**request, "max_replicas": 3}).has_succeeded
    assert [*stub.endpoints] == [place]
    assert stub.endpoints[place]["compute"]["scaling"] == {"minReplica": 1, "maxReplica": 3}

    # A change that cannot be made is undone, and the endpoint lives on.
    assert not worked.ended_after(orchestrator, pipeline_id, {**request, "region": "eu-west-1"}).has_succeeded
    assert any("choose another endpoint_name" in reason for reason in _failures(orchestrator, ENDPOINT))
    assert stub.endpoints[place]["compute"]["scaling"] == {"minReplica": 1, "maxReplica": 3}
    _deleted(orchestrator, subscriber, until, pipeline_id, ENDPOINT)
    assert stub.endpoints == {}
    assert stub.calls[-1] == ("DELETE", f"/v2/endpoint/{place}")
    _nothing_told(orchestrator)


@pytest.mark.parametrize(
    ("behaves", "said"),
    [({"refuses": "the quota is used up"}, "gave 400: "), ({"ends_in": "failed"}, "failed: out of memory")],
)
def test_what_hugging_face_says_is_told_and_nothing_stays(
    orchestrator: Orchestrator, stub: Stub, monkeypatch: pytest.MonkeyPatch, behaves: dict[str, str], said: str
) -> None:
    for name, value in behaves.items():
        monkeypatch.setattr(stub, name, value)
    (name,) = behaves
    arn = orchestrator.client("secretsmanager").describe_secret(SecretId="hugging-face")["ARN"]
    request = worked.request(worked.HUGGING_FACE, endpoint_name=name.replace("_", "-"), token_secret_arn=arn)
    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    assert not orchestrator.ended(pipeline_id).has_succeeded
    failures = _failures(orchestrator, ENDPOINT.replace("berth-notes", name.replace("_", "-")))
    assert [said in reason for reason in failures] == [True], failures
    assert stub.endpoints == {}


def _nothing_told(orchestrator: Orchestrator) -> None:
    """The token is in no log."""
    logs = orchestrator.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        events = logs.filter_log_events(logGroupName=group["logGroupName"])["events"]
        assert not [event for event in events if TOKEN in event["message"]]


def test_data_is_prepared_once_for_each_request(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    request = worked.request(worked.DATA)
    pipeline_id = orchestrator.provisioned(request)
    bucket, sagemaker = orchestrator.deployment.outputs["AssetsBucketName"], orchestrator.client("sagemaker")
    assert orchestrator.outputs(PREPARED)["OutputUri"] == f"s3://{bucket}/prepared/berths"
    assert "see prepared/berths in the assets bucket" in subscriber.next_about("finished executing", until)
    (job,) = sagemaker.list_processing_jobs()["ProcessingJobSummaries"]
    described = sagemaker.describe_processing_job(ProcessingJobName=job["ProcessingJobName"])
    script, data = (one["S3Input"]["S3Uri"] for one in described["ProcessingInputs"])
    assert (script, data) == (f"s3://{bucket}/scripts/berth-features/", f"s3://{bucket}/raw/berths")
    assert described["AppSpecification"]["ContainerArguments"] == ["--since", "2025"]
    assert described["NetworkConfig"]["EnableNetworkIsolation"] is True
    assert "recorded this job and computed nothing" in described["ExitMessage"]

    assert orchestrator.provision(request)["message"].endswith("No updates are to be performed.")
    assert worked.ended_after(orchestrator, pipeline_id, {**request, "run": 2}).has_succeeded
    assert len(sagemaker.list_processing_jobs()["ProcessingJobSummaries"]) == 2
    _deleted(orchestrator, subscriber, until, pipeline_id, PREPARED)
