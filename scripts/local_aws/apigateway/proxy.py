# SPDX-License-Identifier: Apache-2.0
"""Lambda proxy format of REST APIs, version 1.0: a request as an event, and the function's answer as a response.

https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.datastructures import Headers

from scripts.local_aws.apigateway.private import VPC_ENDPOINT
from scripts.local_aws.apigateway.routes import LocalRestApi, Route
from scripts.local_aws.apigateway.signature import Caller, Received

# Set by the server itself, which frames the response.
_NOT_PASSED_ON = frozenset({"connection", "content-length", "transfer-encoding", "keep-alive", "upgrade"})


class MalformedAnswerError(Exception):
    """Raised for an answer of the function that is not in the proxy format."""


@dataclass(frozen=True)
class Call:
    """Request to a method of an API."""

    api: LocalRestApi
    stage: str
    path: str
    query: str
    route: Route
    parameters: dict[str, str]
    request: Received
    source_ip: str
    protocol: str
    caller: Caller | None
    request_id: str


@dataclass(frozen=True)
class Answer:
    """Response to the client, whole or in parts as they come."""

    status: int
    headers: Headers
    body: bytes | Iterator[bytes]


def event(call: Call) -> dict[str, Any]:
    """Return the event that the function receives."""
    headers = _headers(call)
    is_binary = call.api.is_binary(call.stage, call.request.headers.get("Content-Type", ""))
    body = call.request.body
    text = base64.b64encode(body).decode() if is_binary else body.decode(errors="replace")
    query = parse_qsl(call.query, keep_blank_values=True)
    many_values: dict[str, list[str]] = {}
    for name, value in query:
        many_values.setdefault(name, []).append(value)
    return {
        "resource": call.route.path,
        "path": call.path,
        "httpMethod": call.request.method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": many_values or None,
        "pathParameters": call.parameters or None,
        "stageVariables": dict(call.api.stages[call.stage].variables) or None,
        "requestContext": _context(call),
        "body": text if body else None,
        "isBase64Encoded": bool(body) and is_binary,
    }


def response(payload: bytes, *, is_binary: bool) -> Answer:
    """Return the function's result as a response. Raise MalformedAnswerError if it is not in the proxy format.

    What is in base64 stays so where the API has no binary media type that the caller accepts.
    """
    result = json.loads(payload)
    if not isinstance(result, dict):
        raise MalformedAnswerError("the answer is not an object")
    try:
        status = int(result["statusCode"])
        headers = headers_of(result, Headers([("Content-Type", "application/json")]))
        body = result.get("body")
        text = "" if body is None else body
        is_encoded = is_binary and result.get("isBase64Encoded")
        content = base64.b64decode(text, validate=True) if is_encoded else text.encode()
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise MalformedAnswerError(str(error)) from error
    return Answer(status, headers, content)


def headers_of(result: Mapping[str, Any], headers: Headers) -> Headers:
    """Put a function's headers over those that hold without them, but for what the server itself says.

    Raises TypeError for a value that is none, AttributeError for headers that are no object.
    """
    for name, value in (result.get("headers") or {}).items():
        headers.set(name, _header_value(value))
    for name, values in (result.get("multiValueHeaders") or {}).items():
        headers.setlist(name, [_header_value(value) for value in values])
    for name in _NOT_PASSED_ON:
        headers.remove(name)
    return headers


def _header_value(value: Any) -> str:
    if isinstance(value, dict | list):
        raise TypeError(f"a header's value must be a text, not {value!r}")
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _headers(call: Call) -> dict[str, str]:
    # The signature is for API Gateway alone; the function does not receive it.
    own = {name: value for name, value in call.request.headers.items() if not _is_signature(call, name)}
    return own | {
        "X-Amzn-Trace-Id": f"Root=1-{int(time.time()):08x}-{call.request_id.replace('-', '')[:24]}",
        "X-Forwarded-For": call.source_ip,
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    }


def _is_signature(call: Call, name: str) -> bool:
    return call.caller is not None and name.lower() == "authorization"


def _context(call: Call) -> dict[str, Any]:
    now = datetime.now(UTC)
    domain = f"{call.api.id}.execute-api.{call.api.region_name}.amazonaws.com"
    return {
        "accountId": call.api.account_id,
        "apiId": call.api.id,
        "domainName": domain,
        "domainPrefix": call.api.id,
        "extendedRequestId": call.request_id,
        "httpMethod": call.request.method,
        "identity": _identity(call),
        "path": f"/{call.stage}{call.path}",
        "protocol": call.protocol,
        "requestId": call.request_id,
        "requestTime": f"{now:%d/%b/%Y:%H:%M:%S %z}",
        "requestTimeEpoch": int(now.timestamp() * 1000),
        "resourceId": call.route.resource_id,
        "resourcePath": call.route.path,
        "stage": call.stage,
    }


def _identity(call: Call) -> dict[str, str | None]:
    who = call.caller
    return {
        "accessKey": who.access_key if who else None,
        "accountId": who.account if who else None,
        "apiKey": None,
        "apiKeyId": None,
        "caller": who.user_id if who else None,
        "cognitoAuthenticationProvider": None,
        "cognitoAuthenticationType": None,
        "cognitoIdentityId": None,
        "cognitoIdentityPoolId": None,
        "principalOrgId": None,
        "sourceIp": call.source_ip,
        "user": who.user_id if who else None,
        "userAgent": call.request.headers.get("User-Agent"),
        "userArn": who.arn if who else None,
        **({"vpceId": endpoint} if (endpoint := call.request.headers.get(VPC_ENDPOINT)) else {}),
    }
