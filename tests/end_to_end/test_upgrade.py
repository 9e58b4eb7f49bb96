# SPDX-License-Identifier: Apache-2.0
"""From each release that was published before to this checkout, on the same stack; and out again.

One local AWS serves all tests of a release. Fixtures go on from one another, and each remembers what it has found, so
that tests can come in any order.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mlops_orchestrator.aws import aws_access
from mlops_orchestrator.aws.api_addresses import local_url
from mlops_orchestrator.aws.aws_access import Aws
from scripts.demo import demo_model
from scripts.launch import launch
from scripts.launch.deployment import Change, ChangeSet
from scripts.launch.launch import EMAIL_PARAMETER, Launching
from scripts.launch.local_deployment import LocalDeployment
from scripts.local_aws.enforcement import authorization
from scripts.local_aws.server import LocalAws
from tests.cli.running import mlops
from tests.end_to_end import account_content
from tests.end_to_end.users import ARTIFACT_KEY, SERVED, Nobody, Orchestrator
from tests.releases import kept

STACK = "upgraded"
BOUNDED = "0.2.0"
CHANGED = "ml.m5.xlarge"
DEPLOYED = "mlops-pipeline-lasting-byompipelinerealtimebuiltin"
# Pipelines and their stacks name the roles that they were made with: another role would leave them without any.
KEEPS = {
    "AWS::ApiGateway::RestApi",
    "AWS::ECR::Repository",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SageMaker::ModelPackageGroup",
}


@dataclass(frozen=True)
class Upgraded:
    """What was there before the upgrade, what the upgrade was shown to change, and what was there after it."""

    aws: Aws
    before_launch: set[str]
    before: dict[str, tuple[str, str]]
    """Logical id -> type and physical id."""
    after: dict[str, tuple[str, str]]
    addresses: tuple[str, str]
    endpoints: tuple[dict[str, Any], dict[str, Any]]
    pipeline_id: str
    request: dict[str, Any]
    changes: tuple[Change, ...]
    orchestrator: Orchestrator
    listed: list[dict[str, Any]]
    """What the new version lists."""
    payload: str
    """What the deployed model is asked about."""
    predicted: bool

    def predicts(self) -> bool:
        """Whether the pipeline's own API answers a signed call."""
        return _predicts(self.orchestrator, self.payload)


@dataclass(frozen=True)
class Resent:
    """The pipeline's stack before and after its request was sent again, and whether that succeeded."""

    stacks: tuple[dict[str, Any], dict[str, Any]]
    pipeline_id: str
    succeeded: bool
    predicted: bool
    endpoint: dict[str, Any]
    prefix: str
    """Of the release that is deployed now."""
    once_more: str
    """The answer to the same request again."""
    boundary: str
    """The launch parameter."""
    bounds: set[str]
    """The names of the boundaries of all roles; empty for a role without one."""
    changed: bool
    """Whether a changed request succeeded after that."""
    instance: str
    """What the endpoint runs on since then."""


def _predicts(orchestrator: Orchestrator, payload: str) -> bool:
    return orchestrator.predict(DEPLOYED, {"payload": payload, "content_type": "text/csv"})[0] == 200


def _resources(aws: Aws) -> dict[str, tuple[str, str]]:
    pages = aws.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
    listed = [one for page in pages for one in page["StackResourceSummaries"]]
    return {one["LogicalResourceId"]: (one["ResourceType"], one["PhysicalResourceId"]) for one in listed}


def _endpoint(aws: Aws) -> dict[str, Any]:
    (endpoint,) = aws.client("sagemaker").list_endpoints()["Endpoints"]
    found = aws.client("sagemaker").describe_endpoint(EndpointName=endpoint["EndpointName"])
    return {key: found[key] for key in ("EndpointArn", "CreationTime", "EndpointConfigName", "EndpointStatus")}


def _deployment(aws: Aws, state: Any) -> LocalDeployment:
    return LocalDeployment(aws, local_url(state.outputs["ApiEndpoint"], aws.endpoint_url), STACK, state.outputs)


@pytest.fixture(scope="module", params=kept.FOLDERS, ids=lambda folder: folder.name)
def upgraded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Upgraded]:
    old: Path = request.param
    release = kept.release(old, tmp_path_factory.mktemp("released"))
    # What an old release was allowed to do is not held against what is known of AWS today.
    with LocalAws(enforce_iam=False) as running:
        aws = aws_access.local(running.endpoint_url, running.region)
        before_launch = account_content.names(aws)
        options = {EMAIL_PARAMETER: "you@example.com", "CreateModelRegistry": "Yes"}
        launched = launch.deploy(aws, Launching(stack_name=STACK, parameters=options), Nobody(), bool, release).state
        users, model = Orchestrator(_deployment(aws, launched)), demo_model.train()
        users.store(model)
        asked = users.request("lasting", **SERVED)
        pipeline_id = users.provisioned(asked)
        before, endpoint, shown = _resources(aws), _endpoint(aws), list[ChangeSet]()

        def agree(change_set: ChangeSet) -> bool:
            shown.append(change_set)
            return True

        # One release is upgraded with the boundary added, the other one without.
        launching = Launching(stack_name=STACK, with_boundary=old.name == BOUNDED)
        state = launch.deploy(aws, launching, Nobody(), agree).state
        authorization.switch(True)
        now = Orchestrator(_deployment(aws, state))
        payload = "\n".join(",".join(map(str, row)) for row in model.holdout_rows[:2])
        yield Upgraded(
            aws,
            before_launch,
            before,
            _resources(aws),
            (users.deployment.api_url, now.deployment.api_url),
            (endpoint, _endpoint(aws)),
            pipeline_id,
            asked,
            shown[-1].changes,
            now,
            now.deployment.api.list().body["pipelines"],
            payload,
            _predicts(now, payload),
        )


@pytest.fixture(scope="module")
def resent(upgraded: Upgraded) -> Resent:
    users, cloudformation = upgraded.orchestrator, upgraded.aws.client("cloudformation")
    (last,) = users.executions(upgraded.pipeline_id)
    (old,) = cloudformation.describe_stacks(StackName=upgraded.pipeline_id)["Stacks"]
    answer = users.provision(upgraded.request)
    ended = users.ended(upgraded.pipeline_id, after=last["pipelineExecutionId"])
    (new,) = cloudformation.describe_stacks(StackName=upgraded.pipeline_id)["Stacks"]
    (root,) = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    parameters = {one["ParameterKey"]: one["ParameterValue"] for one in root["Parameters"]}
    endpoint, predicted = _endpoint(upgraded.aws), upgraded.predicts()
    once_more = users.provision(upgraded.request)["message"]
    prefix = parameters["ArtifactPrefix"]
    changed = users.changed(upgraded.pipeline_id, {**upgraded.request, "inference_instance": CHANGED}).has_succeeded
    config = upgraded.aws.client("sagemaker").describe_endpoint_config(
        EndpointConfigName=_endpoint(upgraded.aws)["EndpointConfigName"]
    )
    instance = config["ProductionVariants"][0]["InstanceType"]
    bounds = {_boundary(upgraded.aws, role) for stack in (STACK, DEPLOYED) for role in _roles(upgraded.aws, stack)}
    bounded = (parameters["PermissionsBoundaryName"], bounds)
    outcome = (ended.has_succeeded, predicted, endpoint, prefix, once_more, *bounded, changed, instance)
    return Resent((old, new), answer["pipeline_id"], *outcome)


def _roles(aws: Aws, stack: str) -> list[str]:
    found = aws.client("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    return [one["PhysicalResourceId"] for one in found if one["ResourceType"] == "AWS::IAM::Role"]


def _boundary(aws: Aws, role: str) -> str:
    found = aws.client("iam").get_role(RoleName=role)["Role"].get("PermissionsBoundary", {})
    return str(found.get("PermissionsBoundaryArn", "")).rpartition("/")[2]


def test_what_holds_data_or_is_referred_to_is_neither_replaced_nor_removed(upgraded: Upgraded) -> None:
    keeping = {name: found for name, found in upgraded.before.items() if found[0] in KEEPS}

    assert {kind for kind, _ in keeping.values()} == KEEPS
    assert {name: upgraded.after.get(name) for name in keeping} == keeping
    touched = [change for change in upgraded.changes if change.logical_id in keeping]
    assert [one for one in touched if one.action != "Modify" or one.replacement != "False"] == []


def test_data_pipeline_and_address_are_there_untouched(upgraded: Upgraded) -> None:
    bucket = upgraded.orchestrator.deployment.outputs["AssetsBucketName"]
    upgraded.aws.client("s3").head_object(Bucket=bucket, Key=ARTIFACT_KEY)

    assert len({*upgraded.addresses}) == 1
    before, after = upgraded.endpoints
    assert before == after
    (listed,) = upgraded.listed
    assert (listed["pipeline_id"], listed["last_execution"]["status"]) == (upgraded.pipeline_id, "Succeeded")
    assert upgraded.predicted


def test_a_request_sent_again_brings_its_pipeline_to_the_new_version(upgraded: Upgraded, resent: Resent) -> None:
    assert resent.pipeline_id == upgraded.pipeline_id
    assert resent.succeeded
    old, new = ({tag["Key"]: tag["Value"] for tag in stack["Tags"]}["mlops:release"] for stack in resent.stacks)
    assert old != new
    assert new == resent.prefix
    for kept_of_endpoint in ("EndpointArn", "CreationTime", "EndpointStatus"):
        assert resent.endpoint[kept_of_endpoint] == upgraded.endpoints[0][kept_of_endpoint]
    assert resent.predicted
    assert resent.once_more.endswith("No updates are to be performed.")
    assert resent.changed
    assert resent.instance == CHANGED


@pytest.mark.usefixtures("resent")
def test_destroy_leaves_nothing_but_what_it_names(upgraded: Upgraded, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "local")
    where = ["--region", upgraded.aws.region, "--endpoint-url", upgraded.aws.endpoint_url]
    command = ["destroy", "--stack-name", STACK, "--yes", *where]
    refused = mlops(*command)
    assert refused.status == 1
    assert f"{DEPLOYED}-codepipeline. Delete them first" in refused.err
    ended = mlops(*command, "--pipelines", "--json")
    assert ended.status == 0

    assert {"kind": "event", "pipeline_id": upgraded.pipeline_id, "status": "DELETED"} in ended.documents
    left = {name.split(" ", 1)[1] for name in account_content.names(upgraded.aws) - upgraded.before_launch}
    assert left - {one["name"] for one in ended.documents[-1]["kept"]} == set()
    assert upgraded.orchestrator.deployment.outputs["AssetsBucketName"] in left


def test_a_boundary_reaches_the_roles_that_are_there(resent: Resent) -> None:
    """Those of a pipeline when its request is sent again."""
    assert resent.bounds == {resent.boundary}
