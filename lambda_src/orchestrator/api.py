# SPDX-License-Identifier: Apache-2.0
"""The function behind the API and the configuration bucket: parse, route, answer.

The only place where errors become responses. Every answer is JSON (compatibility 2.2). Routes are looked up in a
dictionary (`routes.py`): Powertools' resolver was measured to cost a third of the time to the first answer.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from orchestrator import documents, on_demand
from orchestrator.aws import calls
from orchestrator.errors import OrchestratorError, RefusedRequestError, ServiceRefusedError
from orchestrator.events import security_events
from orchestrator.events.origin import Event, Expected
from orchestrator.events.pipelines import ends
from orchestrator.launch import settings
from orchestrator.launch.settings import Settings
from orchestrator.provisioned.awaited import smoke_tests
from orchestrator.routes import ROUTES, SERVED, Call
from orchestrator.sagemaker import job_kinds, model_packages, monitor_alarms, monitor_runs

if TYPE_CHECKING:
    from orchestrator import answers

logger = Logger(service="orchestrator")

# Most calls provision. Lambda may initialize a function before a call comes: what they need is imported then.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
on_demand.function(ROUTES[0].handler)

_EVENTS: Final[dict[str | None, Expected]] = {
    "Object Created": Expected(("aws.s3",), "events.uploads.config_uploads:handle", of_uploads=True),
    job_kinds.TRAINING.event: Expected(("aws.sagemaker",), "events.jobs.reports:job_changed"),
    job_kinds.TUNING.event: Expected(("aws.sagemaker",), "events.jobs.reports:job_changed"),
    job_kinds.TRANSFORM.event: Expected(("aws.sagemaker",), "events.jobs.compared:transform_ended"),
    monitor_runs.DETAIL_TYPE: Expected(("aws.sagemaker",), "events.monitor_reports:run_ended", from_stages=True),
    monitor_alarms.DETAIL_TYPE: Expected(
        (monitor_alarms.SOURCE,), "events.missing_runs:alarm_changed", from_stages=True
    ),
    smoke_tests.DETAIL_TYPE: Expected((smoke_tests.SOURCE,), "events.smoke_tests:ended", from_stages=True),
    model_packages.DETAIL_TYPE: Expected(("aws.sagemaker",), "events.approved_versions.reports:status_changed"),
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
        return _refused(refused, "")
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
    route = SERVED.get((call.method, call.route))
    if route is None:
        routes = ", ".join(" ".join(each) for each in SERVED)
        message = f"There is no {call.method} {call.path}. The routes are {routes}."
        return _response(HTTPStatus.NOT_FOUND, {"message": message})
    try:
        return _response(route.status, on_demand.function(route.handler)(*route.arguments(call, _settings())))
    except RefusedRequestError as refused:
        return _refused(refused, route.if_refused)


def _refused(refused: RefusedRequestError, consequence: str) -> dict[str, Any]:
    logger.info("refused", extra={"problems": len(refused.problems)})
    body: answers.Refused = {
        "message": f"{refused.summary} {consequence}".rstrip(),
        "detailedMessage": "\n".join(map(str, refused.listed)),
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
