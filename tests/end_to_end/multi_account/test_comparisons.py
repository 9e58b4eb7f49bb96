# SPDX-License-Identifier: Apache-2.0
"""Models that are compared in the account of a stage: seen and shared from the orchestrator's, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError

from mlops_orchestrator.aws.aws_access import Aws
from scripts.cli.pipelines import comparison
from scripts.demo.demo_model import TrainedModel
from scripts.launch.local_deployment import STAGE_ACCOUNTS
from tests.console.visiting import Visitor
from tests.end_to_end.users import ARTIFACT_KEY, SERVED, Orchestrator
from tests.end_to_end.waiting import minute_told

ENDPOINT: Final = "rival-calls"
CHALLENGER: Final = {"name": "challenger", "model_artifact_location": ARTIFACT_KEY, "weight": 3}
CALLS: Final = 20


@pytest.fixture(scope="module")
def pipeline(orchestrator: Orchestrator, model: TrainedModel) -> str:
    """A pipeline whose models are compared in dev and prod, as it waits for staging."""
    variants = {"dev": [CHALLENGER], "staging": [], "prod": [CHALLENGER]}
    request = orchestrator.request("rivals", endpoint_name=ENDPOINT, variants=variants, **SERVED)
    pipeline_id: str = orchestrator.provision(request)["pipeline_id"]
    orchestrator.asked(pipeline_id, "staging")
    return pipeline_id


def stage(orchestrator: Orchestrator, pipeline: str, name: str) -> dict[str, Any]:
    """What is told of a stage."""
    body = orchestrator.deployment.api.details(pipeline).body
    assert body["endpoint"] is None
    (found,) = [one for one in body["stages"] if one["stage"] == name]
    return dict(found)


def role(dev: Aws) -> Any:
    """The role by which the orchestrator looks at the models of dev."""
    pages = dev.client("iam").get_paginator("list_roles").paginate()
    made = [one for page in pages for one in page["Roles"] if one["RoleName"].startswith("mlops-comparing-")]
    (found,) = [one for one in made if _is_of(dev, one["RoleName"])]
    return found


def _is_of(dev: Aws, name: str) -> bool:
    policy = dev.client("iam").get_role_policy(RoleName=name, PolicyName="Compare")["PolicyDocument"]
    return any(ENDPOINT in str(one["Resource"]) for one in policy["Statement"])


def test_a_stage_tells_its_models_and_what_they_answered(
    orchestrator: Orchestrator, model: TrainedModel, pipeline: str
) -> None:
    dev = orchestrator.in_account("dev")
    asked = {"EndpointName": ENDPOINT, "ContentType": "text/csv", "Body": ",".join(map(str, model.holdout_rows[0]))}
    for _ in range(CALLS):
        dev.client("sagemaker-runtime").invoke_endpoint(**asked)
    minute_told()
    (found,) = stage(orchestrator, pipeline, "dev")["endpoints"]
    assert (found["account"], found["name"], found["status"]) == (STAGE_ACCOUNTS["dev"], ENDPOINT, "InService")
    assert {one["name"] for one in found["variants"]} == {"AllTraffic", "challenger"}
    assert found["last_hour_reason"] == ""
    assert sum(one["last_hour"]["calls"] for one in found["variants"]) >= CALLS
    assert stage(orchestrator, pipeline, "staging")["endpoints"] == []
    stages = orchestrator.deployment.api.details(pipeline).body["stages"]
    first, *models = comparison.of_stages(stages)
    assert first.startswith(f"dev, {STAGE_ACCOUNTS['dev']}: the endpoint {ENDPOINT}: InService.")
    assert {line.split(":")[0].strip() for line in models} == {"AllTraffic", "challenger"}
    page = Visitor(orchestrator.deployment.api).visit("/pipelines/rivals")
    assert f"Endpoint in dev, {STAGE_ACCOUNTS['dev']}" in page.html
    assert f'aria-label="Variants in {STAGE_ACCOUNTS["dev"]}"' in page.html


def test_calls_of_a_stage_are_shared_otherwise(orchestrator: Orchestrator, pipeline: str) -> None:
    api = orchestrator.deployment.api
    answer = api.shift(pipeline, {"AllTraffic": 3, "challenger": 1}, "dev")
    assert answer.status == 200, answer.body
    assert answer.body["message"].startswith("Calls of rivals/realtime in dev are")
    assert answer.body["message"].endswith(": AllTraffic 75%, challenger 25%.")
    (place,) = answer.body["accounts"]
    assert (place["account"], place["endpoint"]) == (STAGE_ACCOUNTS["dev"], ENDPOINT)
    there = orchestrator.in_account("dev").client("sagemaker").describe_endpoint(EndpointName=ENDPOINT)
    weights = {one["VariantName"]: one["DesiredWeight"] for one in there["ProductionVariants"]}
    assert weights == {"AllTraffic": 3, "challenger": 1}
    assert "are shared so already" in api.shift(pipeline, {"challenger": 1}, "dev").body["message"]

    refused = api.shift(pipeline, {"chalenger": 1}, "dev")
    assert (refused.status, refused.body["errors"][0]["key"]) == (400, "weights.chalenger")
    assert api.shift(pipeline, {"challenger": 1}, "staging").status == 409, "nothing is deployed there"
    assert api.shift(pipeline, {"challenger": 1}).body["errors"][0]["key"] == "stage"


@pytest.fixture
def function_role(orchestrator: Orchestrator) -> str:
    """ARN of the role of the orchestrator's function."""
    resources = orchestrator.resources(orchestrator.deployment.stack_name)
    (own,) = [one["PhysicalResourceId"] for one in resources if one["LogicalResourceId"] == "OrchestratorRole"]
    return str(orchestrator.client("iam").get_role(RoleName=own)["Role"]["Arn"])


@pytest.fixture
def assume(orchestrator: Orchestrator, function_role: str) -> Callable[[str], Aws]:
    """Assume a role as the function does."""
    function = _as_role(orchestrator.deployment.aws, function_role)
    return lambda role_arn: _as_role(function, role_arn)


def test_the_role_trusts_the_orchestrator_alone_and_is_for_one_endpoint(
    orchestrator: Orchestrator, pipeline: str, function_role: str, assume: Callable[[str], Aws]
) -> None:
    found = role(orchestrator.in_account("dev"))
    (trust,) = found["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"AWS": function_role}
    there = assume(found["Arn"]).client("sagemaker")
    assert there.describe_endpoint(EndpointName=ENDPOINT)["EndpointName"] == ENDPOINT
    for refused in (
        lambda: there.describe_endpoint(EndpointName="another"),
        lambda: there.delete_endpoint(EndpointName=ENDPOINT),
        there.list_endpoints,
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            refused()


@pytest.mark.parametrize(
    ("account", "name"),
    [(STAGE_ACCOUNTS["prod"], "administrator"), ("999988887777", "mlops-comparing-x")],
    ids=["another-name", "no-stage"],
)
def test_the_function_assumes_no_other_role_whatever_that_trusts(
    orchestrator: Orchestrator, function_role: str, assume: Callable[[str], Aws], account: str, name: str
) -> None:
    iam = orchestrator.deployment.in_account(account).client("iam")
    trust = {"Effect": "Allow", "Principal": {"AWS": function_role}, "Action": "sts:AssumeRole"}
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    try:
        with pytest.raises(ClientError, match="AccessDenied"):
            assume(made["Role"]["Arn"])
    finally:
        iam.delete_role(RoleName=name)


def test_an_account_that_lets_nobody_in_hides_nothing_else(orchestrator: Orchestrator, pipeline: str) -> None:
    iam, found = orchestrator.in_account("dev").client("iam"), role(orchestrator.in_account("dev"))
    trust = found["AssumeRolePolicyDocument"]
    closed = {**trust, "Statement": [{**trust["Statement"][0], "Effect": "Deny"}]}
    try:
        iam.update_assume_role_policy(RoleName=found["RoleName"], PolicyDocument=json.dumps(closed))
        told = stage(orchestrator, pipeline, "dev")
        (endpoint,) = told["endpoints"]
        assert [one["status"] for one in told["instances"]] == ["CURRENT"]
        assert (endpoint["status"], endpoint["variants"]) == (None, [])
        assert "does not let the orchestrator look at its models" in endpoint["reason"]
        assert "AccessDenied" in endpoint["reason"]
        words = Visitor(orchestrator.deployment.api).visit(f"/pipelines/{pipeline}").words
        heading = words.index(f"Endpoint in dev, {STAGE_ACCOUNTS['dev']}")
        assert words[heading + 1 : heading + 3] == ["unknown", endpoint["reason"]]
        refused = orchestrator.deployment.api.shift(pipeline, {"challenger": 1}, "dev")
        assert (refused.status, found["Arn"] in refused.body["message"]) == (409, True)
    finally:
        iam.update_assume_role_policy(RoleName=found["RoleName"], PolicyDocument=json.dumps(trust))


def _as_role(aws: Aws, role_arn: str) -> Aws:
    keys = aws.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
    session = boto3.session.Session(
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
        region_name=aws.region,
    )
    return Aws(session, aws.region, aws.endpoint_url)
