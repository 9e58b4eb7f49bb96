# SPDX-License-Identifier: Apache-2.0
"""CloudFormation as the function of `Custom::SageMakerJob` meets it: a server that takes answers."""

from __future__ import annotations

import json
import re
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

FILE = Path(__file__).parents[2] / "lambda_src" / "inline" / "sagemaker_job.py"
STACK = "arn:aws:cloudformation:eu-west-1:111122223333:stack/mlops-pipeline-berths-byompipelinebatchbuiltin/0f1e2d3c"
MODEL = "MLOpsSagemakerModel-QyVK8nOxk3hP"

Json = dict[str, Any]

REQUEST: Json = {
    "ModelName": MODEL,
    "MaxPayloadInMB": "6",
    "BatchStrategy": "",
    "TransformInput": {
        "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://quayside-arrivals/2026/"}},
        "ContentType": "text/csv",
        "SplitType": "Line",
        "CompressionType": "None",
    },
    "TransformOutput": {"S3OutputPath": "s3://quayside-forecasts", "Accept": "text/csv", "KmsKeyId": ""},
    "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": "2"},
}
"""A request as CloudFormation sends it: every number a text, an empty parameter an empty text."""


class CloudFormation:
    """Sends events to the function and keeps what it answers to their ResponseURL."""

    def __init__(self, function: ModuleType) -> None:
        self.function = function
        self.answers: list[tuple[str | None, Json]] = []
        answers = self.answers

        class Desk(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answers.append((self.headers["Content-Type"], json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Desk)

    def event(self, kind: str, **properties: Any) -> Json:
        given = {"ServiceToken": "arn:of:function", "Operation": "CreateTransformJob", "Request": REQUEST}
        name = {} if "Name" in properties else {"NamePrefix": f"{MODEL}-batch-transform"}
        return {
            "RequestType": kind,
            "ResponseURL": f"http://127.0.0.1:{self.server.server_port}/answer",
            "StackId": STACK,
            "RequestId": "5c0f",
            "LogicalResourceId": "TransformJob",
            "ResourceProperties": {**given, **name, **properties},
        }

    def send(self, event: Json) -> Json:
        self.function.handler(event, SimpleNamespace(aws_request_id="5c0f"))
        return self.answers[-1][1]

    def create(self, **properties: Any) -> Json:
        return self.send(self.event("Create", **properties))

    def update(self, physical_id: str, **properties: Any) -> Json:
        return self.send({**self.event("Update", **properties), "PhysicalResourceId": physical_id})

    def delete(self, physical_id: str, **properties: Any) -> Json:
        return self.send({**self.event("Delete", **properties), "PhysicalResourceId": physical_id})


class AnyName:
    """Equal to any name that SageMaker takes; keeps the one it was compared with."""

    value = ""

    def __eq__(self, other: object) -> bool:
        self.value = str(other)
        return re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", self.value) is not None

    def __hash__(self) -> int:
        return 0
