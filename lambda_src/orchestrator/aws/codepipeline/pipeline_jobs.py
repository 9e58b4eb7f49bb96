# SPDX-License-Identifier: Apache-2.0
"""CodePipeline jobs for a Lambda function: their artifacts and their results.

https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from orchestrator.aws.calls import calling, client, client_with
from orchestrator.errors import ServiceRefusedError

FailureType = Literal["JobFailed", "ConfigurationError", "PermissionError", "SystemUnavailable"]

# https://docs.aws.amazon.com/codepipeline/latest/APIReference/API_PutJobSuccessResult.html, .../API_FailureDetails.html
LONGEST_MESSAGE: Final = 5000
LONGEST_TOKEN: Final = 2048
_LONGEST_SUMMARY: Final = 2048
# The pipeline was stopped or deleted, the action timed out, or another delivery reported the same job's result.
_JOB_IS_OVER: Final = frozenset({"InvalidJobStateException", "JobNotFoundException"})


def artifact(bucket: str, key: str, credentials: Mapping[str, str], longest: int) -> bytes:
    """Read an artifact of a job with the job's own credentials, `longest + 1` bytes at most."""
    with calling(f"let the job read its artifact s3://{bucket}/{key}"):
        body = client_with("s3", credentials).get_object(Bucket=bucket, Key=key)["Body"]
        content: bytes = body.read(longest + 1)
    return content


def succeed(job_id: str, summary: str, operation: str, variables: Mapping[str, str]) -> bool:
    """Report the success of the action and what it hands on; return `False` if the job is over already.

    An action that refers to a variable which was not handed on fails.
    """
    return _answer(
        "put_job_success_result",
        jobId=job_id,
        executionDetails=_details(summary, operation),
        outputVariables=dict(variables),
    )


def continue_later(job_id: str, token: str, summary: str, operation: str) -> bool:
    """Make CodePipeline call again with the token; return `False` if the job is over already."""
    details = _details(summary, operation)
    return _answer("put_job_success_result", jobId=job_id, continuationToken=token, executionDetails=details)


def fail(job_id: str, kind: FailureType, message: str, operation: str) -> bool:
    """Report the failure of the action; return `False` if the job is over already."""
    details = {"type": kind, "message": message[:LONGEST_MESSAGE], **_external(operation)}
    return _answer("put_job_failure_result", jobId=job_id, failureDetails=details)


def _details(summary: str, operation: str) -> dict[str, str]:
    return {"summary": summary[:_LONGEST_SUMMARY], **_external(operation)}


def _external(operation: str) -> dict[str, str]:
    return {"externalExecutionId": operation} if operation else {}


def _answer(method: str, **parameters: Any) -> bool:
    try:
        with calling("take the answer to a pipeline's job"):
            getattr(client("codepipeline"), method)(**parameters)
    except ServiceRefusedError as error:
        if error.code in _JOB_IS_OVER:
            return False
        raise
    return True
