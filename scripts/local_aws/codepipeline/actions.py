# SPDX-License-Identifier: Apache-2.0
"""Context of a running action, and the small actions: S3 source, manual approval, CodeBuild.

An action is a function of an `ActionContext` that returns the summary shown in the console, or raises
`ActionFailedError`. It makes all its calls over HTTP as the action's role, or else the pipeline's.
https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference.html
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from botocore.exceptions import ClientError

from scripts.local_aws import clients
from scripts.local_aws.codepipeline.codebuild import NOT_BUILT
from scripts.local_aws.codepipeline.model import (
    ActionRun,
    Artifact,
    Execution,
    Failure,
    Pipeline,
    Revision,
    new_id,
    now,
)

_APPROVAL_DAYS = 7
_CONSOLE = "https://console.aws.amazon.com/codesuite/codepipeline/pipelines/{name}/view?region={region}"
_REVIEW = "https://console.aws.amazon.com/codesuite/codepipeline/pipelines/{name}/approve/{token}?region={region}"


class ActionFailedError(Exception):
    """Raised if an action fails; its message and code become `errorDetails`."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.failure = Failure(code, message)


class AbandonedError(Exception):
    """Raised if the execution is stopped, or the local AWS ends, while an action runs."""


class Waiter(Protocol):
    """Function by which an action waits."""

    def __call__(self, condition: Callable[[], bool], seconds: float, resting: bool = False) -> bool:
        """Wait until `condition` holds; return false on timeout. Raise AbandonedError.

        `resting` is true if nothing goes on meanwhile: the local AWS counts as idle.
        """


@dataclass(frozen=True)
class ActionContext:
    """Context of a running action."""

    pipeline: Pipeline
    execution: Execution
    run: ActionRun
    wait: Waiter

    @property
    def configuration(self) -> dict[str, str]:
        """Configuration of the action, with the values of variables."""
        return dict(self.run.configuration)

    @property
    def role_arn(self) -> str:
        """Role that the action acts as."""
        return str(self.run.declaration.get("roleArn") or self.execution.declaration["roleArn"])

    @property
    def region(self) -> str:
        """Region that the action acts in."""
        return str(self.run.declaration.get("region") or self.pipeline.region)

    def client(self, service: str) -> Any:
        """Return a boto3 client that acts as the action's role."""
        return clients.client(service, self.role_arn, self.region, by="codepipeline.amazonaws.com")

    def pause(self, seconds: float) -> None:
        """Wait between two polls. Raise AbandonedError as soon as the execution is abandoned."""
        self.wait(lambda: False, seconds)

    def new_artifact(self, name: str) -> Artifact:
        """Return a location in the artifact store, in CodePipeline's layout: short names, random key."""
        key = f"{self.pipeline.name[:20]}/{name[:10]}/{secrets.token_hex(4)[:7]}"
        return Artifact(name, self.execution.declaration["artifactStore"]["location"], key)

    def save(self, artifact: Artifact, data: bytes) -> None:
        """Write to the artifact store, encrypted with its key."""
        key = self.execution.declaration["artifactStore"].get("encryptionKey")
        encryption = {"ServerSideEncryption": "aws:kms"} | ({"SSEKMSKeyId": key["id"]} if key else {})
        self.client("s3").put_object(Bucket=artifact.bucket, Key=artifact.key, Body=data, **encryption)

    def load(self, artifact: Artifact) -> bytes:
        """Read from the artifact store."""
        return bytes(self.client("s3").get_object(Bucket=artifact.bucket, Key=artifact.key)["Body"].read())


Action = Callable[[ActionContext], str]


def s3_source(context: ActionContext) -> str:
    """Fetch the source object and store its version as the revision, with all calls that AWS lists for it (lesson 112).

    https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-S3.html
    """
    bucket, key = context.configuration["S3Bucket"], context.configuration["S3ObjectKey"]
    s3 = context.client("s3")
    s3.get_bucket_acl(Bucket=bucket)
    if s3.get_bucket_versioning(Bucket=bucket).get("Status") != "Enabled":
        raise ActionFailedError("ConfigurationError", f"The bucket {bucket} is not enabled for versioning.")
    try:
        found = s3.get_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        raise ActionFailedError("ConfigurationError", f"The object with key '{key}' does not exist.") from error
    s3.get_object_tagging(Bucket=bucket, Key=key)
    s3.get_object_tagging(Bucket=bucket, Key=key, VersionId=found["VersionId"])
    for output in context.run.outputs:
        context.save(output, found["Body"].read())
    version, summary = found["VersionId"], f"Amazon S3 version id: {found['VersionId']}"
    context.run.revision = Revision(
        action=context.run.name,
        artifact=context.run.outputs[0].name,
        id=version,
        change_id=version,
        summary=summary,
        url=f"https://console.aws.amazon.com/s3/home?region={context.region}#",
        created=found["LastModified"],
    )
    context.run.external_id = version
    context.run.variables = {"ETag": found["ETag"].strip('"'), "VersionId": version}
    return summary


def manual_approval(context: ActionContext) -> str:
    """Notify the reviewers by SNS, and wait for their decision."""
    run = context.run
    run.token = new_id()
    minutes = run.declaration.get("timeoutInMinutes")
    deadline = timedelta(minutes=int(minutes)) if minutes else timedelta(days=_APPROVAL_DAYS)
    if "NotificationArn" in context.configuration:
        _ask(context, deadline)
    if not context.wait(lambda: run.approval is not None, deadline.total_seconds(), resting=True):
        raise ActionFailedError("ApprovalTimedOut", f"Nobody approved or rejected within {deadline}.")
    answer = run.approval
    assert answer is not None  # noqa: S101  the wait above says so; this tells the type checker
    if not answer.approved:
        raise ActionFailedError("Rejected", answer.summary or f"Rejected by {answer.by}")
    return answer.summary


def _ask(context: ActionContext, deadline: timedelta) -> None:
    """Publish CodePipeline's message: .../userguide/approvals-json-format.html."""
    pipeline, run, configuration = context.pipeline, context.run, context.configuration
    approval = {
        "pipelineName": pipeline.name,
        "stageName": run.stage,
        "actionName": run.name,
        "token": run.token,
        "expires": (now() + deadline).strftime("%Y-%m-%dT%H:%MZ"),
        "externalEntityLink": configuration.get("ExternalEntityLink"),
        "approvalReviewLink": _REVIEW.format(name=pipeline.name, token=run.token, region=pipeline.region),
        "customData": configuration.get("CustomData"),
    }
    message = {
        "region": pipeline.region,
        "consoleLink": _CONSOLE.format(name=pipeline.name, region=pipeline.region),
        "approval": approval,
    }
    subject = f"APPROVAL NEEDED: AWS CodePipeline {pipeline.name} for action {run.name}"
    # SNS accepts subjects of up to 100 characters.
    context.client("sns").publish(
        TopicArn=configuration["NotificationArn"], Subject=subject[:100], Message=json.dumps(message)
    )


def code_build(context: ActionContext) -> str:
    """Start the project's build, which is recorded and succeeds without an image: none can be built here."""
    project = context.configuration["ProjectName"]
    variables = json.loads(context.configuration.get("EnvironmentVariables", "[]"))
    started = context.client("codebuild").start_build(projectName=project, environmentVariablesOverride=variables)
    context.run.external_id = started["build"]["id"]
    return NOT_BUILT.format(project=project)
