# SPDX-License-Identifier: Apache-2.0
"""Deleting pipelines against moto: the request, the events that carry it on, and what is left."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote

import pytest
from moto.cloudformation.models import cloudformation_backends

from orchestrator import api
from orchestrator.aws import calls
from orchestrator.aws.codepipeline import codepipelines
from orchestrator.launch.settings import Settings
from orchestrator.provisioned import removal_records
from orchestrator.provisioned.removal_records import Removal
from tests.orchestrator import telling
from tests.orchestrator.conftest import Context, Sent
from tests.orchestrator.pipelines_there import deployed_name

Body = dict[str, Any]
DEPLOYED: Final = deployed_name("churn")
BUCKET: Final = "quayside-pipelines"
ANNA: Final = "arn:aws:iam::123456789012:user/anna"


@pytest.fixture
def settings(settings: Settings, aws: None) -> Settings:
    """In moto's account, with the bucket and the topic of a launched orchestrator."""
    location = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)
    calls.client("s3").put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    topic = calls.client("sns").create_topic(Name="mlops-notifications")["TopicArn"]
    role = "arn:aws:iam::123456789012:role/mlops-DeployRole"
    return replace(telling.by_topic(settings, topic), deploy_role_arn=role)


@pytest.fixture(autouse=True)
def stopped(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> list[str]:
    """The pipelines whose executions were stopped."""
    monkeypatch.setattr(api, "_settings", lambda: settings)
    found: list[str] = []
    monkeypatch.setattr(codepipelines, "stop_running", lambda name, _: found.append(name))
    return found


Delete = Callable[[str], tuple[int, Body]]


@pytest.fixture
def delete(api_event: Callable[..., Body]) -> Delete:
    """`delete(id)`: status and body of `DELETE /pipelines/{id}`."""

    def call(given: str) -> tuple[int, Body]:
        route = {"resource": "/pipelines/{id}", "pathParameters": {"id": quote(given, safe="")}}
        event = api_event(f"/pipelines/{given}", httpMethod="DELETE", **route)
        event["requestContext"]["identity"]["userArn"] = ANNA
        answer = api.handler(event, Context())  # type: ignore[arg-type]
        return answer["statusCode"], json.loads(answer["body"])

    return call


def stack_ended(arn: str, status: str = "DELETE_COMPLETE", invocation: str = "i-1") -> Body:
    event = {
        "detail-type": "CloudFormation Stack Status Change",
        "source": "aws.cloudformation",
        "account": "123456789012",
        "detail": {"stack-id": arn, "status-details": {"status": status, "status-reason": ""}},
    }
    return api.handler(event, Context(invocation))  # type: ignore[arg-type]


def put_status(arn: str, status: str) -> None:
    """Put a stack into a state that moto, which does everything at once, never shows."""
    cloudformation_backends["123456789012"]["eu-west-1"].stacks[arn].status = status


def objects_left() -> set[str]:
    listed = calls.client("s3").list_object_versions(Bucket=BUCKET)
    entries = [*listed.get("Versions", []), *listed.get("DeleteMarkers", [])]
    return {entry["Key"] for entry in entries if not entry["Key"].startswith("reported/")}


def published(sent: list[Sent]) -> list[Body]:
    return [call.parameters for call in sent if call.operation == "sns.Publish"]


def marker() -> Removal | None:
    return removal_records.find(BUCKET, DEPLOYED)
