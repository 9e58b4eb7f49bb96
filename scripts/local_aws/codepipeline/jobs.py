# SPDX-License-Identifier: Apache-2.0
"""Lambda invoke action: a CodePipeline job that a function answers through the CodePipeline API.

A success with a continuation token means that the function is called again with that token, in a new job.
https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from scripts.local_aws import identity
from scripts.local_aws.codepipeline.actions import ActionContext, ActionFailedError
from scripts.local_aws.codepipeline.model import Artifact, Failure, new_id


@dataclass(frozen=True)
class Answer:
    """Result reported by a function: failure, success, or with a token, the request to be called again."""

    failure: Failure | None = None
    continuation_token: str = ""
    summary: str = ""
    external_id: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Job:
    """Call of a function that waits for its answer."""

    id: str = field(default_factory=new_id)
    answer: Answer | None = None


@dataclass
class Timing:
    """Seconds for which a function may not answer (AWS: 20 minutes), and the pause before it is called again."""

    silence: float = 1200.0
    continuation: float = 1.0


class Jobs:
    """Jobs that a function may still answer, by id."""

    def __init__(self) -> None:
        self.timing = Timing()
        self._jobs: dict[str, Job] = {}

    def find(self, job_id: str) -> Job | None:
        """Return the job with this id."""
        return self._jobs.get(job_id)

    def perform(self, context: ActionContext) -> str:
        """Call the function until it reports completion; this is the action of provider Lambda."""
        token = ""
        while True:
            answer = self._call(context, token)
            context.run.summary = answer.summary or context.run.summary
            context.run.external_id = answer.external_id or context.run.external_id
            if answer.failure is not None:
                raise ActionFailedError(answer.failure.code, answer.failure.message)
            if not answer.continuation_token:
                context.run.variables = dict(answer.variables)
                return context.run.summary
            token = answer.continuation_token
            context.pause(self.timing.continuation)

    def _call(self, context: ActionContext, token: str) -> Answer:
        job = Job()
        self._jobs[job.id] = job
        name = context.configuration["FunctionName"]
        payload = json.dumps({"CodePipeline.job": _event(context, job, token)}).encode()
        try:
            context.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=payload)
        except ClientError as error:
            problem = f"The AWS Lambda function {name} could not be called: {error.response['Error']['Message']}"
            raise ActionFailedError("ConfigurationError", problem) from error
        if not context.wait(lambda: job.answer is not None, self.timing.silence):
            raise ActionFailedError(
                "JobFailed",
                f"The AWS Lambda function {name} gave no result within {self.timing.silence:g} seconds. "
                "It must call PutJobSuccessResult or PutJobFailureResult, and its role must allow that.",
            )
        assert job.answer is not None  # noqa: S101  the wait above says so; this tells the type checker
        return job.answer


def _event(context: ActionContext, job: Job, token: str) -> dict[str, Any]:
    store = context.execution.declaration["artifactStore"]
    keys = identity.current().credentials(context.execution.declaration["roleArn"])
    data: dict[str, Any] = {
        "actionConfiguration": {"configuration": context.configuration},
        "inputArtifacts": [_location(each) for each in context.run.inputs],
        "outputArtifacts": [_location(each) for each in context.run.outputs],
        "artifactCredentials": {
            "accessKeyId": keys.aws_access_key_id,
            "secretAccessKey": keys.aws_secret_access_key,
            "sessionToken": keys.aws_session_token,
        },
    }
    if token:
        data["continuationToken"] = token
    if "encryptionKey" in store:
        data["encryptionKey"] = dict(store["encryptionKey"])
    return {"id": job.id, "accountId": context.pipeline.account, "data": data}


def _location(artifact: Artifact) -> dict[str, Any]:
    place = {"bucketName": artifact.bucket, "objectKey": artifact.key}
    return {"name": artifact.name, "revision": None, "location": {"type": "S3", "s3Location": place}}
