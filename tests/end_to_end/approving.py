# SPDX-License-Identifier: Apache-2.0
"""A model package group with versions that predict differently, and what a pipeline that follows it serves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import xgboost

from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel
from tests.end_to_end import berths
from tests.end_to_end.users import Orchestrator

_IMAGE: Final = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"
OWN_KEYS: Final = ("model_framework", "model_framework_version", "model_artifact_location")


def _trained(rounds: int) -> TrainedModel:
    rows, labels = berths.MODEL.holdout_rows, berths.MODEL.holdout_labels
    settings = {"objective": "binary:logistic", "max_depth": 2, "nthread": 1, "base_score": 0.5}
    return TrainedModel(xgboost.train(settings, xgboost.DMatrix(rows, labels), rounds), rows, labels)


@dataclass(frozen=True)
class Versions:
    """A group of its own, whose version N was trained in N rounds."""

    orchestrator: Orchestrator
    group: str

    @property
    def bucket(self) -> str:
        return self.orchestrator.deployment.outputs["AssetsBucketName"]

    def begin(self, *accounts: str) -> None:
        """Make the group; these accounts may use its versions."""
        sagemaker = self.orchestrator.client("sagemaker")
        arn = sagemaker.create_model_package_group(ModelPackageGroupName=self.group)["ModelPackageGroupArn"]
        versions = f"{arn.replace(':model-package-group/', ':model-package/')}/*"
        principals = {"AWS": [f"arn:aws:iam::{account}:root" for account in accounts]}
        allowed = {"Effect": "Allow", "Principal": principals}
        statements = [
            {"Sid": "Group", **allowed, "Action": ["sagemaker:DescribeModelPackageGroup"], "Resource": arn},
            {"Sid": "Versions", **allowed, "Action": ["sagemaker:DescribeModelPackage"], "Resource": versions},
        ]
        if accounts:
            policy = {"Version": "2012-10-17", "Statement": statements}
            sagemaker.put_model_package_group_policy(
                ModelPackageGroupName=self.group, ResourcePolicy=json.dumps(policy)
            )

    def register(self, number: int, status: str, **metadata: str) -> str:
        """Register the next version; gives its ARN."""
        key = f"models/{self.group}/{number}/model.tar.gz"
        self.put(key, demo_model.package(_trained(number)))
        specification = {
            "Containers": [{"Image": _IMAGE, "ModelDataUrl": f"s3://{self.bucket}/{key}"}],
            "SupportedContentTypes": ["text/csv"],
            "SupportedResponseMIMETypes": ["text/csv"],
        }
        made = self.orchestrator.client("sagemaker").create_model_package(
            ModelPackageGroupName=self.group,
            InferenceSpecification=specification,
            ModelApprovalStatus=status,
            **({"CustomerMetadataProperties": metadata} if metadata else {}),
        )
        arn = str(made["ModelPackageArn"])
        assert arn.endswith(f"/{number}")
        return arn

    def decide(self, arn: str, status: str, words: str = "as it was measured") -> None:
        """Approve or reject a version."""
        self.orchestrator.client("sagemaker").update_model_package(
            ModelPackageArn=arn, ModelApprovalStatus=status, ApprovalDescription=words
        )

    def put(self, key: str, content: bytes) -> str:
        self.orchestrator.client("s3").put_object(Bucket=self.bucket, Key=key, Body=content)
        return key

    def baseline(self, name: str, shift: float = 0) -> str:
        """Store data for a baseline; gives its key."""
        rows = np.column_stack([berths.MODEL.holdout_labels, berths.MODEL.holdout_rows + shift])
        header = ",".join([berths.LABEL, *berths.FEATURES])
        lines = [",".join(map(repr, row)) for row in rows.tolist()]
        return self.put(f"baselines/{self.group}/{name}.csv", "\n".join([header, *lines, ""]).encode())


def steps(orchestrator: Orchestrator, common_name: str) -> list[str]:
    """What a pipeline has done by itself, newest first."""
    bucket, s3 = orchestrator.deployment.outputs["PipelinesBucketName"], orchestrator.client("s3")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=f"automation-steps/{common_name}/")
    found = [s3.get_object(Bucket=bucket, Key=one["Key"])["Body"].read() for one in listed.get("Contents", ())]
    return [json.loads(step)["step"] for step in found]


def parameters(orchestrator: Orchestrator, stack: str) -> dict[str, str]:
    """The parameters of a deployed stack."""
    return {one["ParameterKey"]: one["ParameterValue"] for one in orchestrator.stack(stack)["Parameters"]}


def predictions(number: int) -> list[float]:
    """What a version says of the first rows."""
    return demo_model.predict(_trained(number), berths.MODEL.holdout_rows[:3])


def payload() -> str:
    """The first rows as CSV."""
    return "\n".join(",".join(str(value) for value in row) for row in berths.MODEL.holdout_rows[:3])


def served(orchestrator: Orchestrator, stack: str) -> list[float]:
    """What the API of a deployed pipeline says of these rows; empty while it does not answer."""
    status, body = orchestrator.predict(stack, {"payload": payload(), "content_type": "text/csv"})
    return [float(line) for line in body.decode().split()] if status == 200 else []


def answered(runtime: Any, endpoint: str) -> list[float]:
    """What an endpoint says of them."""
    answer = runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Body=payload())
    return [float(line) for line in answer["Body"].read().decode().split()]
