# SPDX-License-Identifier: Apache-2.0
"""The function behind the API and the configuration bucket: parse, route, answer.

The only place where errors become responses. Every answer is JSON (compatibility 2.2). The routing is a dictionary:
Powertools' resolver was measured to cost a third of the time to the first answer.
"""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from orchestrator import documents, on_demand, service
from orchestrator.aws import calls
from orchestrator.errors import OrchestratorError, Problem, RefusedRequestError, ServiceRefusedError
from orchestrator.events import security_events
from orchestrator.events.origin import Event, Expected
from orchestrator.events.pipelines import ends
from orchestrator.launch import settings
from orchestrator.launch.settings import Settings
from orchestrator.sagemaker import job_kinds, monitor_runs

if TYPE_CHECKING:
    from orchestrator import answers

logger = Logger(service="orchestrator")


_EVENTS: Final[dict[str | None, Expected]] = {
    "Object Created": Expected(("aws.s3",), "events.uploads.config_uploads:handle", of_uploads=True),
    job_kinds.TRAINING.event: Expected(("aws.sagemaker",), "events.jobs.reports:job_changed"),
    job_kinds.TUNING.event: Expected(("aws.sagemaker",), "events.jobs.reports:job_changed"),
    monitor_runs.DETAIL_TYPE: Expected(("aws.sagemaker",), "events.monitor_reports:run_ended", from_stages=True),
    "Scheduled Event": Expected(("aws.events",), "events.checks:check"),
    ends.PIPELINE_EVENT: Expected(("aws.codepipeline",), "events.pipelines.reports:ended"),
    ends.ACTION_EVENT: Expected(("aws.codepipeline",), "events.pipelines.reports:ended"),
    "CloudFormation Stack Status Change": Expected(("aws.cloudformation",), "provisioned.removal:stack_changed"),
    "CloudFormation StackSet Operation Status Change": Expected(
        ("aws.cloudformation",), "provisioned.removal:stack_set_changed"
    ),
    security_events.CALL: Expected((security_events.IAM, security_events.S3), "events.security_reports:called"),
}
"""By EventBridge's `detail-type`."""


@dataclass(frozen=True)
class Call:
    """What matters of an API Gateway proxy event (payload format 1.0).

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """

    method: str
    path: str
    route: str
    """The path as it was declared: `/pipelines/{id}`."""
    parameters: Mapping[str, str]
    """The values of what is in braces there."""
    query: Mapping[str, str]
    caller: str
    body: str | bytes | None

    @classmethod
    def of(cls, event: dict[str, Any]) -> Call:
        """Read the event; raises `RefusedRequestError` for a body that is not base64 although the event says so."""
        identity = event.get("requestContext", {}).get("identity", {})
        body = event.get("body")
        if body and event.get("isBase64Encoded"):
            body = _decoded(body)
        path = event.get("path", "")
        return cls(
            method=event.get("httpMethod", ""),
            path=path,
            route=event.get("resource", path),
            parameters=event.get("pathParameters") or {},
            query=event.get("queryStringParameters") or {},
            caller=identity.get("userArn") or "",
            body=body,
        )


def _decoded(body: str) -> bytes:
    try:
        return base64.b64decode(body, validate=True)
    except binascii.Error as error:
        raise RefusedRequestError([Problem("", "the body is not valid base64")]) from error


@dataclass(frozen=True)
class Route:
    """What answers a call, and what it gets."""

    handler: str | Callable[..., Mapping[str, object]]
    """A function; `module:function` for one that other calls need not import."""
    arguments: Callable[[Call, Settings], tuple[Any, ...]]
    status: HTTPStatus = HTTPStatus.OK

    def answer(self, call: Call, used: Settings) -> tuple[HTTPStatus, Mapping[str, object]]:
        """Status and body."""
        handle = on_demand.function(self.handler) if isinstance(self.handler, str) else self.handler
        return self.status, handle(*self.arguments(call, used))


ROUTES: Final[Mapping[tuple[str, str], Route]] = {
    ("POST", "/provisionpipeline"): Route(
        service.provision_pipeline, lambda call, used: (documents.read(call.body), used)
    ),
    ("POST", "/pipelinestatus"): Route(service.pipeline_status, lambda call, used: (documents.read(call.body), used)),
    ("GET", "/pipelines"): Route("provisioned.listing:answer", lambda call, used: (call.query, used.launch)),
    ("GET", "/pipelines/{id}"): Route("provisioned.details:answer", lambda call, used: (call.parameters["id"], used)),
    ("DELETE", "/pipelines/{id}"): Route(
        "provisioned.removal:begin",
        lambda call, used: (call.parameters["id"], call.caller, used),
        HTTPStatus.ACCEPTED,
    ),
    ("GET", "/pipeline-types"): Route("pipeline_types.listing:answer", lambda call, used: (call.query, used.launch)),
    ("GET", "/pipeline-types/{name}"): Route(
        "pipeline_types.listing:details", lambda call, used: (call.parameters["name"], used.launch)
    ),
}
"""What is served, by method and path as it is declared to API Gateway."""


@functools.cache
def _settings() -> Settings:
    used = settings.read()
    # Both are of this account for sure: the root stack made the first, and S3 tells EventBridge of no other's uploads.
    calls.expect_owner([used.launch.pipelines_bucket, used.config_bucket], used.account)
    return used


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Entry point. EventBridge's events have a `detail-type`; everything else is an API Gateway proxy event."""
    logger.append_keys(request_id=context.aws_request_id)
    if "detail-type" in event:
        return _taken(event, _settings(), context.aws_request_id)
    try:
        return _answer(Call.of(event))
    except RefusedRequestError as refused:
        return _refused(refused)
    except OrchestratorError as error:
        return _failed(error, context)
    except Exception as error:
        # The edge: whatever it is, the caller gets an answer and the log the reason.
        return _unexpected(error, context)


def _taken(event: Event, used: Settings, invocation: str) -> Event:
    expected = _EVENTS.get(event["detail-type"])
    if expected is None or not expected.is_origin_of(event, used):
        told = {name: event.get(name) for name in ("detail-type", "source", "account", "resources")}
        logger.warning("event of another origin", extra={"event": told})
        return {"ignored": "the event comes from somewhere else"}
    return expected.handle(event, used, invocation)


def _answer(call: Call) -> dict[str, Any]:
    logger.info("call", extra={"method": call.method, "path": call.path, "caller": call.caller})
    route = ROUTES.get((call.method, call.route))
    if route is None:
        routes = ", ".join(" ".join(each) for each in ROUTES)
        message = f"There is no {call.method} {call.path}. The routes are {routes}."
        return _response(HTTPStatus.NOT_FOUND, {"message": message})
    return _response(*route.answer(call, _settings()))


def _refused(refused: RefusedRequestError) -> dict[str, Any]:
    logger.info("refused", extra={"problems": len(refused.problems)})
    body: answers.Refused = {
        "message": str(refused),
        "errors": [{"key": problem.key, "problem": problem.problem} for problem in refused.listed],
    }
    return _response(refused.status, body)


def _failed(error: OrchestratorError, context: LambdaContext) -> dict[str, Any]:
    detail = error.detail if isinstance(error, ServiceRefusedError) else ""
    logger.warning("failed", extra={"error": str(error), "detail": detail}, exc_info=True)
    return _response(error.status, _failure(str(error), detail, context))


def _unexpected(error: Exception, context: LambdaContext) -> dict[str, Any]:
    logger.exception("unexpected")
    message = "An unexpected server-side error occurred; the log has it under the request id."
    detail = f"{type(error).__name__}: {error}"
    return _response(HTTPStatus.INTERNAL_SERVER_ERROR, _failure(message, detail, context))


def _failure(message: str, detail: str, context: LambdaContext) -> answers.Failed:
    body: answers.Failed = {"message": message, "request_id": context.aws_request_id}
    if detail and _settings().allow_detailed_error_message:
        body["detailedMessage"] = detail
    return body


def _response(status: HTTPStatus, body: Mapping[str, object]) -> dict[str, Any]:
    return {
        "statusCode": int(status),
        "headers": {"Content-Type": "application/json"},
        "body": documents.text(body),
        "isBase64Encoded": False,
    }
