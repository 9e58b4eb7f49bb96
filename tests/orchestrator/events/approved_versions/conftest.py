# SPDX-License-Identifier: Apache-2.0
"""A registry with versions, pipelines that follow it, and a provisioning that stores requests and makes nothing."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator import api, service
from orchestrator.automation import followers, journal, requests
from orchestrator.automation.journal import Step
from orchestrator.aws import calls, parallel
from orchestrator.launch.settings import Settings
from orchestrator.plan import layout
from orchestrator.plan.plan import REQUEST_FILE
from tests.orchestrator import telling
from tests.orchestrator.conftest import Context, Sent, read_json
from tests.orchestrator.pipelines_there import deployed_name, make_pipeline

Body = dict[str, Any]
GROUP = "berths"
VERSIONS = "arn:aws:sagemaker:eu-west-1:123456789012:model-package/berths"
OTHERS = VERSIONS.replace("berths", "quays")


class InOrder(nullcontext["InOrder"]):
    """In the place of a pool of threads: moto's S3 serves one at a time."""

    def __init__(self, *_: Any, **__: Any) -> None:
        super().__init__(self)

    map = staticmethod(map)


@pytest.fixture(autouse=True)
def in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "ThreadPoolExecutor", InOrder)


@pytest.fixture(autouse=True)
def used(aws: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The settings of an orchestrator with a topic and a bucket for pipelines."""
    topic = calls.client("sns").create_topic(Name="notifications")["TopicArn"]
    made = telling.by_topic(settings, topic)
    monkeypatch.setattr(api, "_settings", lambda: made)
    place = {"LocationConstraint": settings.launch.region}
    calls.client("s3").create_bucket(Bucket=settings.launch.pipelines_bucket, CreateBucketConfiguration=place)
    return made


def store_request(bucket: str, common_name: str, request: Body) -> None:
    """Store the request of a pipeline, as provisioning does."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(REQUEST_FILE, json.dumps(request))
    calls.client("s3").put_object(Bucket=bucket, Key=layout.package(common_name), Body=buffer.getvalue())


def version(number: int, group: str = VERSIONS) -> str:
    return f"{group}/{number}"


@dataclass
class Registry:
    """The group of models."""

    arns: dict[int, str] = field(default_factory=dict)

    def make(self, *statuses: str) -> None:
        """Have versions 1, 2 and so on, with these statuses."""
        sagemaker = calls.client("sagemaker")
        if not self.arns:
            sagemaker.create_model_package_group(ModelPackageGroupName=GROUP)
        for number, status in enumerate(statuses, len(self.arns) + 1):
            made = sagemaker.create_model_package(ModelPackageGroupName=GROUP, ModelApprovalStatus=status)
            self.arns[number] = made["ModelPackageArn"]

    def set(self, number: int, status: str) -> Body:
        """Change the status of a version; gives SageMaker's event."""
        calls.client("sagemaker").update_model_package(
            ModelPackageArn=self.arns[number], ModelApprovalStatus=status, ApprovalDescription="because it is so"
        )
        return self.event(number, status)

    def event(self, number: int, status: str, **detail: Any) -> Body:
        event: Body = read_json("events/model_package_changed.json")
        event["id"] = f"{number}-{status}"
        event["resources"] = [version(number)]
        event["detail"] |= {
            "ModelPackageVersion": number,
            "ModelPackageArn": version(number),
            "ModelApprovalStatus": status,
            "LastModifiedTime": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            **detail,
        }
        return event


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Registry:
    return Registry()


@dataclass
class Pipelines:
    """Pipelines that follow the group."""

    settings: Settings
    provisioned: list[Body] = field(default_factory=list)
    error: Callable[[Body], Exception | None] = lambda _: None
    """The error in the place of a change."""
    meanwhile: Callable[[], None] = lambda: None
    """What happens before a request is stored."""

    @property
    def bucket(self) -> str:
        return self.settings.launch.pipelines_bucket

    def make(self, model: str = "churn", number: int = 1, **changes: Any) -> str:
        """Have a pipeline that follows the group, with this version; gives its common name."""
        make_pipeline(model)
        return self.follow(model, number, **changes)

    def follow(self, model: str, number: int, **changes: Any) -> str:
        """Store what says that a pipeline follows the group."""
        request = {
            "pipeline_type": "byom_realtime_builtin",
            "model_name": model,
            "model_package_name": version(number),
            "deploy_on_approval": True,
            **changes,
        }
        name = deployed_name(model)
        store_request(self.bucket, name, request)
        followers.follow(self.bucket, layout.follower_of_group(GROUP, name))
        return name

    def provision(self, body: Body, _: Settings) -> Body:
        self.meanwhile()
        error = self.error(body)
        if error is not None:
            raise error
        self.provisioned.append(body)
        store_request(self.bucket, deployed_name(body["model_name"]), body)
        return {"message": "done"}

    def version(self, model: str = "churn") -> int:
        """The version that a pipeline was asked for last."""
        request = requests.stored(self.bucket, deployed_name(model))
        assert request is not None
        return int(request["model_package_name"].rpartition("/")[2])

    def steps(self, model: str = "churn") -> list[Step]:
        return journal.newest(self.bucket, deployed_name(model), 10)

    def keys(self, prefix: str) -> list[str]:
        listed = calls.client("s3").list_objects_v2(Bucket=self.bucket, Prefix=prefix)
        return [one["Key"] for one in listed.get("Contents", ())]


@pytest.fixture
def pipelines(used: Settings, monkeypatch: pytest.MonkeyPatch) -> Pipelines:
    made = Pipelines(used)
    monkeypatch.setattr(service, "provision_pipeline", made.provision)
    return made


@pytest.fixture
def inbox(sent: list[Sent]) -> Callable[[], list[Body]]:
    """The messages that were published so far."""
    return lambda: [call.parameters for call in sent if call.operation == "sns.Publish"]


def deliver(event: Body, invocation: str = "first") -> Body:
    return api.handler({**event, "account": "111122223333"}, Context(aws_request_id=invocation))  # type: ignore[arg-type]
