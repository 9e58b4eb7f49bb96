# SPDX-License-Identifier: Apache-2.0
"""Routes in front of moto: REST APIs, answers of custom resources, mail, the clock, requests to fire schedules.

An API is served at `<endpoint>/_apis/<api id>/<stage>/<path>`, and at `/<stage>/<path>` for clients that send AWS's
host name. `api_addresses.local_url` turns an address from a stack's outputs into the first form.
Errors are those of https://docs.aws.amazon.com/apigateway/latest/developerguide/supported-gateway-response-types.html
"""

from __future__ import annotations

import base64
import concurrent.futures
import json
import logging
import re
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Final, cast

from moto.apigateway.models import apigateway_backends
from moto.utilities.utils import get_partition
from werkzeug.datastructures import Headers
from werkzeug.wrappers import Request, Response

from mlops_orchestrator.aws.api_addresses import PATH
from scripts.local_aws import clock, mail
from scripts.local_aws.apigateway import proxy, routes, signature, streaming
from scripts.local_aws.apigateway.private import VPC_ENDPOINT
from scripts.local_aws.apigateway.proxy import Answer, Call, MalformedAnswerError
from scripts.local_aws.apigateway.routes import LocalRestApi
from scripts.local_aws.apigateway.signature import Caller, Received, RefusedError
from scripts.local_aws.cloudformation import custom_resources
from scripts.local_aws.enforcement import authorization, services
from scripts.local_aws.enforcement.operations import Need
from scripts.local_aws.eventbridge import events, scheduler
from scripts.local_aws.functions import install as functions
from scripts.local_aws.sagemaker.monitors import monitor_runs

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
MAX_BODY_BYTES = 10 * 1024 * 1024
# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html: a function takes less than its API.
MAX_EVENT_BYTES: Final = 6_291_456
_CHUNK_BYTES = 1024 * 1024
_HOST = re.compile(r"^(?P<id>[a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(\.cn)?(:\d+)?$")
_PLACEHOLDER = re.compile(r"\{[^}]+\}")

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]

_logger = logging.getLogger(__name__)


class _FailureError(Exception):
    """Response that API Gateway gives in place of the function's."""

    def __init__(self, status: int, error_type: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_type = error_type


class ApiFront:
    """WSGI middleware that serves our own routes and passes everything else to moto."""

    def __init__(self, application: Wsgi) -> None:
        self._application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        """Answer one request."""
        path, _, query = str(environ.get("RAW_URI") or environ["PATH_INFO"]).partition("?")
        for beginning, answer in _OWN_ROUTES:
            if path.startswith(beginning):
                return answer(Request(environ), path)(environ, start_response)
        host = _HOST.match(environ.get("HTTP_HOST", ""))
        if host:
            api_id, inner = host["id"], path
        elif path.startswith(PATH):
            api_id, _, inner = path.removeprefix(PATH).partition("/")
        else:
            return self._application(environ, start_response)
        stage, _, rest = inner.lstrip("/").partition("/")
        return _serve(Request(environ), api_id, stage, f"/{rest}", query)(environ, start_response)


def _take_answer(request: Request, path: str) -> Response:
    if request.method != "PUT":
        return Response("only PUT is answered here\n", 405)
    taken = custom_resources.receive(path.removeprefix(custom_resources.ANSWER_PATH), request.get_data())
    return Response("", 200) if taken else Response("nobody waits for this answer\n", 403)


_OWN_ROUTES: Final = (
    (custom_resources.ANSWER_PATH, _take_answer),
    (scheduler.PATH, scheduler.answer),
    (monitor_runs.PATH, monitor_runs.answer),
    (events.PATH, events.answer),
    (mail.PATH, mail.answer),
    (clock.PATH, clock.answer),
)


def _serve(request: Request, api_id: str, stage: str, path: str, query: str) -> Response:
    request_id = str(uuid.uuid4())
    try:
        answer = _answer(request, (api_id, stage, path, query), request_id)
    except _FailureError as failure:
        headers = Headers([("Content-Type", "application/json"), ("x-amzn-ErrorType", failure.error_type)])
        answer = Answer(failure.status, headers, json.dumps({"message": str(failure)}).encode())
    answer.headers["x-amzn-RequestId"] = request_id
    answer.headers["x-amz-apigw-id"] = base64.b64encode(uuid.UUID(request_id).bytes[:12]).decode()
    return Response(answer.body, answer.status, answer.headers)


def _answer(request: Request, address: tuple[str, str, str, str], request_id: str) -> Answer:
    api_id, stage, path, query = address
    received = Received(request.method, _target(request), dict(request.headers.items()), _body(request))
    api = _find(api_id)
    found = routes.find(api, stage, request.method, path) if api else None
    if api is None or found is None:
        raise _FailureError(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    route, parameters = found
    called = _api_arn(api, f"{stage}/{request.method}{path}")
    _check_reached(api, stage, called, received)
    caller = _caller(received, api.region_name) if route.authorization == "AWS_IAM" else None
    if caller is not None:
        _check_allowed(caller, api, called)
    # AWS does not say whether a refused caller's call counts; here it does not.
    if not api.admits(stage, route, clock.now()):
        raise _FailureError(429, "TooManyRequestsException", "Too Many Requests")
    protocol, address_of_client = str(request.environ["SERVER_PROTOCOL"]), request.remote_addr or ""
    call = Call(
        api, stage, path, query, route, parameters, received, address_of_client, protocol, caller, request_id
    )  # fmt: skip
    return _invoke(call)


def _check_allowed(caller: Caller, api: LocalRestApi, called: str) -> None:
    """Refuse a role that may not call the method of this ARN.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-control-access-using-iam-policies-to-invoke-api.html
    """
    need = Need("execute-api:Invoke", called)
    decision = authorization.decide_call(caller.access_key, need, api.region_name)
    if not decision.allowed:
        raise _FailureError(403, "AccessDeniedException", decision.reason)


def _check_reached(api: LocalRestApi, stage: str, called: str, received: Received) -> None:
    """Refuse a call that does not come through an endpoint that a private API lets in."""
    refusal = api.reach(stage).refusal(called, received.headers.get(VPC_ENDPOINT, ""))
    if refusal:
        raise _FailureError(403, "AccessDeniedException", refusal)


def _api_arn(api: LocalRestApi, method: str) -> str:
    """Return the ARN of a method, which is `<stage>/<verb>/<path>`."""
    partition = get_partition(api.region_name)
    return f"arn:{partition}:execute-api:{api.region_name}:{api.account_id}:{api.id}/{method}"


def _may_invoke(call: Call) -> bool:
    """Whether the function's own policy allows the API, for the declared method and path."""
    source = _api_arn(call.api, f"{call.stage}/{call.request.method}{_PLACEHOLDER.sub('*', call.route.path)}")
    return services.may("apigateway.amazonaws.com", "lambda:InvokeFunction", call.route.function_arn, source).allowed


def _invoke(call: Call) -> Answer:
    if not _may_invoke(call):
        # API Gateway reports no more than this if the function's policy does not allow the API.
        _logger.warning("the function behind %s does not let the API invoke it", call.path)
        raise _FailureError(500, "InternalServerErrorException", "Internal server error")
    event = json.dumps(proxy.event(call)).encode()
    if len(event) > MAX_EVENT_BYTES:
        raise _FailureError(413, "RequestTooLargeException", "Request Too Long")
    return _streamed(call, event) if call.route.streams else _whole(call, event)


def _streamed(call: Call, event: bytes) -> Answer:
    """Invoke with a streamed answer: what the function does wrong before the first byte is a 500."""
    try:
        return streaming.answer(functions.find(call.route.function_arn).stream(event), call.route.timeout_seconds)
    except TimeoutError:
        raise _FailureError(504, "InternalServerErrorException", "Endpoint request timed out") from None
    except Exception as error:
        _logger.warning("the function behind %s gave no streamed answer: %s", call.path, error)
        raise _FailureError(500, "InternalServerErrorException", "Internal server error") from error


def _whole(call: Call, event: bytes) -> Answer:
    try:
        running = functions.find(call.route.function_arn).start(event)
        outcome = running.result(call.route.timeout_seconds)
    except concurrent.futures.TimeoutError:
        # As on AWS, the function goes on and its answer is lost.
        raise _FailureError(504, "InternalServerErrorException", "Endpoint request timed out") from None
    except Exception as error:
        _logger.warning("the function behind %s was not invoked: %s", call.path, error)
        raise _FailureError(500, "InternalServerErrorException", "Internal server error") from error
    if len(outcome.payload) > MAX_EVENT_BYTES:
        _logger.warning("the function behind %s gave more than %s bytes", call.path, MAX_EVENT_BYTES)
        raise _FailureError(502, "InternalServerErrorException", "Internal server error")
    if outcome.error:
        _logger.warning("the function behind %s failed: %s", call.path, outcome.failure)
        raise _FailureError(502, "InternalServerErrorException", "Internal server error")
    try:
        is_binary = call.api.is_binary(call.stage, call.request.headers.get("Accept", "*/*"))
        return proxy.response(outcome.payload, is_binary=is_binary)
    except MalformedAnswerError as error:
        _logger.warning("the function behind %s gave no proxy answer: %s", call.path, error)
        raise _FailureError(502, "InternalServerErrorException", "Internal server error") from error


def _caller(received: Received, region: str) -> Caller:
    try:
        return signature.verify(received, region)
    except RefusedError as refused:
        raise _FailureError(403, refused.error_type, str(refused)) from refused


def _target(request: Request) -> str:
    return str(request.environ.get("RAW_URI") or request.full_path)


def _body(request: Request) -> bytes:
    """Return the body. Over API Gateway's limit, answer 413 after reading it, so that the client reads the answer."""
    kept, size = [], 0
    while chunk := request.stream.read(_CHUNK_BYTES):
        size += len(chunk)
        if size <= MAX_BODY_BYTES:
            kept.append(chunk)
    if size > MAX_BODY_BYTES:
        raise _FailureError(413, "RequestTooLargeException", "Request Too Long")
    return b"".join(kept)


def _find(api_id: str) -> LocalRestApi | None:
    for regions in list(apigateway_backends.values()):
        for backend in list(regions.values()):
            if api_id in backend.apis:
                return cast(LocalRestApi, backend.apis[api_id])
    return None
