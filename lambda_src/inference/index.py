# SPDX-License-Identifier: Apache-2.0
"""The function behind a real-time pipeline's `POST /inference` (compatibility 3.1): a payload in, the answer out.

In the mode `json` the body is an object with the payload; in `raw`, and on routes of other protocols, which begin with
`/v1/`, the body is the payload itself, and headers say the rest. A Lambda function of its own, with boto3
of the runtime. The pipeline's plan stores it beside the package.

Where the API streams, the client in `streaming.py` calls it, and an answer's body may be an iterator of bytes.
"""

import base64
import importlib
import json
import os
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError
from urllib3.exceptions import HTTPError
from urllib3.exceptions import TimeoutError as StreamTimeoutError

# "", "asked" where a stream is to be asked for, "always" where all answers are streams.
_STREAMS = os.environ.get("STREAMS", "")
# API Gateway gives up after 29 s and says nothing but so: the model gets what is left after the start of this function.
# Where the API streams, it waits longer than SageMaker, which gives a model 60 s, and a client 10 s more:
# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
_SECONDS, _MORE = (60, 10) if _STREAMS else (25, 0)
_WAITS = Config(connect_timeout=2, read_timeout=_SECONDS + _MORE, retries={"total_max_attempts": 1})
_client = boto3.client("sagemaker-runtime", config=_WAITS)
_LATE = f"The model did not answer within {_SECONDS} seconds."

# What InvokeEndpoint takes at most, and what Lambda hands back.
_MOST = 6_291_456
# What stands beside the payload: a member of a body in JSON, a header in raw mode.
_BESIDE = ("content_type", "accept", "inference_id", "custom_attributes", "target_variant")
_NO_COPY = "No copy of the model serves now. Where it scales from none, calls start one: ask again in some minutes."
# Where an endpoint that answers later writes to, and what asks it; a request that waits cannot name a variant.
_later: Any = importlib.import_module("later") if os.environ.get("ASYNC_OUTPUT") else None
_BUSY = ("ThrottlingException", "ServiceUnavailable", "ModelNotReadyException")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer an API Gateway proxy event."""
    asked, problems = _read(event)
    if _later is not None and asked.pop("TargetVariant", None):
        problems["target_variant"] = "must be left out: this endpoint answers later, and has one variant"
    if problems:
        errors = [{"key": key, "problem": problem} for key, problem in problems.items()]
        return _refuse(400, "Bad request.", errors=errors)
    size, most = len(asked["Body"]), int(os.environ.get("MAX_BYTES") or _MOST)
    if size > most:
        return _refuse(413, f"The payload has {size} bytes; {most} are the most.")
    try:
        return _ask(event, asked, context)
    except ClientError as error:
        return _refused_by_sagemaker(error.response, asked, context)
    except (ReadTimeoutError, StreamTimeoutError) as error:
        return _failed(504, f"{error}", context, _LATE)
    except (BotoCoreError, HTTPError) as error:
        return _failed(503, f"{type(error).__name__}: {error}", context)


def _endpoint() -> dict[str, str]:
    """Return what is asked: an endpoint, and the inference component that has its model."""
    component = os.environ.get("INFERENCE_COMPONENT")
    named = {"EndpointName": os.environ["SAGEMAKER_ENDPOINT_NAME"]}
    return {**named, "InferenceComponentName": component} if component else named


def _ask(event: dict[str, Any], asked: dict[str, Any], context: Any) -> dict[str, Any]:
    if _later is not None:
        return _answer(202, "application/json", _later.ask(_client, asked), {})
    endpoint = _endpoint()
    if _is_stream_wanted(event, asked):
        return _streamed(_client.invoke_endpoint_with_response_stream(**endpoint, **asked), event, asked, context)
    return _answered(_client.invoke_endpoint(**endpoint, **asked), asked, context)


def _read(event: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the arguments of InvokeEndpoint, and the request's problems by key."""
    text, is_other = event.get("body") or "", _is_other(event)
    is_raw = is_other or os.environ.get("MODE") == "raw"
    try:
        content = base64.b64decode(text) if event.get("isBase64Encoded") else text.encode(errors="surrogatepass")
        given = _of_headers(event, is_other) if is_raw else json.loads(content, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return {}, {"": f"the body is not valid JSON: {error}"}
    if not isinstance(given, dict):
        return {}, {"": "the body must be a JSON object with payload and content_type"}
    problems: dict[str, str] = {}
    asked = {"Body": content if is_raw else _payload(given, problems)}
    for key in _BESIDE:
        value = given.get(key)
        if isinstance(value, str) and value.strip() and value.isascii() and value.isprintable():
            asked[key.title().replace("_", "")] = value
        elif key == "content_type":
            problems[_header(key) if is_raw else key] = "is required: the MIME type of the payload, as text/csv"
        elif value not in (None, ""):
            problems[_header(key) if is_raw else key] = "must be one line of ASCII"
    return asked, problems


def _is_other(event: dict[str, Any]) -> bool:
    """Whether the route is one of another protocol."""
    return str(event.get("resource", "")).startswith("/v1/")


def _is_stream_wanted(event: dict[str, Any], asked: dict[str, Any]) -> bool:
    """Whether the answer is to be a stream: as OpenAI's clients say it in the body, and others by what they accept."""
    if _STREAMS and _is_other(event):
        try:
            return json.loads(asked["Body"]).get("stream") is True
        except (ValueError, AttributeError, RecursionError):
            return False
    return _STREAMS == "always" or (_STREAMS != "" and "text/event-stream" in asked.get("Accept", ""))


def _header(key: str) -> str:
    name = key.title().replace("_", "-")
    return name if key in _BESIDE[:2] else f"X-Amzn-SageMaker-{name}"


def _of_headers(event: dict[str, Any], is_other: bool) -> dict[str, Any]:
    """Return what headers say in place of members; `*/*`, which clients accept by habit, is said to no model."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items() if value != "*/*"}
    given = {key: headers.get(_header(key).lower()) for key in _BESIDE}
    return {**given, "content_type": given["content_type"] or (is_other and "application/json")}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _payload(given: dict[str, Any], problems: dict[str, str]) -> bytes:
    """Return the payload of a body in JSON: bytes from base64, text as it is, anything else as JSON."""
    payload, encoded = given.get("payload"), given.get("payload_base64")
    try:
        if encoded is None and payload is not None:
            return (payload if isinstance(payload, str) else json.dumps(payload)).encode()
        if encoded is not None and payload is None:
            return base64.b64decode(encoded, validate=True)
    except (TypeError, ValueError):
        # No base64; or half of a surrogate pair, which is valid in JSON but cannot be encoded.
        pass
    if encoded is None:
        problems["payload"] = "is required: what the model reads, a string or any JSON value"
    else:
        problems["payload_base64"] = "must be base64, in place of payload"
    return b""


def _answered(answer: dict[str, Any], asked: dict[str, Any], context: Any) -> dict[str, Any]:
    """Hand the model's answer on, with what came beside it."""
    content_type = answer.get("ContentType", "text/plain")
    found = _answer(200, content_type, answer["Body"].read(), _beside(answer, asked))
    if not _STREAMS and len(json.dumps(found)) > _MOST:
        return _failed(502, "answer too large", context, "The model's answer is too large for this API.")
    return found


def _beside(answer: dict[str, Any], asked: dict[str, Any]) -> dict[str, Any]:
    return {
        "X-Amzn-Invoked-Production-Variant": answer.get("InvokedProductionVariant"),
        _header("custom_attributes"): answer.get("CustomAttributes"),
        _header("inference_id"): asked.get("InferenceId"),
    }


def _streamed(answer: dict[str, Any], event: dict[str, Any], asked: dict[str, Any], context: Any) -> dict[str, Any]:
    """Hand the model's answer on as it comes. What fails before the first part still gets a status of its own."""
    parts = _parts(answer["Body"])
    first = next(parts, b"")
    found = _answer(200, answer.get("ContentType", "text/plain"), b"", _beside(answer, asked))
    return {**found, "body": _passed_on(first, parts, _is_other(event), context)}


def _parts(stream: Any) -> Iterator[bytes]:
    """Yield the payload's parts, and let go of the connection in the end, also where nobody wants more."""
    try:
        for event in stream:
            yield event["PayloadPart"]["Bytes"]
    finally:
        stream.close()


def _passed_on(first: bytes, parts: Iterator[bytes], is_other: bool, context: Any) -> Iterator[bytes]:
    """Yield all parts. What fails between them is an event to OpenAI's clients; for others the stream is cut."""
    try:
        yield first
        yield from parts
    except (ClientError, BotoCoreError, HTTPError) as error:
        _log(f"{type(error).__name__}: {error}", context)
        if not is_other:
            raise
        described = {
            "message": "The model's answer ended early.",
            "type": "server_error",
            "request_id": context.aws_request_id,
        }
        # The blank line ends what may have been half of an event.
        yield b"\n\ndata: " + json.dumps({"error": described}).encode() + b"\n\n"


def _refused_by_sagemaker(response: dict[str, Any], asked: dict[str, Any], context: Any) -> dict[str, Any]:
    """Tell the model's own refusals and failures from those around it: without an answer, its status is 0."""
    error, status = response["Error"], response.get("OriginalStatusCode", 0)
    more = {"detailedMessage": response.get("OriginalMessage", "")}
    if 400 <= status < 500:
        return _refuse(400, "The model refused the payload.", **more)
    code, detail = error["Code"], f"{error['Code']}: {error['Message']}"
    if status:
        return _failed(424, detail, context, "The model failed.", **more)
    if (code == "ModelError" and "timed out" in detail) or "allotted time" in detail:
        return _failed(504, detail, context, _LATE)
    if code == "ValidationError" and "has no capacity" in detail:
        return _failed(503, detail, context, _NO_COPY)
    if code == "ValidationError" and asked.keys() - {"Body", "ContentType"}:
        return _failed(400, detail, context, "SageMaker refused what stands beside the payload: is it a known variant?")
    return _failed(503 if code in _BUSY else 502, detail, context)


def _failed(
    status: int, detail: str, context: Any, message: str = "The endpoint did not answer.", **more: Any
) -> dict[str, Any]:
    _log(detail, context)
    return _refuse(status, message, request_id=context.aws_request_id, **more)


def _log(detail: str, context: Any) -> None:
    print(json.dumps({"level": "ERROR", "request_id": context.aws_request_id, "detail": detail}))


def _refuse(status: int, message: str, **more: Any) -> dict[str, Any]:
    return _answer(status, "application/json", json.dumps({"message": message, **more}).encode(), {})


def _answer(status: int, content_type: str, body: bytes, beside: dict[str, Any]) -> dict[str, Any]:
    try:
        text, encoded = body.decode(), False
    except UnicodeDecodeError:
        text, encoded = base64.b64encode(body).decode(), True
    headers = {"Content-Type": content_type, **{name: value for name, value in beside.items() if value}}
    return {"statusCode": status, "headers": headers, "body": text, "isBase64Encoded": encoded}
