# SPDX-License-Identifier: Apache-2.0
"""A small model behind an endpoint, with data of its own and traffic: what a monitor watches."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import xgboost

from mlops_orchestrator.aws.aws_access import Aws
from scripts.demo import demo_model
from scripts.demo.demo_model import TrainedModel

FEATURES: Final = ("size", "draught", "tide")
LABEL: Final = "late"
CENTRE: Final = (25.0, 8.0, 0.0)
"""A row in the middle of the data."""
_ROWS: Final = 40
_IMAGE: Final = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"

Change = Callable[[Any], Any]
Until = Callable[[Callable[[], Any]], Any]


def _trained() -> TrainedModel:
    """Large ships are late; draught and tide tell nothing."""
    random = np.random.default_rng(7)
    rows = np.column_stack(
        [random.uniform(10, 40, _ROWS), random.uniform(4, 12, _ROWS), random.integers(0, 2, _ROWS).astype(float)]
    )
    labels = (rows[:, 0] > CENTRE[0]).astype(float)
    labels[::10] = 1 - labels[::10]
    settings = {"objective": "binary:logistic", "max_depth": 1, "nthread": 1, "base_score": 0.5}
    return TrainedModel(xgboost.train(settings, xgboost.DMatrix(rows, labels), 5), rows, labels)


MODEL: Final = _trained()


def same(rows: Any) -> Any:
    """Traffic or labels as in the baseline."""
    return rows


@dataclass
class Berths:
    """The endpoint in an account, whose bucket holds all its data; a monitor of each kind has a baseline there."""

    aws: Aws
    name: str
    bucket: str
    sent: list[str] = field(default_factory=list)
    """Inference ids."""

    @property
    def captured(self) -> str:
        return f"{self.bucket}/captured/{self.name}"

    @property
    def truth(self) -> str:
        return f"{self.bucket}/truth/{self.name}"

    def serve(self) -> None:
        """Make the endpoint, which captures everything."""
        sagemaker, role = self.aws.client("sagemaker"), f"arn:aws:iam::{self.aws.account}:role/model"
        self._put(f"models/{self.name}/model.tar.gz", demo_model.package(MODEL))
        container = {"Image": _IMAGE, "ModelDataUrl": f"s3://{self.bucket}/models/{self.name}/model.tar.gz"}
        sagemaker.create_model(ModelName=self.name, ExecutionRoleArn=role, PrimaryContainer=container)
        variant = {"VariantName": "AllTraffic", "ModelName": self.name}
        variant |= {"InstanceType": "ml.m5.large", "InitialInstanceCount": 1}
        capture = {
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{self.captured}",
            "CaptureOptions": [{"CaptureMode": "Output"}, {"CaptureMode": "Input"}],
            "CaptureContentTypeHeader": {"CsvContentTypes": ["text/csv"]},
        }
        sagemaker.create_endpoint_config(
            EndpointConfigName=self.name, ProductionVariants=[variant], DataCaptureConfig=capture
        )
        sagemaker.create_endpoint(EndpointName=self.name, EndpointConfigName=self.name)
        sagemaker.get_waiter("endpoint_in_service").wait(EndpointName=self.name, WaiterConfig={"Delay": 1})

    def send(self, change: Change = same) -> None:
        """Call the endpoint with each row, after a change of all of them."""
        runtime = self.aws.client("sagemaker-runtime")
        for row in change(MODEL.holdout_rows.copy()).tolist():
            self.sent.append(f"{self.name}-{len(self.sent)}")
            body = ",".join(map(repr, row))
            runtime.invoke_endpoint(
                EndpointName=self.name, ContentType="text/csv", Body=body, InferenceId=self.sent[-1]
            )  # fmt: skip

    def label(self, change: Change = same) -> None:
        """Upload what turned out to be true of all calls, after a change."""
        labels = change(MODEL.holdout_labels.copy()).tolist()
        lines = [
            json.dumps({
                "groundTruthData": {"data": str(int(labels[number % _ROWS])), "encoding": "CSV"},
                "eventMetadata": {"eventId": identifier},
                "eventVersion": "0",
            })
            for number, identifier in enumerate(self.sent)
        ]  # fmt: skip
        hour = f"{datetime.now(UTC):%Y/%m/%d/%H}"
        self._put(f"truth/{self.name}/{hour}/labels.jsonl", "\n".join(lines).encode())

    def baseline(self, kind: str, into: Any, bucket: str) -> str:
        """Upload the data of a kind's baseline into an assets bucket, by a client of S3, and give its key."""
        rows, scores = MODEL.holdout_rows.tolist(), demo_model.predict(MODEL, MODEL.holdout_rows)
        labels = [int(label) for label in MODEL.holdout_labels]
        header: Sequence[str] = (LABEL, *FEATURES)
        lines: list[Sequence[object]] = [(label, *row) for label, row in zip(labels, rows, strict=True)]
        if kind == "data_quality":
            header, lines = ("prediction", *FEATURES), [(s, *row) for s, row in zip(scores, rows, strict=True)]
        if kind == "model_quality":
            header = (LABEL, "predicted", "probability")
            lines = [(label, int(s >= 0.5), s) for label, s in zip(labels, scores, strict=True)]
        text = io.StringIO()
        text.writelines(",".join(map(str, line)) + "\n" for line in (header, *lines))
        key = f"baselines/{self.name}.csv"
        into.put_object(Bucket=bucket, Key=key, Body=text.getvalue().encode())
        return key

    def _put(self, key: str, content: bytes) -> None:
        self.aws.client("s3").put_object(Bucket=self.bucket, Key=key, Body=content)


def next_second(until: Until) -> str:
    """The next full second, once it has come: what happened before is not of a window that begins then."""
    moment = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    until(lambda: datetime.now(UTC) >= moment)
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
