# SPDX-License-Identifier: Apache-2.0
"""A launched orchestrator in moto, and what provisioning leaves there."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.stub import ANY, Stubber

from orchestrator import provision as provisioner
from orchestrator.aws import calls
from orchestrator.launch.settings import Settings
from orchestrator.pipeline_types.built_in import BUILT_IN
from orchestrator.provision import Provisioned
from tests.orchestrator.conftest import Bundled

Body = dict[str, Any]
STACK = "mlops-pipeline-berth-occupancy-byompipelinerealtimebuiltin"
PIPELINE_STACK = f"{STACK}-codepipeline"
BLUEPRINT = "Resources: {}\n"
CREATED = "success: stack creation started"
RUN_AGAIN = f"Pipeline {PIPELINE_STACK} is already provisioned. Updating template parameters."
NOTHING_TO_DO = f"Pipeline {PIPELINE_STACK} is already provisioned. No updates are to be performed."
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
# In place of the pipeline, which moto cannot make, a topic: the orchestrator looks at parameters and outputs only.
PIPELINE_TEMPLATE = json.dumps(
    {
        "Parameters": {
            name: {"Type": "String"}
            for name in (
                "StackName",
                "PipelinesBucket",
                "TemplateZipFileName",
                "TemplateFileName",
                "TemplateParamsName",
                "PipelineRoleArn",
                "DeployRoleArn",
            )
        },
        "Resources": {"Pipeline": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "DeployRoleArn"}}}},
        "Outputs": {"PipelineName": {"Value": "the-pipeline"}},
    }
)


@pytest.fixture(autouse=True)
def launched(aws: None, settings: Settings, bundled: Bundled) -> None:
    """The bucket of a launched orchestrator, and templates that moto can make."""
    s3, bucket = calls.client("s3"), settings.launch.pipelines_bucket
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": settings.launch.region})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    bundled(
        {
            "blueprints/realtime_inference.yaml": BLUEPRINT,
            "pipelines/single_account_codepipeline.yaml": PIPELINE_TEMPLATE,
        }
    )


Provision = Callable[..., Provisioned]


@pytest.fixture
def provision(builtin: Body, settings: Settings) -> Provision:
    """`provision()`, `provision(settings=..., inference_instance=...)`."""

    def carry_out(settings: Settings = settings, **changes: Any) -> Provisioned:
        accepted = BUILT_IN.parse({**builtin, **changes}, settings.launch)
        return provisioner.provision(accepted.request.plan(settings).sent_as(accepted.body), settings)

    return carry_out


def operations(sent: list[Any]) -> list[str]:
    return [call.operation for call in sent]


def execution(version: str | None, status: str = "Succeeded", **more: Any) -> dict[str, Any]:
    """ListPipelineExecutions' answer with one execution, which has read that version of the package."""
    revisions = [{"actionName": "S3Source", "revisionId": version}] if version else []
    summary = {"pipelineExecutionId": "e-1", "status": status, "sourceRevisions": revisions, **more}
    return {"pipelineExecutionSummaries": [summary]}


def expect_start(codepipeline: Stubber) -> None:
    expected = {"name": "the-pipeline", "clientRequestToken": ANY}
    codepipeline.add_response("start_pipeline_execution", {"pipelineExecutionId": "e-2"}, expected)
