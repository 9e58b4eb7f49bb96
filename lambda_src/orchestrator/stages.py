# SPDX-License-Identifier: Apache-2.0
"""Entry point of the stage deployer, the function behind the Lambda actions of every multi-account pipeline.

    CodePipeline job -> stage_action.jobs (read) -> stage_action.deployment (decide, act) -> one result to CodePipeline

It reports one result for each job. The function fails only if it cannot report the result, so that Lambda retries the
event. That is safe, because no operation is started twice.
"""

from __future__ import annotations

import os
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from orchestrator.aws.cloudformation.stack_sets import CallAs
from orchestrator.aws.codepipeline import pipeline_jobs
from orchestrator.aws.codepipeline.pipeline_jobs import FailureType
from orchestrator.errors import ServiceRefusedError
from orchestrator.provisioned.awaited import smoke_tests
from orchestrator.stage_action import deployment, jobs
from orchestrator.stage_action.jobs import Job, UnusableJobError
from orchestrator.stage_action.outcomes import SMOKE_TEST_VARIABLE, Continued, Failed, Outcome, Succeeded

logger = Logger(service="stages")

_DENIED: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})


def handler(event: dict[str, Any], context: LambdaContext) -> None:
    """Handle the event of a job; raises `NotAJobError` for any other. Never log the event: it holds credentials."""
    job_id = jobs.id_of(event)
    logger.append_keys(request_id=context.aws_request_id, job_id=job_id)
    outcome = _outcome(event, context)
    logger.info("outcome", extra={"kind": type(outcome).__name__, "outcome": outcome})
    if not _answer(job_id, outcome):
        logger.warning("the job was over already: nobody waits for this answer")


def _outcome(event: dict[str, Any], context: LambdaContext) -> Outcome:
    try:
        return deployment.advance(Job.of(event), _call_as(), smoke_tests.told)
    except UnusableJobError as unusable:
        return Failed(str(unusable), kind="ConfigurationError")
    except ServiceRefusedError as refused:
        logger.warning("refused", exc_info=True)
        kind: FailureType = "PermissionError" if refused.code in _DENIED else "JobFailed"
        message = f"AWS did not {refused.doing}. {refused.detail} (request {context.aws_request_id})"
        return Failed(message, kind=kind)
    except Exception as error:
        # The edge: without a result, CodePipeline would wait for twenty minutes.
        logger.exception("unexpected")
        message = (
            f"Unexpected {type(error).__name__}: {error} (request {context.aws_request_id}; see the function's log)"
        )
        return Failed(message)


def _call_as() -> CallAs:
    """`CallAs` value for StackSets calls, chosen at launch."""
    match os.environ.get("CALL_AS", ""):
        case "SELF":
            return "SELF"
        case "DELEGATED_ADMIN":
            return "DELEGATED_ADMIN"
        case other:
            raise RuntimeError(f"the environment variable CALL_AS must be SELF or DELEGATED_ADMIN; it is {other!r}")


def _answer(job_id: str, outcome: Outcome) -> bool:
    match outcome:
        case Succeeded(summary, operation, smoke_test):
            return pipeline_jobs.succeed(job_id, summary, operation, {SMOKE_TEST_VARIABLE: smoke_test})
        case Continued(summary, operation, token):
            return pipeline_jobs.continue_later(job_id, token, summary, operation)
        case Failed(message, operation, kind):
            return pipeline_jobs.fail(job_id, kind, message, operation)
