# SPDX-License-Identifier: Apache-2.0
"""Client of Lambda's Runtime API that streams: Lambda's own Python runtime hands back whole answers only.

The wrapper `stream.sh` starts it in place of that runtime. The handler answers as a function behind a Lambda proxy
integration does, and its body may be an iterator of bytes, too: each part is passed on as it comes.
https://docs.aws.amazon.com/lambda/latest/dg/runtimes-custom.html#runtimes-custom-response-streaming
https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
"""

from __future__ import annotations

import base64
import importlib
import json
import os
import time
import traceback
from collections.abc import Callable, Generator, Iterator
from http.client import HTTPConnection, HTTPException
from typing import Any, Final

Handler = Callable[[dict[str, Any], "Context"], dict[str, Any]]

_RUNTIME: Final = "/2018-06-01/runtime"
_TYPE, _BODY = "Lambda-Runtime-Function-Error-Type", "Lambda-Runtime-Function-Error-Body"
_STREAMED: Final = {
    "Content-Type": "application/vnd.awslambda.http-integration-response",
    "Lambda-Runtime-Function-Response-Mode": "streaming",
    "Transfer-Encoding": "chunked",
    "Trailer": f"{_TYPE}, {_BODY}",
}
_END_OF_METADATA: Final = bytes(8)
_NO_TRAILERS: Final[dict[str, str]] = {}


class Context:
    """The part of Lambda's context that the handler uses."""

    def __init__(self, headers: Any) -> None:
        self.aws_request_id: str = headers["Lambda-Runtime-Aws-Request-Id"]
        self._deadline = int(headers.get("Lambda-Runtime-Deadline-Ms") or 0)

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until this invocation times out; never negative."""
        return max(0, self._deadline - int(time.time() * 1000))


class RuntimeApi:
    """The Runtime API at an address, `host:port`."""

    def __init__(self, address: str) -> None:
        self._address = address

    def next(self) -> tuple[Context, bytes]:
        """Wait for an invocation; return its context and its event."""
        connection = HTTPConnection(self._address)
        try:
            connection.request("GET", f"{_RUNTIME}/invocation/next")
            response = connection.getresponse()
            event = response.read()
        finally:
            connection.close()
        os.environ["_X_AMZN_TRACE_ID"] = response.headers.get("Lambda-Runtime-Trace-Id", "")
        return Context(response.headers), event

    def failed(self, path: str, error: BaseException) -> None:
        """Report an error in place of an answer; `path` is `init` or `invocation/<id>`."""
        connection = HTTPConnection(self._address)
        headers = {"Content-Type": "application/json", _TYPE: _kind(error)}
        try:
            connection.request("POST", f"{_RUNTIME}/{path}/error", _described(error), headers)
            connection.getresponse().read()
        finally:
            connection.close()

    def stream(self, request_id: str, parts: Iterator[bytes]) -> None:
        """Send an answer part by part. An error of `parts` ends it, and is told in trailers.

        Where nobody takes the answer any more, the rest is not asked for.
        """
        connection = HTTPConnection(self._address)
        try:
            connection.putrequest("POST", f"{_RUNTIME}/invocation/{request_id}/response", skip_accept_encoding=True)
            for name, value in _STREAMED.items():
                connection.putheader(name, value)
            connection.endheaders()
            trailers = _send(connection, parts)
            connection.send(b"0\r\n" + b"".join(_line(*one) for one in trailers.items()) + b"\r\n")
            connection.getresponse().read()
        finally:
            # Lambda needs the connection closed after the answer.
            connection.close()


def _send(connection: HTTPConnection, parts: Iterator[bytes]) -> dict[str, str]:
    """Send the chunks as they come; return the trailers."""
    while True:
        try:
            part = next(parts, None)
        except Exception as error:
            traceback.print_exc()
            return {_TYPE: _kind(error), _BODY: base64.b64encode(_described(error)).decode()}
        if part is None:
            return _NO_TRAILERS
        # An empty chunk would be the end.
        if part:
            connection.send(b"%x\r\n%b\r\n" % (len(part), part))


def _line(name: str, value: str) -> bytes:
    return f"{name}: {value}\r\n".encode()


def parts_of(answer: dict[str, Any]) -> Generator[bytes, None, None]:
    """Yield an answer in API Gateway's format: status and headers, eight null bytes, then the body's parts."""
    metadata = {"statusCode": answer["statusCode"], "headers": answer["headers"]}
    yield json.dumps(metadata).encode() + _END_OF_METADATA
    body = answer["body"]
    if isinstance(body, str):
        yield base64.b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    else:
        yield from body


def answer_one(api: RuntimeApi, handler: Handler) -> None:
    """Wait for an invocation and answer it."""
    context, event = api.next()
    try:
        parts = parts_of(handler(json.loads(event), context))
    except Exception as error:
        traceback.print_exc()
        api.failed(f"invocation/{context.aws_request_id}", error)
        return
    try:
        api.stream(context.aws_request_id, parts)
    except (OSError, HTTPException) as error:
        print(json.dumps({"level": "WARNING", "request_id": context.aws_request_id, "detail": f"not taken: {error}"}))
    finally:
        parts.close()


def main() -> None:
    """Answer one invocation after another."""
    api = RuntimeApi(os.environ["AWS_LAMBDA_RUNTIME_API"])
    module, _, function = os.environ["_HANDLER"].rpartition(".")
    try:
        handler: Handler = getattr(importlib.import_module(module), function)
    except Exception as error:
        api.failed("init", error)
        raise
    while True:
        answer_one(api, handler)


def _kind(error: BaseException) -> str:
    return f"Function.{type(error).__name__}"


def _described(error: BaseException) -> bytes:
    frames = traceback.format_tb(error.__traceback__)
    return json.dumps({"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": frames}).encode()


if __name__ == "__main__":
    main()
