# SPDX-License-Identifier: Apache-2.0
"""Routes of an API. A deployment is a snapshot of its methods, and a stage serves one deployment.

A method that changes later is served only after the next deployment, as on AWS.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from urllib.parse import unquote

from moto.apigateway import models as apigateway_models
from moto.apigateway.exceptions import BadRequestException

from scripts.local_aws.apigateway import private, throttling
from scripts.local_aws.apigateway.private import Reach
from scripts.local_aws.apigateway.throttling import Buckets

TRANSFER_MODE: Final = "response_transfer_mode"
"""Attribute of an integration for what moto does not keep."""
_DEFAULT_TIMEOUT_MS = 29_000
_FUNCTION_ARN = re.compile(r"/2015-03-31/functions/(?P<arn>arn:[^/]+)/invocations$")
_STREAMING_ARN = re.compile(r"/2021-11-15/functions/(?P<arn>arn:[^/]+)/response-streaming-invocations$")


@dataclass(frozen=True)
class Route:
    """Method of a path, with its Lambda proxy integration; `function_arn` is empty for other integrations.

    So it is for one whose mode and operation of Lambda do not fit together: API Gateway does not support that.
    """

    path: str
    resource_id: str
    method: str
    authorization: str
    function_arn: str
    timeout_seconds: float
    streams: bool = False

    def match(self, segments: list[str]) -> dict[str, str] | None:
        """Return the path parameters if this route takes a request path, else None."""
        wanted = _segments(self.path)
        parameters: dict[str, str] = {}
        for position, part in enumerate(wanted):
            if part.endswith("+}"):
                rest = segments[position:]
                return parameters | {part[1:-2]: unquote("/".join(rest))} if rest else None
            if position >= len(segments):
                return None
            if part.startswith("{"):
                parameters[part[1:-1]] = unquote(segments[position])
            elif part != unquote(segments[position]):
                return None
        return parameters if len(wanted) == len(segments) else None

    @property
    def rank(self) -> tuple[list[int], bool]:
        """Sort key for API Gateway's preference: text before `{name}` before `{name+}`, a method before ANY."""
        kinds = [2 if part.endswith("+}") else int(part.startswith("{")) for part in _segments(self.path)]
        return kinds, self.method == "ANY"


class LocalRestApi(apigateway_models.RestAPI):
    """moto's REST API, with a snapshot of the routes for each deployment id."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.deployed: dict[str, tuple[Route, ...]] = {}
        self.deployed_binary_types: dict[str, frozenset[str]] = {}
        self.deployed_reach: dict[str, Reach] = {}
        self.buckets = Buckets()

    def create_deployment(
        self, name: str, description: str, stage_variables: Any = None
    ) -> apigateway_models.Deployment:
        """Store the routes of the new deployment, and who reaches them."""
        try:
            reach = private.of(self.endpoint_configuration, self.policy)
        except ValueError as error:
            raise BadRequestException(str(error)) from error
        deployment = super().create_deployment(name, description, stage_variables)
        self.deployed[deployment.id] = tuple(sorted(_routes(self), key=lambda route: route.rank))
        self.deployed_binary_types[deployment.id] = frozenset(self.binaryMediaTypes)
        self.deployed_reach[deployment.id] = reach
        return deployment

    def reach(self, stage: str) -> Reach:
        """Who reaches a stage."""
        return self.deployed_reach.get(str(self.stages[stage].deployment_id), Reach())

    def admits(self, stage: str, route: Route, now: datetime) -> bool:
        """Whether the throttle of a stage lets in one more call of a method."""
        limit = throttling.limit(self.stages[stage].method_settings, route.path, route.method)
        if limit is None or throttling.is_spared(self.name):
            return True
        return self.buckets.admit((stage, route.path, route.method), limit, now)

    def is_binary(self, stage: str, header: str) -> bool:
        """Whether a body of a stage is bytes to API Gateway, by the first media type of `Content-Type` or `Accept`.

        https://docs.aws.amazon.com/apigateway/latest/developerguide/lambda-proxy-binary-media.html
        """
        types = self.deployed_binary_types.get(str(self.stages[stage].deployment_id), frozenset())
        return "*/*" in types or header.split(",", maxsplit=1)[0].split(";", maxsplit=1)[0].strip() in types

    def update_integration_mocks(self, stage_name: str) -> None:
        """Do nothing: `front` serves the API, and moto need not intercept calls inside this process."""


def find(api: LocalRestApi, stage: str, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    """Return the route that takes a request, with its path parameters. `path` is as sent, without the stage."""
    shown = api.stages.get(stage)
    routes = api.deployed.get(str(shown.deployment_id), ()) if shown else ()
    segments = _segments(path)
    taken = [(route, found) for route in routes if (found := route.match(segments)) is not None]
    # The path is chosen first: less specific paths are not searched for the method.
    methods = [(route, found) for route, found in taken if route.path == taken[0][0].path]
    return next(((route, found) for route, found in methods if route.method in (method, "ANY")), None)


def _routes(api: LocalRestApi) -> Iterator[Route]:
    for resource in api.resources.values():
        for method in resource.resource_methods.values():
            integration = method.method_integration
            uri = integration.uri if integration and integration.integration_type == "AWS_PROXY" else ""
            streams = getattr(integration, TRANSFER_MODE, None) == "STREAM"
            function = (_STREAMING_ARN if streams else _FUNCTION_ARN).search(uri or "")
            timeout = (integration.timeout_in_millis if integration else None) or _DEFAULT_TIMEOUT_MS
            yield Route(
                path=resource.get_path(),
                resource_id=resource.id,
                method=method.http_method,
                authorization=method.authorization_type or "NONE",
                function_arn=function["arn"] if function else "",
                timeout_seconds=int(timeout) / 1000,
                streams=streams,
            )


def _segments(path: str) -> list[str]:
    return [part for part in path.split("/") if part]
