# SPDX-License-Identifier: Apache-2.0
"""A model through dev, staging and prod: real templates, the packaged bundle, stack sets with a life of their own."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from scripts import demo_model
from scripts.cli.local_stack import LocalDeployment
from scripts.demo_model import TrainedModel
from tests.end_to_end.users import Orchestrator, mlops_local, trained_and_stored

Until = Callable[[Callable[[], Any]], Any]
INSTANCES = {"dev": "ml.t2.medium", "staging": "ml.m5.large", "prod": "ml.c5.xlarge"}
ACCOUNTS = {"dev": "111111111111", "staging": "222222222222", "prod": "333333333333"}


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    with mlops_local(tmp_path_factory.mktemp("multi"), "--option", "multi-account") as running:
        yield running


@pytest.fixture(scope="module")
def orchestrator(deployment: LocalDeployment) -> Orchestrator:
    return Orchestrator(deployment)


@pytest.fixture(scope="module")
def model(deployment: LocalDeployment) -> TrainedModel:
    return trained_and_stored(deployment)


def _states(orchestrator: Orchestrator, pipeline_id: str) -> dict[str, dict[str, str]]:
    answer = orchestrator.deployment.api.status(pipeline_id).body
    return {
        stage["stageName"]: {
            action["actionName"]: action.get("latestExecution", {}).get("status", "")
            for action in stage["actionStates"]
        }
        for stage in answer.get("stageStates", [])
    }


def _waiting(orchestrator: Orchestrator, pipeline_id: str, stage: str, action: str) -> dict[str, Any] | None:
    """The approval that waits, with its token, as GetPipelineState gives it."""
    for state in orchestrator.deployment.api.status(pipeline_id).body.get("stageStates", []):
        for found in state["actionStates"]:
            latest = found.get("latestExecution", {})
            if (state["stageName"], found["actionName"]) == (stage, action) and latest.get("token"):
                return {**latest, "pipelineName": orchestrator.status(pipeline_id).pipeline}
    return None


def _decide(orchestrator: Orchestrator, waiting: dict[str, Any], stage: str, action: str, status: str) -> None:
    orchestrator.client("codepipeline").put_approval_result(
        pipelineName=waiting["pipelineName"],
        stageName=stage,
        actionName=action,
        token=waiting["token"],
        result={"summary": "because", "status": status},
    )


def _in_account(orchestrator: Orchestrator, account: str, service: str) -> Any:
    keys = orchestrator.client("sts").assume_role(
        RoleArn=f"arn:aws:iam::{account}:role/tester", RoleSessionName="tests"
    )["Credentials"]
    session = orchestrator.deployment.aws.session
    return session.client(
        service,
        region_name=orchestrator.deployment.aws.region,
        endpoint_url=orchestrator.deployment.aws.endpoint_url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def _instance_types(orchestrator: Orchestrator, account: str) -> list[str]:
    sagemaker = _in_account(orchestrator, account, "sagemaker")
    names = [config["EndpointConfigName"] for config in sagemaker.list_endpoint_configs()["EndpointConfigs"]]
    found = [sagemaker.describe_endpoint_config(EndpointConfigName=name) for name in names]
    return sorted(config["ProductionVariants"][0]["InstanceType"] for config in found)


def _endpoint_tags(orchestrator: Orchestrator, account: str, name: str) -> dict[str, str]:
    sagemaker = _in_account(orchestrator, account, "sagemaker")
    arn = sagemaker.describe_endpoint(EndpointName=name)["EndpointArn"]
    return {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}


def test_a_model_goes_through_all_three_accounts(orchestrator: Orchestrator, model: TrainedModel, until: Until) -> None:
    request = orchestrator.request(
        "through", inference_instance=INSTANCES, endpoint_name={stage: f"through-{stage}" for stage in ACCOUNTS}
    )
    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    steps = [("dev", "DeployDev", "DeployStaging"), ("staging", "DeployStaging", "DeployProd")]
    for _, stage, approval in steps:
        waiting = until(functools.partial(_waiting, orchestrator, pipeline_id, stage, approval))
        assert waiting["status"] == "InProgress"
        assert _states(orchestrator, pipeline_id)[stage][f"{stage}StackSet"] == "Succeeded"
        _decide(orchestrator, waiting, stage, approval, "Approved")
    assert orchestrator.ended(pipeline_id).has_succeeded

    row = ",".join(str(value) for value in model.holdout_rows[0])
    expected = demo_model.predict(model, model.holdout_rows[:1])
    for stage, account in ACCOUNTS.items():
        assert INSTANCES[stage] in _instance_types(orchestrator, account)
        runtime = _in_account(orchestrator, account, "sagemaker-runtime")
        answer = runtime.invoke_endpoint(EndpointName=f"through-{stage}", ContentType="text/csv", Body=row)
        assert float(answer["Body"].read()) == pytest.approx(expected[0], abs=1e-6)
    assert _instance_types(orchestrator, orchestrator.deployment.aws.account) == []

    for stage, account in ACCOUNTS.items():
        assert (
            _endpoint_tags(orchestrator, account, f"through-{stage}").items()
            >= {
                "mlops:application": orchestrator.deployment.stack_name,
                "mlops:pipeline": "mlops-pipeline-through-byompipelinerealtimebuiltin",
                "mlops:stage": stage,
                "mlops:model": "through",
            }.items()
        )

    again = orchestrator.provision(request)
    assert again["message"].endswith("No updates are to be performed.")


def test_only_the_named_accounts_of_a_unit_are_deployed_to(
    orchestrator: Orchestrator, model: TrainedModel, until: Until
) -> None:
    """Defect 45."""
    organizations = orchestrator.client("organizations")
    made = organizations.create_account(Email="other@example.com", AccountName="other")["CreateAccountStatus"]
    (parent,) = organizations.list_parents(ChildId=made["AccountId"])["Parents"]
    (dev_unit,) = organizations.list_parents(ChildId=ACCOUNTS["dev"])["Parents"]
    organizations.move_account(
        AccountId=made["AccountId"], SourceParentId=parent["Id"], DestinationParentId=dev_unit["Id"]
    )
    before = _instance_types(orchestrator, ACCOUNTS["dev"])
    pipeline_id = orchestrator.provision(orchestrator.request("named"))["pipeline_id"]
    assert until(lambda: _waiting(orchestrator, pipeline_id, "DeployDev", "DeployStaging"))
    assert len(_instance_types(orchestrator, ACCOUNTS["dev"])) == len(before) + 1
    assert _instance_types(orchestrator, made["AccountId"]) == []


@pytest.mark.parametrize("rejected", ["staging", "prod"])
def test_a_rejected_approval_deploys_nothing_further(
    orchestrator: Orchestrator, model: TrainedModel, until: Until, rejected: str
) -> None:
    pipeline_id = orchestrator.provision(orchestrator.request(f"rejected-for-{rejected}"))["pipeline_id"]
    before = _instance_types(orchestrator, ACCOUNTS[rejected])
    for stage, approval in (("DeployDev", "DeployStaging"), ("DeployStaging", "DeployProd")):
        waiting = until(functools.partial(_waiting, orchestrator, pipeline_id, stage, approval))
        is_last = approval == f"Deploy{rejected.capitalize()}"
        _decide(orchestrator, waiting, stage, approval, "Rejected" if is_last else "Approved")
        if is_last:
            break
    assert orchestrator.ended(pipeline_id).has_failed
    stage = f"Deploy{rejected.capitalize()}"
    assert _states(orchestrator, pipeline_id)[stage][f"{stage}StackSet"] == ""
    assert _instance_types(orchestrator, ACCOUNTS[rejected]) == before


def test_a_newer_request_supersedes_one_that_waits_for_approval(
    orchestrator: Orchestrator, model: TrainedModel, until: Until
) -> None:
    pipeline_id = orchestrator.provision(orchestrator.request("newer"))["pipeline_id"]
    first = until(lambda: _waiting(orchestrator, pipeline_id, "DeployDev", "DeployStaging"))
    changed = orchestrator.request("newer", inference_instance="ml.c5.2xlarge")
    orchestrator.provision(changed)

    # CodePipeline holds a stage for the execution in it: the newer one enters when the older has left.
    _decide(orchestrator, first, "DeployDev", "DeployStaging", "Rejected")

    def newer() -> dict[str, Any] | None:
        waiting = _waiting(orchestrator, pipeline_id, "DeployDev", "DeployStaging")
        return waiting if waiting and waiting["token"] != first["token"] else None

    until(newer)
    assert "ml.c5.2xlarge" in _instance_types(orchestrator, ACCOUNTS["dev"])
    assert "ml.c5.2xlarge" not in _instance_types(orchestrator, ACCOUNTS["staging"])


def test_a_stage_that_fails_says_which_account_and_why(
    orchestrator: Orchestrator, model: TrainedModel, until: Until
) -> None:
    """Defect 48: the cause was lost."""
    taken = _in_account(orchestrator, ACCOUNTS["dev"], "sagemaker")
    request = orchestrator.request("taken", endpoint_name="taken-name")
    dev = {"ModelName": "m", "ExecutionRoleArn": f"arn:aws:iam::{ACCOUNTS['dev']}:role/r"}
    taken.create_model(**dev, PrimaryContainer={"Image": "111111111111.dkr.ecr.us-east-1.amazonaws.com/own:1"})
    variant = {"VariantName": "v", "ModelName": "m", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
    taken.create_endpoint_config(EndpointConfigName="c", ProductionVariants=[variant])
    taken.create_endpoint(EndpointName="taken-name", EndpointConfigName="c")

    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    status = orchestrator.ended(pipeline_id)
    assert status.has_failed
    (detail,) = [action.detail for action in status.actions if action.status == "Failed"]
    assert ACCOUNTS["dev"] in detail
    assert "taken-name" in detail

    taken.delete_endpoint(EndpointName="taken-name")
    orchestrator.provision(request)
    assert until(lambda: _waiting(orchestrator, pipeline_id, "DeployDev", "DeployStaging"))


@pytest.mark.parametrize(
    ("value", "keys"),
    [
        ({"dev": "ml.m5.large", "prod": "ml.m5.large"}, ["inference_instance.staging"]),
        ({**INSTANCES, "test": "ml.m5.large"}, ["inference_instance.test"]),
        ({**INSTANCES, "prod": "large"}, ["inference_instance.prod"]),
    ],
    ids=["a stage missing", "a stage unknown", "a stage wrong"],
)
def test_a_stage_that_is_missing_or_unknown_is_named(
    orchestrator: Orchestrator, value: dict[str, str], keys: list[str]
) -> None:
    """Defect 26."""
    stacks = orchestrator.stacks()
    answer = orchestrator.deployment.api.provision(orchestrator.request("wrong", inference_instance=value))
    assert answer.status == 400
    assert [error["key"] for error in answer.body["errors"]] == keys
    assert orchestrator.stacks() == stacks
