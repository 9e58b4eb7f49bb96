# SPDX-License-Identifier: Apache-2.0
"""Accounts that fail, calls that AWS refuses, services that are busy."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.aws import calls
from orchestrator.errors import ServiceBusyError
from tests.orchestrator.stage_action.played_aws import (
    ACCOUNT,
    FIVE,
    JOB,
    MANY,
    OTHER_JOB,
    THROTTLED,
    UNIT,
    Deliver,
    Pipeline,
    RefusalError,
    Run,
    StackSets,
)


class TestFailures:
    def test_one_of_five_accounts_fails_with_cloudformations_reason(
        self, run: Run, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        stack_sets.members = set(FIVE)
        stack_sets.failing[FIVE[2]] = "ResourceLimitExceeded: ml.m5.large for endpoint usage is 0"
        run(account_ids=FIVE)
        assert pipeline.failure.splitlines()[0].startswith("1 of 5 stacks of mlops-quayside")
        assert pipeline.failure.splitlines()[1:] == [f"{FIVE[2]} in eu-west-1: {stack_sets.failing[FIVE[2]]}"]
        assert pipeline.answer["failureDetails"]["externalExecutionId"] == f"{JOB}-0"
        assert sum(instance["Status"] == "CURRENT" for instance in stack_sets.instances.values()) == 4

    def test_a_thousand_failures_fit_into_what_codepipeline_accepts(
        self, run: Run, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        stack_sets.members = set(MANY)
        stack_sets.failing = dict.fromkeys(MANY, "the role could not be assumed " * 100)
        run(account_ids=MANY)
        assert len(pipeline.failure) <= 5000
        assert pipeline.failure.startswith("1000 of 1000 stacks")
        assert pipeline.failure.endswith("more.")

    def test_a_failure_is_retried_by_the_next_execution_only(
        self, run: Run, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        stack_sets.failing[ACCOUNT] = "quota"
        run()
        assert stack_sets.starts() == [f"{JOB}-0"]
        stack_sets.failing.clear()
        run(job_id=OTHER_JOB)
        assert pipeline.has_succeeded
        assert stack_sets.starts() == [f"{JOB}-0", f"{OTHER_JOB}-0"]

    def test_an_account_outside_the_unit_is_named(self, run: Run, stack_sets: StackSets, pipeline: Pipeline) -> None:
        run(account_ids=[ACCOUNT, "999999999999"])
        assert pipeline.failure.splitlines()[0].startswith("1 of 2 stacks")
        assert f"999999999999 in eu-west-1: received nothing, because the account is not in {UNIT}" in pipeline.failure
        assert "management account" in pipeline.failure
        assert stack_sets.starts() == [f"{JOB}-0"]

    def test_a_suspended_account_is_named_as_such(self, run: Run, stack_sets: StackSets, pipeline: Pipeline) -> None:
        stack_sets.members = set(FIVE)
        stack_sets.suspended = {FIVE[1]}
        run(account_ids=FIVE)
        assert f"{FIVE[1]} in eu-west-1: the account is suspended" in pipeline.failure

    def test_an_instance_beyond_repair_is_not_touched(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        stack_sets.exists()
        stack_sets.has(ACCOUNT, status="INOPERABLE", StatusReason="deletion failed")
        deliver()
        assert "INOPERABLE (deletion failed): delete this stack instance" in pipeline.failure
        assert stack_sets.starts() == []

    def test_a_stopped_operation_is_said_to_be(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        deliver()
        stack_sets.running.clear()
        stack_sets.ended[f"{JOB}-0"] = {"Status": "STOPPED"}
        stack_sets.results[f"{JOB}-0"] = []
        deliver(pipeline.token)
        assert "Somebody stopped the operation" in pipeline.failure

    def test_results_that_lag_behind_are_waited_for(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        stack_sets.failing[ACCOUNT] = "quota"
        deliver()
        stack_sets.finish()
        hidden, stack_sets.results[f"{JOB}-0"] = stack_sets.results[f"{JOB}-0"], []
        deliver(pipeline.token)
        token = pipeline.token
        stack_sets.results[f"{JOB}-0"] = hidden
        deliver(token)
        assert f"{ACCOUNT} in eu-west-1: quota" in pipeline.failure

    def test_a_failed_operation_without_results_says_its_reason(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        deliver()
        stack_sets.running.clear()
        stack_sets.ended[f"{JOB}-0"] = {"Status": "FAILED", "StatusReason": "trusted access is not enabled"}
        stack_sets.results[f"{JOB}-0"] = []
        while "continuationToken" in pipeline.answer:
            deliver(pipeline.token)
        assert "failed: trusted access is not enabled." in pipeline.failure

    @pytest.mark.parametrize(("code", "kind"), [("AccessDenied", "PermissionError"), ("ValidationError", "JobFailed")])
    def test_a_refusal_carries_the_words_of_aws(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline, *, context: Any, code: str, kind: str
    ) -> None:
        stack_sets.refusals["DescribeStackSet"] = [RefusalError(code, "no stackset does not exist not found")]
        deliver()
        assert pipeline.answer["failureDetails"]["type"] == kind
        assert f"{code}: no stackset does not exist not found" in pipeline.failure
        assert context.aws_request_id in pipeline.failure
        # lesson 51: it is the code that says whether a StackSet exists.
        assert "CreateStackSet" not in stack_sets.operations()


class TestThrottling:
    @pytest.mark.parametrize(
        "operation",
        [
            "DescribeStackSet",
            "CreateStackSet",
            "CreateStackInstances",
            "DescribeStackSetOperation",
            "ListStackInstances",
        ],
    )
    def test_each_call_in_turn_is_made_again_later(
        self, run: Run, stack_sets: StackSets, pipeline: Pipeline, operation: str
    ) -> None:
        stack_sets.refusals[operation] = [THROTTLED]
        run()
        assert pipeline.has_succeeded
        assert len(stack_sets.ended) == 1
        assert not stack_sets.refusals[operation]

    @pytest.mark.parametrize("operation", ["UpdateStackSet", "ListStackSetOperations"])
    def test_so_is_each_call_of_an_update(
        self, run: Run, stack_sets: StackSets, pipeline: Pipeline, operation: str
    ) -> None:
        stack_sets.exists(parameters={})
        stack_sets.has(ACCOUNT)
        stack_sets.begin()
        stack_sets.refusals[operation] = [THROTTLED]
        run()
        assert pipeline.has_succeeded
        assert not stack_sets.refusals[operation]

    def test_so_is_the_list_of_failures(self, run: Run, stack_sets: StackSets, pipeline: Pipeline) -> None:
        stack_sets.failing[ACCOUNT] = "quota"
        stack_sets.refusals["ListStackSetOperationResults"] = [THROTTLED]
        run()
        assert f"{ACCOUNT} in eu-west-1: quota" in pipeline.failure

    def test_so_is_the_reading_of_the_artifact(
        self, run: Run, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real, busy = calls.client_with, [ServiceBusyError("let the job read its artifact", "SlowDown", "slow down")]

        def client_with(*arguments: Any) -> Any:
            if busy:
                raise busy.pop()
            return real(*arguments)

        monkeypatch.setattr("orchestrator.aws.codepipeline.pipeline_jobs.client_with", client_with)
        run()
        assert not busy
        assert pipeline.has_succeeded

    def test_endless_throttling_ends_in_words(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        stack_sets.refusals["DescribeStackSet"] = [THROTTLED] * 50
        deliver()
        while "continuationToken" in pipeline.answer:
            deliver(pipeline.token)
        assert "Rate exceeded" in pipeline.failure
        assert pipeline.answer["failureDetails"]["type"] == "SystemUnavailable"

    def test_so_does_an_operation_that_nobody_can_find(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        stack_sets.refusals["CreateStackInstances"] = [RefusalError("OperationInProgressException", status=409)] * 50
        deliver()
        while "continuationToken" in pipeline.answer:
            deliver(pipeline.token)
        assert "Another operation on the StackSet" in pipeline.failure
