# SPDX-License-Identifier: Apache-2.0
"""The function behind a real-time pipeline's `POST /inference` (compatibility 3.1): JSON in, the model's answer out.

Inline code of the blueprint: one file, boto3 of the runtime, so that the blueprint can be deployed to any account.
"""

import base64
import json
import os
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

# API Gateway gives up after 29 s and says nothing but so: the model gets what is left after the start of this function.
_SECONDS = 25
_WAITS = Config(connect_timeout=2, read_timeout=_SECONDS, retries={"total_max_attempts": 1})
_client = boto3.client("sagemaker-runtime", config=_WAITS)


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer an API Gateway proxy event."""
    request, problems = _read(event)
    if problems:
        return _refuse(400, "Bad request.", errors=problems)
    try:
        answer = _client.invoke_endpoint(
            EndpointName=os.environ["SAGEMAKER_ENDPOINT_NAME"],
            Body=_body(request["payload"]),
            ContentType=request["content_type"],
        )
    except ClientError as error:
        return _refused_by_sagemaker(error.response, context)
    except ReadTimeoutError as error:
        return _failed(504, f"{error}", context, f"The model did not answer within {_SECONDS} seconds.")
    except BotoCoreError as error:
        return _failed(503, f"{type(error).__name__}: {error}", context)
    return _answer(200, answer.get("ContentType", "text/plain"), answer["Body"].read())


def _read(event: dict[str, Any]) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """Return the decoded body and a list of its problems."""
    text = event.get("body") or ""
    try:
        content = base64.b64decode(text) if event.get("isBase64Encoded") else text
        request = json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return {}, [{"key": "", "problem": f"the body is not valid JSON: {error}"}]
    if not isinstance(request, dict):
        return {}, [{"key": "", "problem": "the body must be a JSON object with payload and content_type"}]
    problems = []
    if not _can_be_sent(request.get("payload")):
        problems.append({"key": "payload", "problem": "is required: what the model reads, a string or any JSON value"})
    if not _is_media_type(request.get("content_type")):
        problems.append({"key": "content_type", "problem": "is required: the MIME type of the payload, as text/csv"})
    return request, problems


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _can_be_sent(payload: Any) -> bool:
    try:
        _body(payload).encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair is valid in JSON but cannot be encoded.
        return False
    return payload is not None


def _is_media_type(value: Any) -> bool:
    """True if the value can be sent as a header."""
    return isinstance(value, str) and bool(value.strip()) and value.isascii() and value.isprintable()


def _body(payload: Any) -> str:
    return payload if isinstance(payload, str) else json.dumps(payload)


def _refused_by_sagemaker(response: dict[str, Any], context: Any) -> dict[str, Any]:
    """Return 400 for a payload that the model refused, and a server error for a failure of the endpoint."""
    error = response["Error"]
    if response.get("OriginalStatusCode", 500) < 500:
        return _refuse(400, "The model refused the payload.", detailedMessage=response.get("OriginalMessage", ""))
    if error["Code"] in ("ThrottlingException", "ServiceUnavailable", "ModelNotReadyException"):
        return _failed(503, error["Message"], context)
    return _failed(502, f"{error['Code']}: {error['Message']}", context)


def _failed(status: int, detail: str, context: Any, message: str = "The endpoint did not answer.") -> dict[str, Any]:
    print(json.dumps({"level": "ERROR", "request_id": context.aws_request_id, "detail": detail}))
    return _refuse(status, message, request_id=context.aws_request_id)


def _refuse(status: int, message: str, **more: Any) -> dict[str, Any]:
    return _answer(status, "application/json", json.dumps({"message": message, **more}).encode())


def _answer(status: int, content_type: str, body: bytes) -> dict[str, Any]:
    try:
        text, encoded = body.decode(), False
    except UnicodeDecodeError:
        text, encoded = base64.b64encode(body).decode(), True
    return {
        "statusCode": status,
        "headers": {"Content-Type": content_type},
        "body": text,
        "isBase64Encoded": encoded,
    }
