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
from typing import Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from orchestrator import documents, service
from orchestrator.aws import calls
from orchestrator.errors import OrchestratorError, Problem, RefusedRequestError, ServiceRefusedError
from orchestrator.events import security_events
from orchestrator.events.origin import Event, Expected
from orchestrator.events.pipelines import ends
from orchestrator.launch import settings
from orchestrator.launch.settings import Settings
from orchestrator.sagemaker import job_kinds, monitor_runs

logger = Logger(service="orchestrator")


# What a call of the API does not need is imported when it is.


def _configuration_uploaded(event: Event, used: Settings, invocation: str) -> Event:
    from orchestrator.events.uploads import config_uploads  # noqa: PLC0415

    return config_uploads.handle(event, used, invocation)


def _pipeline_ended(event: Event, used: Settings, invocation: str) -> Event:
    from orchestrator.events.pipelines import reports  # noqa: PLC0415

    return reports.ended(event, used, invocation)


def _job_changed(event: Event, used: Settings, invocation: str) -> Event:
    from orchestrator.events.jobs import reports as job_reports  # noqa: PLC0415

    return job_reports.job_changed(event, used, invocation)


def _jobs_to_check(event: Event, used: Settings, invocation: str) -> Event:
    from orchestrator.events import approvals  # noqa: PLC0415
    from orchestrator.events.jobs import reports as job_reports  # noqa: PLC0415

    if used.multi_account is not None:
        approvals.check(event)
    return job_reports.check(event, used, invocation)


def _processing_job_changed(event: Event, used: Settings, invocation: str) -> Event:
    from orchestrator.events import monitor_reports  # noqa: PLC0415

    return monitor_reports.run_ended(event, used, invocation)


def _stack_changed(event: Event, used: Settings, invocation: str) -> Event:
    from orchestrator.provisioned import removal  # noqa: PLC0415

    return removal.stack_changed(event, used, invocation)


def _stack_set_changed(event: Event, used: Settings, invocation: str) -> Event:
    from orchestrator.provisioned import removal  # noqa: PLC0415

    return removal.stack_set_changed(event, used, invocation)


def _should_never_happen(event: Event, used: Settings, invocation: str) -> Event:
    from orchestrator.events import security_reports  # noqa: PLC0415

    return security_reports.called(event, used, invocation)


_EVENTS: Final[dict[str | None, Expected]] = {
    "Object Created": Expected(("aws.s3",), _configuration_uploaded, of_uploads=True),
    job_kinds.TRAINING.event: Expected(("aws.sagemaker",), _job_changed),
    job_kinds.TUNING.event: Expected(("aws.sagemaker",), _job_changed),
    monitor_runs.DETAIL_TYPE: Expected(("aws.sagemaker",), _processing_job_changed, from_stages=True),
    "Scheduled Event": Expected(("aws.events",), _jobs_to_check),
    ends.PIPELINE_EVENT: Expected(("aws.codepipeline",), _pipeline_ended),
    ends.ACTION_EVENT: Expected(("aws.codepipeline",), _pipeline_ended),
    "CloudFormation Stack Status Change": Expected(("aws.cloudformation",), _stack_changed),
    "CloudFormation StackSet Operation Status Change": Expected(("aws.cloudformation",), _stack_set_changed),
    security_events.CALL: Expected((security_events.IAM, security_events.S3), _should_never_happen),
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


Answer = tuple[HTTPStatus, dict[str, Any]]


def _provision(call: Call, used: Settings) -> Answer:
    return HTTPStatus.OK, service.provision_pipeline(documents.read(call.body), used)


def _status(call: Call, used: Settings) -> Answer:
    return HTTPStatus.OK, service.pipeline_status(documents.read(call.body), used)


def _list(call: Call, used: Settings) -> Answer:
    from orchestrator.provisioned import listing  # noqa: PLC0415

    return HTTPStatus.OK, listing.answer(call.query, used.launch)


def _show(call: Call, used: Settings) -> Answer:
    from orchestrator.provisioned import details  # noqa: PLC0415

    return HTTPStatus.OK, details.answer(call.parameters["id"], used)


def _delete(call: Call, used: Settings) -> Answer:
    from orchestrator.provisioned import removal  # noqa: PLC0415

    return HTTPStatus.ACCEPTED, removal.begin(call.parameters["id"], call.caller, used)


def _types(call: Call, used: Settings) -> Answer:
    from orchestrator.pipeline_types import listing as type_list  # noqa: PLC0415

    return HTTPStatus.OK, type_list.answer(call.query, used.launch)


def _type(call: Call, used: Settings) -> Answer:
    from orchestrator.pipeline_types import listing as type_list  # noqa: PLC0415

    return HTTPStatus.OK, type_list.details(call.parameters["name"], used.launch)


ROUTES: Final[dict[tuple[str, str], Callable[[Call, Settings], Answer]]] = {
    ("POST", "/provisionpipeline"): _provision,
    ("POST", "/pipelinestatus"): _status,
    ("GET", "/pipelines"): _list,
    ("GET", "/pipelines/{id}"): _show,
    ("DELETE", "/pipelines/{id}"): _delete,
    ("GET", "/pipeline-types"): _types,
    ("GET", "/pipeline-types/{name}"): _type,
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
    serve = ROUTES.get((call.method, call.route))
    if serve is None:
        routes = ", ".join(" ".join(route) for route in ROUTES)
        message = f"There is no {call.method} {call.path}. The routes are {routes}."
        return _response(HTTPStatus.NOT_FOUND, {"message": message})
    return _response(*serve(call, _settings()))


def _refused(refused: RefusedRequestError) -> dict[str, Any]:
    listed = [{"key": problem.key, "problem": problem.problem} for problem in refused.listed]
    logger.info("refused", extra={"problems": len(refused.problems)})
    return _response(refused.status, {"message": str(refused), "errors": listed})


def _failed(error: OrchestratorError, context: LambdaContext) -> dict[str, Any]:
    detail = error.detail if isinstance(error, ServiceRefusedError) else ""
    logger.warning("failed", extra={"error": str(error), "detail": detail}, exc_info=True)
    return _response(error.status, {"message": str(error), **_server_side(detail, context)})


def _unexpected(error: Exception, context: LambdaContext) -> dict[str, Any]:
    logger.exception("unexpected")
    message = "An unexpected server-side error occurred; the log has it under the request id."
    detail = f"{type(error).__name__}: {error}"
    return _response(HTTPStatus.INTERNAL_SERVER_ERROR, {"message": message, **_server_side(detail, context)})


def _server_side(detail: str, context: LambdaContext) -> dict[str, str]:
    shown = {"detailedMessage": detail} if detail and _settings().allow_detailed_error_message else {}
    return {"request_id": context.aws_request_id, **shown}


def _response(status: HTTPStatus, body: dict[str, Any]) -> dict[str, Any]:
    return {
        "statusCode": int(status),
        "headers": {"Content-Type": "application/json"},
        "body": documents.text(body),
        "isBase64Encoded": False,
    }
