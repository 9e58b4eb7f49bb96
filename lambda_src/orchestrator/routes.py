# SPDX-License-Identifier: Apache-2.0
"""The routes of the API, each declared once: what answers a call, and what is said of it.

    api.py                       -> who answers a call
    generator/root/api.py        -> resources and methods of API Gateway
    generator/reference/         -> operations of docs/openapi.json; what is answered is what the handler returns

A handler is named, and imported when it is needed.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from orchestrator import documents
from orchestrator.errors import Problem, RefusedRequestError
from orchestrator.launch.settings import Settings


@dataclass(frozen=True)
class Call:
    """Relevant fields of an API Gateway proxy event (payload format 1.0).

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
    """A method of a path."""

    method: str
    path: str
    """With parts in braces that differ from call to call: `/pipelines/{id}`."""
    name: str
    """Names the operation for clients, and begins the method's logical id: it never changes."""
    handler: str
    """`module:function`; what the function returns is the type of the answer's body (`answers`)."""
    arguments: Callable[[Call, Settings], tuple[Any, ...]]
    """What of a call and of the settings the function gets."""
    summary: str
    answer: str
    """What is answered when it succeeds, in a sentence."""
    status: HTTPStatus = HTTPStatus.OK
    refusals: tuple[HTTPStatus, ...] = ()
    """What else it answers, beside what every call may be answered."""
    if_refused: str = ""
    """What a caller may rely on after a refusal, in a sentence; empty for a question."""
    request: str = ""
    """`module:model` of what is sent, in the body of a POST and in the query of others."""
    resource: str = ""
    """Begins the logical id of the path and never changes; `name` where it is empty."""


def _body(call: Call, used: Settings) -> tuple[Any, ...]:
    return documents.read(call.body), used


ROUTES: Final = (
    Route(
        "POST",
        "/provisionpipeline",
        "ProvisionPipeline",
        "service:provision_pipeline",
        _body,
        summary="Provision a pipeline, or carry out an operation on model cards",
        answer="It was done, or planned.",
        if_refused="Nothing was created.",
        refusals=(HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
    ),
    Route(
        "POST",
        "/pipelinestatus",
        "PipelineStatus",
        "service:pipeline_status",
        _body,
        summary="Tell CodePipeline's state of a pipeline",
        answer="The state.",
        refusals=(HTTPStatus.REQUEST_ENTITY_TOO_LARGE,),
        request="service:StatusRequest",
    ),
    Route(
        "GET",
        "/pipelines",
        "ListPipelines",
        "provisioned.listing:answer",
        lambda call, used: (call.query, used),
        summary="List the pipelines",
        answer="A page of the list.",
        request="provisioned.listing:ListRequest",
        resource="Pipelines",
    ),
    Route(
        "GET",
        "/pipelines/{id}",
        "ShowPipeline",
        "provisioned.details:answer",
        lambda call, used: (call.parameters["id"], used),
        summary="Tell all of a pipeline",
        answer="All of it.",
        refusals=(HTTPStatus.NOT_FOUND,),
        resource="Pipeline",
    ),
    Route(
        "DELETE",
        "/pipelines/{id}",
        "DeletePipeline",
        "provisioned.removal:begin",
        lambda call, used: (call.parameters["id"], call.caller, used),
        summary="Delete a pipeline with what it deployed; assets, data and models stay",
        answer="The deletion has begun.",
        status=HTTPStatus.ACCEPTED,
        refusals=(HTTPStatus.NOT_FOUND,),
        if_refused="Nothing was deleted.",
        resource="Pipeline",
    ),
    Route(
        "GET",
        "/pipelines/{id}/runs",
        "ListRuns",
        "provisioned.runs.listing:answer",
        lambda call, used: (call.parameters["id"], call.query, used),
        summary="List the runs of a monitor, the newest first",
        answer="A page of the list.",
        refusals=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
        request="provisioned.runs.listing:RunsRequest",
        resource="Runs",
    ),
    Route(
        "POST",
        "/pipelines/{id}/runs",
        "StartRun",
        "provisioned.runs.start:begin",
        lambda call, used: (call.parameters["id"], call.body, used),
        summary="Start a run of a monitor now, for a window",
        answer="The run has begun.",
        status=HTTPStatus.ACCEPTED,
        refusals=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        if_refused="Nothing was started.",
        request="provisioned.runs.windows:RunRequest",
        resource="Runs",
    ),
    Route(
        "POST",
        "/pipelines/{id}/pause",
        "PausePipeline",
        "provisioned.automatic.pausing:pause",
        lambda call, used: (call.parameters["id"], call.body, call.caller, used),
        summary="Pause what a pipeline does by itself",
        answer="It is paused.",
        refusals=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        if_refused="Nothing was paused.",
        request="provisioned.automatic.pausing:PauseRequest",
        resource="Pause",
    ),
    Route(
        "POST",
        "/pipelines/{id}/resume",
        "ResumePipeline",
        "events.approved_versions.resumed:resume",
        lambda call, used: (call.parameters["id"], used),
        summary="Let a pipeline go on by itself",
        answer="It goes on.",
        refusals=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
        if_refused="Nothing was resumed.",
        resource="Resume",
    ),
    Route(
        "POST",
        "/pipelines/{id}/weights",
        "ShiftCalls",
        "provisioned.endpoint_models.shifting:shift",
        lambda call, used: (call.parameters["id"], call.body, used),
        summary="Share an endpoint's calls otherwise among its models, without a deployment",
        answer="They are to be shared so, or are already.",
        refusals=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE),
        if_refused="No weight was changed.",
        request="provisioned.endpoint_models.shifting:WeightsRequest",
        resource="Weights",
    ),
    Route(
        "GET",
        "/pipeline-types",
        "ListPipelineTypes",
        "pipeline_types.listing:answer",
        lambda call, used: (call.query, used.launch),
        summary="List the pipeline types, those that the operator has added too",
        answer="A page of the list.",
        request="pipeline_types.listing:TypeListRequest",
        resource="PipelineTypes",
    ),
    Route(
        "GET",
        "/pipeline-types/{name}",
        "ShowPipelineType",
        "pipeline_types.listing:details",
        lambda call, used: (call.parameters["name"], used.launch),
        summary="Tell all of a pipeline type, with the JSON schema of its requests",
        answer="All of it.",
        refusals=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
        resource="PipelineType",
    ),
)
"""A path that is below another comes after it."""

SERVED: Final[Mapping[tuple[str, str], Route]] = {(route.method, route.path): route for route in ROUTES}
"""By method and path, in this order."""
