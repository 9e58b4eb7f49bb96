# SPDX-License-Identifier: Apache-2.0
"""CodePipeline's API: executions, stopping and repeating, approvals, events, definitions."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from scripts.local_aws.codepipeline import install as codepipeline
from tests.local_aws.pipelines import Account, approval, deploy, invoke, source
from tests.local_aws.waiting import SECONDS


class Reports:
    """The EventBridge events of pipelines, as a queue receives them."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self._sqs = client("sqs")
        self._url = self._sqs.create_queue(QueueName="reports")["QueueUrl"]
        client("events").put_rule(Name="reports", EventPattern='{"source": ["aws.codepipeline"]}')
        target = {"Id": "queue", "Arn": "arn:aws:sqs:us-east-1:123456789012:reports"}
        client("events").put_targets(Rule="reports", Targets=[target])

    def take(self) -> list[dict[str, Any]]:
        assert codepipeline.wait_idle(SECONDS)
        found: list[dict[str, Any]] = []
        while answer := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            found += [json.loads(message["Body"]) for message in answer]
        return found


@pytest.fixture(scope="module")
def reports(client: Callable[..., Any]) -> Reports:
    return Reports(client)


class TestExecutions:
    def test_a_new_pipeline_starts_by_itself_and_waits_for_approval(self, account: Account) -> None:
        execution = account.create("waits", [approval()])
        stage = account.stage("waits", "Stage1")
        assert stage["latestExecution"] == {"pipelineExecutionId": execution, "status": "InProgress"}
        waiting = account.action("waits", "Stage1", "Approve")
        assert waiting["status"] == "InProgress"
        assert waiting["token"]
        assert account.executions("waits")[0]["trigger"]["triggerType"] == "CreatePipeline"
        detail = account.pipelines.get_pipeline_execution(pipelineName="waits", pipelineExecutionId=execution)
        assert detail["pipelineExecution"]["status"] == "InProgress"
        assert detail["pipelineExecution"]["artifactRevisions"][0]["name"] == "Artifact_Source_S3Source"

    def test_stages_follow_each_other(self, account: Account) -> None:
        account.create("stages", [approval()], [approval()])
        assert account.action("stages", "Stage2", "Approve") == {}
        account.answer("stages", "Stage1")
        approved = account.action("stages", "Stage1", "Approve")
        assert (approved["status"], approved["summary"]) == ("Succeeded", "Approved by a test")
        assert approved["lastUpdatedBy"].startswith("arn:aws:")
        account.answer("stages", "Stage2")
        assert account.statuses("stages") == ["Succeeded"]

    def test_a_rejection_fails_the_execution(self, account: Account) -> None:
        account.create("rejected", [approval()], [approval()])
        account.answer("rejected", "Stage1", "Rejected")
        failed = account.action("rejected", "Stage1", "Approve")
        assert failed["errorDetails"]["message"] == "Rejected by a test"
        assert account.stage("rejected", "Stage1")["latestExecution"]["status"] == "Failed"
        assert "latestExecution" not in account.stage("rejected", "Stage2")
        assert account.statuses("rejected") == ["Failed"]

    def test_actions_of_one_run_order_run_together_and_the_next_after_them(self, account: Account) -> None:
        account.create("orders", [approval("A"), approval("B"), approval("Then", run_order=2)])
        assert account.action("orders", "Stage1", "B")["status"] == "InProgress"
        account.answer("orders", "Stage1", action="A")
        assert account.action("orders", "Stage1", "Then") == {}
        account.answer("orders", "Stage1", action="B")
        account.answer("orders", "Stage1", action="Then")
        assert account.statuses("orders") == ["Succeeded"]

    def test_a_newer_execution_supersedes_the_one_that_waits_before_a_stage(self, account: Account) -> None:
        first = account.create("supersedes", [approval()])
        second = account.start("supersedes")
        assert account.stage("supersedes", "Stage1")["inboundExecution"]["pipelineExecutionId"] == second
        third = account.start("supersedes")
        assert account.statuses("supersedes") == ["InProgress", "Superseded", "InProgress"]
        assert account.stage("supersedes", "Stage1")["latestExecution"]["pipelineExecutionId"] == first
        account.answer("supersedes", "Stage1")
        assert account.stage("supersedes", "Stage1")["latestExecution"]["pipelineExecutionId"] == third
        account.answer("supersedes", "Stage1")
        assert account.statuses("supersedes") == ["Succeeded", "Superseded", "Succeeded"]

    def test_a_client_request_token_starts_one_execution(self, account: Account) -> None:
        account.create("token", [approval()])
        ids = {
            account.pipelines.start_pipeline_execution(name="token", clientRequestToken="t-1")["pipelineExecutionId"]
            for _ in range(2)
        }
        account.settle()
        assert len(ids) == 1
        assert len(account.executions("token")) == 2

    def test_executions_are_paged_newest_first(self, account: Account) -> None:
        account.create("paged", [approval()])
        started = [account.start("paged") for _ in range(2)]
        first = account.pipelines.list_pipeline_executions(pipelineName="paged", maxResults=2)
        ids = [each["pipelineExecutionId"] for each in first["pipelineExecutionSummaries"]]
        assert ids == started[::-1]
        rest = account.pipelines.list_pipeline_executions(pipelineName="paged", nextToken=first["nextToken"])
        assert len(rest["pipelineExecutionSummaries"]) == 1
        assert "nextToken" not in rest
        with pytest.raises(account.pipelines.exceptions.InvalidNextTokenException):
            account.pipelines.list_pipeline_executions(pipelineName="paged", nextToken="x")


class TestStopAndRetry:
    def test_abandoning_ends_the_running_action(self, account: Account) -> None:
        execution = account.create("abandoned", [approval()])
        account.pipelines.stop_pipeline_execution(
            pipelineName="abandoned", pipelineExecutionId=execution, abandon=True, reason="wrong model"
        )
        account.settle()
        assert account.action("abandoned", "Stage1", "Approve")["status"] == "Abandoned"
        assert account.stage("abandoned", "Stage1")["latestExecution"]["status"] == "Stopped"
        (stopped,) = account.executions("abandoned")
        assert (stopped["status"], stopped["statusSummary"]) == ("Stopped", "wrong model")

    def test_stopping_lets_the_running_action_end_and_starts_no_other(self, account: Account) -> None:
        execution = account.create("stopped", [approval()], [approval()])
        stop = {"pipelineName": "stopped", "pipelineExecutionId": execution}
        account.pipelines.stop_pipeline_execution(**stop)
        assert account.statuses("stopped") == ["Stopping"]
        with pytest.raises(account.pipelines.exceptions.DuplicatedStopRequestException):
            account.pipelines.stop_pipeline_execution(**stop)
        account.answer("stopped", "Stage1")
        assert account.statuses("stopped") == ["Stopped"]
        assert account.action("stopped", "Stage2", "Approve") == {}
        with pytest.raises(account.pipelines.exceptions.PipelineExecutionNotStoppableException):
            account.pipelines.stop_pipeline_execution(**stop)

    @pytest.mark.parametrize(("mode", "repeated"), [("FAILED_ACTIONS", False), ("ALL_ACTIONS", True)])
    def test_a_failed_stage_is_retried_in_the_same_execution(self, account: Account, mode: str, repeated: bool) -> None:
        name = f"retry-{mode}"
        execution = account.create(name, [approval("Good"), approval("Bad")])
        account.answer(name, "Stage1", action="Good")
        account.answer(name, "Stage1", "Rejected", action="Bad")
        assert account.statuses(name) == ["Failed"]
        account.pipelines.retry_stage_execution(
            pipelineName=name, stageName="Stage1", pipelineExecutionId=execution, retryMode=mode
        )
        account.settle()
        assert account.statuses(name) == ["InProgress"]
        assert (account.action(name, "Stage1", "Good")["status"] == "InProgress") is repeated
        if repeated:
            account.answer(name, "Stage1", action="Good")
        account.answer(name, "Stage1", action="Bad")
        assert account.statuses(name) == ["Succeeded"]

    def test_only_the_latest_failed_execution_of_a_stage_is_retried(self, account: Account) -> None:
        first = account.create("no-retry", [approval()])
        retry = {"pipelineName": "no-retry", "stageName": "Stage1", "retryMode": "FAILED_ACTIONS"}
        with pytest.raises(account.pipelines.exceptions.StageNotRetryableException):
            account.pipelines.retry_stage_execution(**retry, pipelineExecutionId=first)
        account.answer("no-retry", "Stage1", "Rejected")
        account.start("no-retry")
        with pytest.raises(account.pipelines.exceptions.NotLatestPipelineExecutionException):
            account.pipelines.retry_stage_execution(**retry, pipelineExecutionId=first)


class TestApprovalAnswers:
    def test_a_wrong_token_and_a_second_answer_are_refused(self, account: Account) -> None:
        account.create("answers", [approval()])
        answer = {
            "pipelineName": "answers", "stageName": "Stage1", "actionName": "Approve",
            "result": {"status": "Approved", "summary": ""},
        }  # fmt: skip
        with pytest.raises(account.pipelines.exceptions.InvalidApprovalTokenException):
            account.pipelines.put_approval_result(**answer, token="11111111-1111-1111-1111-111111111111")
        token = account.action("answers", "Stage1", "Approve")["token"]
        account.pipelines.put_approval_result(**answer, token=token)
        with pytest.raises(account.pipelines.exceptions.ApprovalAlreadyCompletedException):
            account.pipelines.put_approval_result(**answer, token=token)

    def test_places_that_do_not_exist_are_named(self, account: Account) -> None:
        account.create("places", [approval()])
        answer = {"pipelineName": "places", "token": "11111111-1111-1111-1111-111111111111",
                  "result": {"status": "Approved", "summary": ""}}  # fmt: skip
        with pytest.raises(account.pipelines.exceptions.StageNotFoundException, match="Nowhere"):
            account.pipelines.put_approval_result(**answer, stageName="Nowhere", actionName="Approve")
        with pytest.raises(account.pipelines.exceptions.ActionNotFoundException, match="Nobody"):
            account.pipelines.put_approval_result(**answer, stageName="Stage1", actionName="Nobody")


class TestEvents:
    def test_every_change_is_reported_in_order(self, account: Account, reports: Reports) -> None:
        account.settle()
        reports.take()
        execution = account.create("reported", [approval()])
        account.answer("reported", "Stage1", "Rejected")
        told = reports.take()
        assert {event["resources"][0].rsplit(":", 1)[-1] for event in told} == {"reported"}
        assert {event["detail"]["execution-id"] for event in told} == {execution}
        steps = [
            (
                event["detail-type"].split()[1],
                event["detail"].get("action") or event["detail"].get("stage") or event["detail"]["pipeline"],
                event["detail"]["state"],
            )
            for event in told
        ]
        assert steps == [
            ("Pipeline", "reported", "STARTED"),
            ("Stage", "Source", "STARTED"),
            ("Action", "S3Source", "STARTED"),
            ("Action", "S3Source", "SUCCEEDED"),
            ("Stage", "Source", "SUCCEEDED"),
            ("Stage", "Stage1", "STARTED"),
            ("Action", "Approve", "STARTED"),
            ("Action", "Approve", "FAILED"),
            ("Stage", "Stage1", "FAILED"),
            ("Pipeline", "reported", "FAILED"),
        ]
        failed = told[7]["detail"]
        assert failed["execution-result"]["error-code"] == "Rejected"
        assert failed["type"]["provider"] == "Manual"
        assert failed["version"] == 1

    def test_superseded_and_stopped_executions_are_reported(self, account: Account, reports: Reports) -> None:
        account.create("silent", [approval()])
        account.start("silent")
        last = account.start("silent")
        account.pipelines.stop_pipeline_execution(pipelineName="silent", pipelineExecutionId=last)
        states = [
            event["detail"]["state"]
            for event in reports.take()
            if event["detail"]["pipeline"] == "silent" and "Pipeline Execution" in event["detail-type"]
        ]
        assert states == ["STARTED", "STARTED", "STARTED", "SUPERSEDED", "STOPPING", "STOPPED"]


class TestDefinitions:
    def test_a_pipeline_that_does_not_exist(self, account: Account) -> None:
        for call in (account.pipelines.get_pipeline_state, account.pipelines.start_pipeline_execution):
            with pytest.raises(account.pipelines.exceptions.PipelineNotFoundException, match="nothing"):
                call(name="nothing")

    def test_a_name_is_taken_once(self, account: Account) -> None:
        account.create("taken", [approval()])
        with pytest.raises(account.pipelines.exceptions.PipelineNameInUseException):
            account.pipelines.create_pipeline(pipeline=account.declaration("taken", [approval()]))

    def test_an_update_raises_the_version_and_leaves_running_executions_alone(self, account: Account) -> None:
        account.create("updated", [approval()])
        answer = account.pipelines.update_pipeline(pipeline=account.declaration("updated", [approval("Other")]))
        assert answer["pipeline"]["version"] == 2
        account.settle()
        assert account.statuses("updated") == ["InProgress"]
        account.pipelines.update_pipeline(pipeline=account.declaration("updated", [approval()]))
        account.answer("updated", "Stage1")
        assert account.statuses("updated") == ["Succeeded"]

    def test_a_deleted_pipeline_ends_its_executions(self, account: Account) -> None:
        account.create("deleted", [approval()])
        account.pipelines.delete_pipeline(name="deleted")
        account.settle()
        assert "codepipeline deleted" not in [thread.name for thread in threading.enumerate()]
        with pytest.raises(account.pipelines.exceptions.PipelineNotFoundException):
            account.pipelines.get_pipeline_state(name="deleted")
        account.pipelines.delete_pipeline(name="deleted")

    @pytest.mark.parametrize(
        ("actions", "first", "problem"),
        [
            ([source()], None, "must contain only source actions"),
            ([approval()], approval(), "must contain only source actions"),
            ([deploy("x", ParameterOverrides="x" * 1001)], None, "must have 1 to 1000 characters, not 1001"),
            ([invoke("f") | {"inputArtifacts": [{"name": "Other"}]}], None, "Input Artifact Bundle Other"),
            (
                [
                    {
                        "name": "A",
                        "actionTypeId": {"category": "Deploy", "owner": "AWS", "provider": "ECS", "version": "1"},
                    }
                ],
                None,
                "not Deploy/AWS/ECS",
            ),
        ],
    )
    def test_a_wrong_declaration_is_refused_in_words(
        self, account: Account, actions: list[dict[str, Any]], first: dict[str, Any] | None, problem: str
    ) -> None:
        with pytest.raises(account.pipelines.exceptions.InvalidActionDeclarationException, match=problem):
            account.pipelines.create_pipeline(pipeline=account.declaration("wrong", actions, first=first))
        assert "wrong" not in [each["name"] for each in account.pipelines.list_pipelines()["pipelines"]]
