# SPDX-License-Identifier: Apache-2.0
"""A model through dev, staging and prod: real templates, the packaged bundle, stack sets with a life of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from scripts.launch.local_deployment import STAGE_ACCOUNTS
from tests.end_to_end import foreign
from tests.end_to_end.multi_account import accounts
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import SERVED, Orchestrator

Until = Callable[[Callable[[], Any]], Any]
INSTANCES = {"dev": "ml.t2.medium", "staging": "ml.m5.large", "prod": "ml.c5.xlarge"}


def _states(orchestrator: Orchestrator, pipeline_id: str) -> dict[str, dict[str, str]]:
    answer = orchestrator.deployment.api.status(pipeline_id).body
    return {
        stage["stageName"]: {
            action["actionName"]: action.get("latestExecution", {}).get("status", "")
            for action in stage["actionStates"]
        }
        for stage in answer.get("stageStates", [])
    }


def _endpoint_tags(orchestrator: Orchestrator, stage: str, name: str) -> dict[str, str]:
    sagemaker = orchestrator.in_account(stage).client("sagemaker")
    arn = sagemaker.describe_endpoint(EndpointName=name)["EndpointArn"]
    return {tag["Key"]: tag["Value"] for tag in sagemaker.list_tags(ResourceArn=arn)["Tags"]}


def _deployed(orchestrator: Orchestrator, model_name: str) -> list[str]:
    """The stages that have a model's stack, by the list of the API; each of them must be in order."""
    stages = orchestrator.deployment.api.details(model_name).body["stages"]
    assert {one["status"] for stage in stages for one in stage["instances"] or ()} == {"CURRENT"}
    return [stage["stage"] for stage in stages if stage["instances"]]


def test_a_model_goes_through_all_three_accounts_and_leaves_them_as_they_were(
    orchestrator: Orchestrator, model: TrainedModel, subscriber: Subscriber, until: Until
) -> None:
    """Lesson 57."""
    request = orchestrator.request(
        "through",
        inference_instance=INSTANCES,
        endpoint_name={stage: f"through-{stage}" for stage in STAGE_ACCOUNTS},
        **SERVED,
    )
    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    for stage, following in (("DeployDev", "staging"), ("DeployStaging", "prod")):
        question = orchestrator.asked(pipeline_id, following)
        assert (question.stage, question.status) == (stage, "InProgress")
        assert _states(orchestrator, pipeline_id)[stage][f"{stage}StackSet"] == "Succeeded"
        orchestrator.decide(pipeline_id, question)
    assert orchestrator.ended(pipeline_id).has_succeeded

    row = ",".join(str(value) for value in model.holdout_rows[0])
    expected = demo_model.predict(model, model.holdout_rows[:1])
    for stage in STAGE_ACCOUNTS:
        aws, endpoint = orchestrator.in_account(stage), f"through-{stage}"
        assert accounts.instance_type(aws, endpoint) == INSTANCES[stage]
        answer = aws.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=endpoint, ContentType="text/csv", Body=row
        )
        assert float(answer["Body"].read()) == pytest.approx(expected[0], abs=1e-6)
        assert accounts.instance_type(orchestrator.deployment.aws, endpoint) == ""
        tags = {
            "mlops:application": orchestrator.deployment.stack_name,
            "mlops:pipeline": "mlops-pipeline-through-byompipelinerealtimebuiltin",
            "mlops:stage": stage,
            "mlops:model": "through",
        }
        assert _endpoint_tags(orchestrator, stage, endpoint).items() >= tags.items()
    assert orchestrator.provision(request)["message"].endswith("No updates are to be performed.")

    api = orchestrator.deployment.api
    assert _deployed(orchestrator, "through") == ["dev", "staging", "prod"]
    assert api.delete("through").status == 202
    subscriber.next_about("and what it deployed are deleted", until, "-through-")
    assert accounts.left(orchestrator, "through") == set()
    assert api.delete(pipeline_id).status == 404


def test_only_the_named_accounts_of_a_unit_are_deployed_to_and_one_that_waits_is_deleted(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    """Lessons 45 and 57."""
    organizations = orchestrator.client("organizations")
    made = organizations.create_account(Email="other@example.com", AccountName="other")["CreateAccountStatus"]
    (parent,) = organizations.list_parents(ChildId=made["AccountId"])["Parents"]
    (dev_unit,) = organizations.list_parents(ChildId=STAGE_ACCOUNTS["dev"])["Parents"]
    organizations.move_account(
        AccountId=made["AccountId"], SourceParentId=parent["Id"], DestinationParentId=dev_unit["Id"]
    )
    pipeline_id = orchestrator.provision(orchestrator.request("named", endpoint_name="named-live"))["pipeline_id"]
    orchestrator.asked(pipeline_id, "staging")
    assert accounts.instance_type(orchestrator.in_account("dev"), "named-live") == "ml.m5.large"
    assert accounts.instance_type(orchestrator.deployment.in_account(made["AccountId"]), "named-live") == ""
    (listed,) = orchestrator.deployment.api.list(model_name="named").body["pipelines"]
    assert [question["action"] for question in listed["waiting"]] == ["DeployStaging"]

    assert _deployed(orchestrator, "named") == ["dev"]
    assert orchestrator.deployment.api.delete(pipeline_id).status == 202
    subscriber.next_about("and what it deployed are deleted", until, "-named-")
    assert accounts.left(orchestrator, "named") == set()


def test_a_deletion_while_a_stage_is_deployed(orchestrator: Orchestrator, subscriber: Subscriber, until: Until) -> None:
    """The StackSet is at work when it is asked for: that comes to its end first."""
    api = orchestrator.deployment.api
    pipeline_id = orchestrator.provision(orchestrator.request("hasty"))["pipeline_id"]
    until(lambda: [stage for stage in api.details(pipeline_id).body["stages"] if stage["instances"]])
    assert api.delete(pipeline_id).status == 202
    subscriber.next_about("and what it deployed are deleted", until, "-hasty-")
    assert accounts.left(orchestrator, "hasty") == set()


def test_a_rejection_is_told_with_its_words_and_deploys_nothing_further(
    orchestrator: Orchestrator, subscriber: Subscriber, until: Until
) -> None:
    """Compatibility 1.7's sentences come first; the reviewer's reason reaches everybody."""
    request = orchestrator.request("told", endpoint_name="told-live")
    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    stage = subscriber.next("finished executing", until, "mlops-pipeline-told-")
    assert stage.text.startswith("DeployDev action DeployDevStackSet in the Pipeline mlops-pipeline-told-")
    assert "finished executing. Action execution result is SUCCEEDED" in stage.text.split("\n\n")[0]
    assert stage.attributes == {
        "pipeline_type": "byom_realtime_builtin",
        "model_name": "told",
        "stage": "dev",
        "state": "SUCCEEDED",
    }

    question = orchestrator.asked(pipeline_id, "staging")
    orchestrator.decide(pipeline_id, question, approve=False, words="recall is too low")
    ended = subscriber.next("Pipeline execution result is FAILED", until, "mlops-pipeline-told-")
    assert "Why it failed: in stage DeployDev, action DeployStaging, it was rejected: recall is too low" in ended.text
    assert "change what was not accepted" in ended.text
    assert ended.attributes["stage"] == "dev"

    assert orchestrator.ended(pipeline_id).has_failed
    assert _states(orchestrator, pipeline_id)["DeployStaging"]["DeployStagingStackSet"] == ""
    assert accounts.instance_type(orchestrator.in_account("dev"), "told-live") == "ml.m5.large"
    assert accounts.instance_type(orchestrator.in_account("staging"), "told-live") == ""


def test_a_stage_that_fails_says_which_account_and_why(orchestrator: Orchestrator) -> None:
    """Lesson 48: the cause was lost."""
    foreign.make_endpoint(orchestrator.in_account("dev"), "taken-name")
    request = orchestrator.request("taken", endpoint_name="taken-name")
    pipeline_id = orchestrator.provision(request)["pipeline_id"]
    status = orchestrator.ended(pipeline_id)
    assert status.has_failed
    (detail,) = [action.detail for action in status.actions if action.status == "Failed"]
    assert STAGE_ACCOUNTS["dev"] in detail
    assert "taken-name" in detail

    orchestrator.in_account("dev").client("sagemaker").delete_endpoint(EndpointName="taken-name")
    orchestrator.provision(request)
    assert orchestrator.asked(pipeline_id, "staging")


@pytest.mark.parametrize(
    ("value", "keys"),
    [
        ({"dev": "ml.m5.large", "prod": "ml.m5.large"}, ["inference_instance.staging"]),
        ({**INSTANCES, "prod": "large"}, ["inference_instance.prod"]),
    ],
    ids=["a stage missing", "a stage wrong"],
)
def test_a_stage_that_is_missing_or_wrong_is_named(
    orchestrator: Orchestrator, value: dict[str, str], keys: list[str]
) -> None:
    """Lesson 26."""
    answer = orchestrator.deployment.api.provision(orchestrator.request("wrong", inference_instance=value))
    assert answer.status == 400
    assert [error["key"] for error in answer.body["errors"]] == keys
    assert orchestrator.stacks("-wrong-") == set()


def test_a_stage_that_there_is_not_is_left_out_with_a_warning(orchestrator: Orchestrator) -> None:
    """The earlier solution took it and deployed to dev, staging and prod."""
    request = orchestrator.request("more", inference_instance={**INSTANCES, "test": "ml.m5.large"}, dry_run=True)
    body = orchestrator.deployment.api.provision(request).body
    assert [warning for warning in body["warnings"] if "inference_instance.test" in warning]
    assert {name.partition("_")[0] for name in body["plan"]["parameters"]} == {"dev", "staging", "prod"}
