# SPDX-License-Identifier: Apache-2.0
"""Runs on a local AWS: buckets, a role that may do what a run needs and no more, and the engine as that role."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest

from monitor_engine import aws
from scripts.local_aws import identity
from scripts.local_aws.server import LocalAws
from tests.local_aws.stack_setting import acting_in
from tests.monitor_engine import jobs

ACCOUNT: Final = "123456789012"
CAPTURES: Final = '{"sagemakerCaptureJson": {"captureIndexNames": ["endpointInput", "endpointOutput"]}}'
_TRUST: Final = {"Effect": "Allow", "Principal": {"Service": "sagemaker.amazonaws.com"}, "Action": "sts:AssumeRole"}


def document(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allowed(action: str, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": action, "Resource": resource}


@dataclass(frozen=True)
class Ended:
    """How a run ended, with what it wrote below a prefix."""

    status: int
    message: str
    files: Mapping[str, bytes]
    """By their key below the bucket of the output."""

    def document(self, name: str) -> Any:
        (found,) = (content for key, content in self.files.items() if key.endswith(f"/{name}"))
        return json.loads(found)


@dataclass
class Cloud:
    """A bucket of each kind, made for one test."""

    local: LocalAws
    folder: Path
    monkeypatch: pytest.MonkeyPatch
    name: str = field(default_factory=lambda: uuid.uuid4().hex[:12])

    def __post_init__(self) -> None:
        self.s3 = acting_in(self.local, ACCOUNT, "s3")
        for kind in ("captures", "baseline", "truth", "output"):
            self.s3.create_bucket(Bucket=self.bucket(kind))
        self.role = self.make_role("monitor", *self.needed())

    def bucket(self, kind: str) -> str:
        return f"harbour-{kind}-{self.name}"

    def needed(self, *without: str) -> Iterator[dict[str, Any]]:
        """The permissions of a run."""
        for kind in ("captures", "baseline", "truth"):
            yield allowed("s3:ListBucket", f"arn:aws:s3:::{self.bucket(kind)}")
            yield allowed("s3:GetObject", f"arn:aws:s3:::{self.bucket(kind)}/*")
        yield allowed("s3:PutObject", f"arn:aws:s3:::{self.bucket('output')}/*")
        metrics = allowed("cloudwatch:PutMetricData", "*")
        yield metrics | {"Condition": {"StringEquals": {"cloudwatch:namespace": "MLOps/Monitors"}}}

    def make_role(self, name: str, *statements: Mapping[str, Any]) -> str:
        iam, full = acting_in(self.local, ACCOUNT, "iam"), f"{name}-{self.name}"
        arn = iam.create_role(RoleName=full, AssumeRolePolicyDocument=document(_TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName=full, PolicyName="run", PolicyDocument=document(*statements))
        return str(arn)

    def put(self, kind: str, key: str, content: str | bytes) -> None:
        self.s3.put_object(Bucket=self.bucket(kind), Key=key, Body=content)

    def capture(self, records: Iterable[Any], hour: str = "AllTraffic/2026/11/24/15", name: str = "a.jsonl") -> None:
        lines = (one if isinstance(one, str) else json.dumps(one) for one in records)
        self.put("captures", f"capture/live/{hour}/{name}", "".join(f"{line}\n" for line in lines))

    def baseline(self, text: str, **more: str) -> None:
        """Compute a baseline on this machine and put it where runs look for it."""
        jobs.baseline(self.folder, text, **more)
        for path in (self.folder / "baseline").glob("*.json"):
            self.put("baseline", f"harbour/{path.name}", path.read_bytes())

    @property
    def environment(self) -> dict[str, str]:
        """That of a scheduled run of data quality."""
        return {
            "analysis_type": "DATA_QUALITY",
            "dataset_format": CAPTURES,
            "dataset_source": f"s3://{self.bucket('captures')}/capture/live",
            "output_path": f"s3://{self.bucket('output')}/monitor/live/hourly",
            "baseline_constraints": f"s3://{self.bucket('baseline')}/harbour/constraints.json",
            "baseline_statistics": f"s3://{self.bucket('baseline')}/harbour/statistics.json",
            "schedule_expression": "cron(0 * ? * * *)",
            "scheduled_time": jobs.END,
            "publish_cloudwatch_metrics": "Enabled",
            "sagemaker_endpoint_name": "live",
            "sagemaker_monitoring_schedule_name": f"hourly-{self.name}",
        }

    def keys(self, role: str = "") -> dict[str, str]:
        """What the process of a job has of AWS."""
        credentials = identity.current().credentials(role or self.role).environment()
        return {"AWS_DEFAULT_REGION": self.local.region, "AWS_ENDPOINT_URL": self.local.endpoint_url, **credentials}

    @contextmanager
    def acting(self, role: str = "") -> Iterator[None]:
        aws.client.cache_clear()
        with self.monkeypatch.context() as patched:
            for name, value in self.keys(role).items():
                patched.setenv(name, value)
            patched.setattr(aws.boto3, "DEFAULT_SESSION", None)
            yield
        aws.client.cache_clear()

    def run(self, role: str = "", **more: str) -> Ended:
        """Run the engine in this process, as a role."""
        with self.acting(role):
            given = {name: value for name, value in (self.environment | more).items() if value}
            ended = jobs.run(self.folder, given)
        return Ended(ended.status, ended.message, self.written())

    def written(self) -> dict[str, bytes]:
        found = self.s3.list_objects_v2(Bucket=self.bucket("output")).get("Contents", [])
        return {
            one["Key"]: self.s3.get_object(Bucket=self.bucket("output"), Key=one["Key"])["Body"].read() for one in found
        }

    def metric(self, name: str = "violations") -> list[float]:
        """What was sent of a metric of the schedule."""
        names = {"Endpoint": "live", "MonitoringSchedule": f"hourly-{self.name}"}
        found = acting_in(self.local, ACCOUNT, "cloudwatch").get_metric_statistics(
            Namespace="MLOps/Monitors",
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in names.items()],
            Period=3600,
            Statistics=["Sum"],
            StartTime="2020-01-01T00:00:00Z",
            EndTime="2100-01-01T00:00:00Z",
        )
        return [one["Sum"] for one in found["Datapoints"]]
