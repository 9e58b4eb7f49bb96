# SPDX-License-Identifier: Apache-2.0
"""What the tests of pipelines share: an account with a role, buckets and a topic, and pipelines made from actions."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from scripts.local_aws.codepipeline import install as codepipeline
from tests.local_aws.waiting import SECONDS

ACCOUNT = "123456789012"
SOURCE_KEY = "provisioned/one/template.zip"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"Service": "codepipeline.amazonaws.com"},
            "Action": "sts:AssumeRole",
        }
    ],
}


def zipped(**files: str) -> bytes:
    """A zip file; `template__yaml` stands for `template.yaml`."""
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("__", "."), text)
    return bundle.getvalue()


def source(key: str = SOURCE_KEY) -> dict[str, Any]:
    return {
        "name": "S3Source",
        "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"},
        "configuration": {"S3Bucket": "pipelines", "S3ObjectKey": key, "PollForSourceChanges": "false"},
        "outputArtifacts": [{"name": "Artifact_Source_S3Source"}],
    }


def deploy(stack: str, mode: str = "REPLACE_ON_FAILURE", **configuration: str) -> dict[str, Any]:
    return {
        "name": "deploy_stack",
        "actionTypeId": {"category": "Deploy", "owner": "AWS", "provider": "CloudFormation", "version": "1"},
        "configuration": {
            "StackName": stack,
            "ActionMode": mode,
            "Capabilities": "CAPABILITY_NAMED_IAM",
            "TemplatePath": "Artifact_Source_S3Source::template.yaml",
            "TemplateConfiguration": "Artifact_Source_S3Source::params.json",
            **configuration,
        },
        "inputArtifacts": [{"name": "Artifact_Source_S3Source"}],
    }


def approval(name: str = "Approve", run_order: int = 1, **configuration: str) -> dict[str, Any]:
    return {
        "name": name,
        "runOrder": run_order,
        "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"},
        "configuration": configuration,
    }


def invoke(function: str, user_parameters: str = "{}") -> dict[str, Any]:
    return {
        "name": "Invoke",
        "actionTypeId": {"category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1"},
        "configuration": {"FunctionName": function, "UserParameters": user_parameters},
        "inputArtifacts": [{"name": "Artifact_Source_S3Source"}],
    }


class Account:
    """The account in which pipelines run, and short ways to what the tests look at."""

    def __init__(self, client: Callable[..., Any]) -> None:
        self.client = client
        self.pipelines = client("codepipeline")
        iam = client("iam")
        made = iam.create_role(RoleName="pipeline", AssumeRolePolicyDocument=json.dumps(_TRUST))
        self.role = made["Role"]["Arn"]
        for bucket in ("pipelines", "store"):
            client("s3").create_bucket(Bucket=bucket)
        client("s3").put_bucket_versioning(Bucket="pipelines", VersioningConfiguration={"Status": "Enabled"})
        self.upload(zipped(readme__txt="nothing"))

    def upload(self, body: bytes, key: str = SOURCE_KEY) -> str:
        return str(self.client("s3").put_object(Bucket="pipelines", Key=key, Body=body)["VersionId"])

    def declaration(self, name: str, *stages: list[dict[str, Any]], first: dict[str, Any] | None = None) -> Any:
        """A pipeline of a source stage and stages named `Stage1`, `Stage2`, ..."""
        later = [{"name": f"Stage{number}", "actions": actions} for number, actions in enumerate(stages, 1)]
        return {
            "name": name,
            "roleArn": self.role,
            "artifactStore": {"type": "S3", "location": "store"},
            "pipelineType": "V2",
            "stages": [{"name": "Source", "actions": [first or source()]}, *later],
        }

    def create(self, name: str, *stages: list[dict[str, Any]], first: dict[str, Any] | None = None) -> str:
        """Create a pipeline, wait until its first execution is over or waits for somebody; the execution's id."""
        self.pipelines.create_pipeline(pipeline=self.declaration(name, *stages, first=first))
        self.settle()
        return str(self.executions(name)[-1]["pipelineExecutionId"])

    def start(self, name: str) -> str:
        """Start an execution and wait likewise."""
        started = str(self.pipelines.start_pipeline_execution(name=name)["pipelineExecutionId"])
        self.settle()
        return started

    def settle(self) -> None:
        assert codepipeline.wait_idle(SECONDS)

    def executions(self, name: str) -> list[dict[str, Any]]:
        return list(self.pipelines.list_pipeline_executions(pipelineName=name)["pipelineExecutionSummaries"])

    def statuses(self, name: str) -> list[str]:
        """The statuses of all executions, oldest first."""
        return [each["status"] for each in reversed(self.executions(name))]

    def stage(self, name: str, stage: str) -> dict[str, Any]:
        states = self.pipelines.get_pipeline_state(name=name)["stageStates"]
        return dict(next(each for each in states if each["stageName"] == stage))

    def action(self, name: str, stage: str, action: str) -> dict[str, Any]:
        """The latest execution of an action."""
        states = self.stage(name, stage)["actionStates"]
        found = next(each for each in states if each["actionName"] == action)
        return dict(found.get("latestExecution", {}))

    def answer(self, name: str, stage: str, status: str = "Approved", action: str = "Approve") -> None:
        """Approve or reject, and wait until everything rests again."""
        token = self.action(name, stage, action)["token"]
        self.pipelines.put_approval_result(
            pipelineName=name, stageName=stage, actionName=action, token=token,
            result={"status": status, "summary": f"{status} by a test"},
        )  # fmt: skip
        self.settle()
