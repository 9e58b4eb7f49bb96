# SPDX-License-Identifier: Apache-2.0
"""A payload for an endpoint that answers later: it is put where the model's role reads it, and waits its turn.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointAsync.html
"""

import json
import os
import uuid
from typing import Any

import boto3
from botocore.config import Config

# API Gateway gives up after 29 s; large payloads take some of it.
_s3 = boto3.client("s3", config=Config(connect_timeout=2, read_timeout=15, retries={"total_max_attempts": 2}))


def ask(runtime: Any, asked: dict[str, Any]) -> bytes:
    """Let a payload wait; `asked` are the arguments of InvokeEndpoint. Return where its answer will be, in JSON."""
    bucket, put = os.environ["ASYNC_OUTPUT"].partition("/")[0], key()
    _s3.put_object(Bucket=bucket, Key=put, Body=asked["Body"], ContentType=asked["ContentType"])
    beside = {name: value for name, value in asked.items() if name != "Body"}
    name = os.environ["SAGEMAKER_ENDPOINT_NAME"]
    answer = runtime.invoke_endpoint_async(EndpointName=name, InputLocation=f"s3://{bucket}/{put}", **beside)
    places = {"output_location": answer["OutputLocation"], "failure_location": answer.get("FailureLocation", "")}
    return json.dumps({"inference_id": answer["InferenceId"], **places}).encode()


def key() -> str:
    """Return a new key below `requests/` of the place of the answers."""
    prefix = os.environ["ASYNC_OUTPUT"].partition("/")[2]
    return "/".join(filter(None, (prefix, "requests", str(uuid.uuid4()))))
