# SPDX-License-Identifier: Apache-2.0
"""A job from CodePipeline's event to the one answer it gets."""

from __future__ import annotations

import io
from typing import Any

import boto3
import pytest

from orchestrator import stages
from orchestrator.errors import ServiceBusyError
from orchestrator.stage_action.decisions import Progress
from orchestrator.stage_action.jobs import NotAJobError
from tests.orchestrator.stage_action.played_aws import (
    ACCOUNT,
    JOB,
    OTHER_JOB,
    TEMPLATE,
    THROTTLED,
    Deliver,
    Pack,
    Pipeline,
    RefusalError,
    Run,
    StackSets,
    parameter_file,
    zipped,
)


class TestUnusableJobs:
    def test_an_artifact_without_the_parameter_file(
        self, deliver: Deliver, pack: Pack, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        pack({"realtime_inference.yaml": TEMPLATE})
        deliver()
        assert "holds no dev_template_params.json; it holds realtime_inference.yaml" in pipeline.failure
        assert pipeline.answer["failureDetails"]["type"] == "ConfigurationError"
        assert stack_sets.called == []

    def test_user_parameters_that_are_not_json(
        self, deliver: Deliver, pipeline: Pipeline, job_event: dict[str, Any], context: Any
    ) -> None:
        configuration = job_event["CodePipeline.job"]["data"]["actionConfiguration"]["configuration"]
        configuration["UserParameters"] = "{stackset_name: quayside}"
        stages.handler(job_event, context)
        assert "UserParameters could not be decoded as JSON" in pipeline.failure

    def test_an_artifact_that_the_action_does_not_have(self, deliver: Deliver, pipeline: Pipeline) -> None:
        deliver(artifact="Elsewhere")
        assert "Input artifact named Elsewhere not found" in pipeline.failure
        assert "Artifact_Source_S3Source" in pipeline.failure

    def test_an_artifact_that_is_gone(self, deliver: Deliver, pipeline: Pipeline) -> None:
        boto3.client("s3").delete_object(Bucket="quayside-pipelines", Key="mlops-pipeline-quayside/Artifact_S/xYz9aBc")
        deliver()
        assert "NoSuchKey" in pipeline.failure

    def test_a_template_that_is_too_long_for_a_stack_set(
        self, deliver: Deliver, pack: Pack, pipeline: Pipeline
    ) -> None:
        members = {"realtime_inference.yaml": "#" * 1_048_577, "dev_template_params.json": parameter_file({})}
        pack(content=zipped(members))
        deliver()
        assert "realtime_inference.yaml is longer than 1048576 bytes" in pipeline.failure

    def test_a_template_that_is_too_long_for_a_request_and_stored_nowhere(
        self, deliver: Deliver, pack: Pack, pipeline: Pipeline
    ) -> None:
        members = {"realtime_inference.yaml": "#" * 51_201, "dev_template_params.json": parameter_file({})}
        pack(content=zipped(members))
        deliver()
        assert "longer than 51200 bytes, and there is no template-url.txt" in pipeline.failure

    @pytest.mark.parametrize("event", [{}, {"source": "aws.s3"}, {"CodePipeline.job": {}}, {"CodePipeline.job": []}])
    def test_an_event_that_is_no_job_is_refused_aloud(
        self, pipeline: Pipeline, context: Any, event: dict[str, Any]
    ) -> None:
        """Lesson 50."""
        with pytest.raises(NotAJobError, match=r"CodePipeline\.job"):
            stages.handler(event, context)
        assert pipeline.called == []


class TestAnswers:
    def test_a_job_delivered_twice_starts_nothing_twice(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        deliver()
        first = pipeline.token
        pipeline.over.add(JOB)
        deliver()
        assert list(stack_sets.running) == [f"{JOB}-0"]
        assert Progress.of(pipeline.token).operation == Progress.of(first).operation

    def test_a_job_delivered_twice_knows_its_own_operation_among_the_running(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        deliver()
        first = pipeline.token
        stack_sets.refusals["CreateStackInstances"] = [RefusalError("OperationInProgressException", status=409)]
        deliver()
        assert Progress.of(pipeline.token).operation == Progress.of(first).operation

    def test_a_job_delivered_again_after_its_operation_failed_does_not_repeat_it(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        stack_sets.failing[ACCOUNT] = "quota"
        deliver()
        stack_sets.finish()
        pipeline.over.add(JOB)
        deliver()
        assert not stack_sets.running

    def test_later_jobs_with_ids_of_their_own_go_on_with_the_operation(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        deliver()
        stack_sets.finish()
        deliver(pipeline.token, job_id=OTHER_JOB)
        assert pipeline.has_succeeded
        assert pipeline.answer["jobId"] == OTHER_JOB

    @pytest.mark.parametrize("code", ["InvalidJobStateException", "JobNotFoundException"])
    def test_a_job_that_ended_while_it_was_polled_needs_no_answer(
        self, deliver: Deliver, pipeline: Pipeline, code: str
    ) -> None:
        deliver()
        pipeline.refusals["PutJobSuccessResult"] = [RefusalError(code)]
        deliver(pipeline.token)
        assert pipeline.operations() == ["PutJobSuccessResult"] * 2

    def test_an_unexpected_error_is_reported_once_and_not_raised(
        self, deliver: Deliver, pipeline: Pipeline, context: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Lesson 50."""
        monkeypatch.setattr("orchestrator.stage_action.decisions.decide", lambda *_: 1 / 0)
        deliver()
        assert pipeline.operations() == ["PutJobFailureResult"]
        assert "ZeroDivisionError: division by zero" in pipeline.failure
        assert context.aws_request_id in pipeline.failure

    def test_a_capacity_that_was_not_set_is_named(
        self, deliver: Deliver, pipeline: Pipeline, job_event: dict[str, Any], context: Any, monkeypatch: Any
    ) -> None:
        monkeypatch.delenv("CALL_AS")
        stages.handler(job_event, context)
        assert "CALL_AS must be SELF or DELEGATED_ADMIN; it is ''" in pipeline.failure

    def test_an_answer_that_cannot_be_given_is_left_to_lambdas_retry(
        self, deliver: Deliver, stack_sets: StackSets, pipeline: Pipeline
    ) -> None:
        pipeline.refusals["PutJobSuccessResult"] = [THROTTLED]
        with pytest.raises(ServiceBusyError):
            deliver()
        deliver()
        assert list(stack_sets.running) == [f"{JOB}-0"]
        assert "continuationToken" in pipeline.answer

    def test_the_jobs_credentials_reach_no_log(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        written = io.StringIO()
        monkeypatch.setattr(stages.logger.registered_handler, "stream", written)
        run()
        logged = written.getvalue()
        assert JOB in logged
        assert "not-a-secret" not in logged
        assert "token-of-the-job" not in logged
