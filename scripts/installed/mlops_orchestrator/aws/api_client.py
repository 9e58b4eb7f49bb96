# SPDX-License-Identifier: Apache-2.0
"""Signed calls of REST APIs: the orchestrator's own and those that real-time pipelines deploy.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlencode

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest, AWSResponse
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import URLLib3Session
from urllib3.exceptions import HTTPError

from mlops_orchestrator.aws.aws_access import Aws
from mlops_orchestrator.errors import Failed
from mlops_orchestrator.settings.effective import API_URL_VARIABLE

_SERVICE: Final = "execute-api"
# What API Gateway says of a signed call of a path that it does not have.
_NO_SUCH_API: Final = "Missing Authentication Token"
_CONNECT_SECONDS: Final = 5
# API Gateway times out after 29 s by default. The function behind an API that streams waits 70 s for a part.
_READ_SECONDS: Final = 75
_EVENTS: Final = "text/event-stream"


Take = Callable[[bytes], object]
"""Takes a part of an answer."""


class ApiError(Failed):
    """Raised for an answer that is not what the API promises; `str()` gives the reason."""


@dataclass(frozen=True)
class Answer:
    """Answer of an API: HTTP status and decoded JSON object."""

    status: int
    body: dict[str, Any]

    @property
    def is_success(self) -> bool:
        """Whether the API did what was requested."""
        return self.status < 300


@dataclass(frozen=True)
class Response:
    """What came back for a signed call; names of headers are found in any case."""

    status: int
    headers: Mapping[str, str]
    content: bytes


def connections(most: int = 1) -> URLLib3Session:
    """Return connections that are kept, at most this many of them."""
    return URLLib3Session(timeout=(_CONNECT_SECONDS, _READ_SECONDS), max_pool_connections=most)


@dataclass(frozen=True)
class SignedClient:
    """Client for APIs with `AWS_IAM` authorization. Signs with the caller's credentials.

    With `connections`, those to an API are kept for the next calls; they may be made on several threads.
    """

    aws: Aws
    connections: URLLib3Session | None = field(default=None, compare=False)

    def post(self, url: str, content: bytes, content_type: str = "application/json") -> tuple[int, bytes]:
        """Post one body. See `send`."""
        return self.send("POST", url, content, {"Content-Type": content_type})

    def send(
        self, method: str, url: str, content: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Send one request and return status and body. Raise as `ask` does."""
        response = self.ask(method, url, content, headers)
        return response.status, response.content

    def ask(self, method: str, url: str, content: bytes = b"", headers: Mapping[str, str] | None = None) -> Response:
        """Send one request and return all of the answer. Raise botocore's errors for credentials and connection."""
        response = self._send(AWSRequest(method, url, dict(headers or {}), content))
        return Response(response.status_code, response.headers, response.content)

    def listen(self, url: str, content: bytes, headers: Mapping[str, str], take: Take) -> Response:
        """Post one body, and let `take` have the parts of an answer that is a stream of events, as they come.

        Returns all of the answer. Raises as `ask` does, and Failed for a stream that is cut.
        """
        response = self._send(AWSRequest("POST", url, dict(headers), content, stream_output=True))
        content_type = response.headers.get("Content-Type", "")
        is_stream = response.status_code == HTTPStatus.OK and content_type.startswith(_EVENTS)
        parts: list[bytes] = []
        try:
            for part in response.raw.stream(decode_content=False):
                parts.append(part)
                if is_stream:
                    take(part)
        except HTTPError as error:
            raise Failed(f"the answer of {url} ended early") from error
        return Response(response.status_code, response.headers, b"".join(parts))

    def _send(self, request: AWSRequest) -> AWSResponse:
        credentials = self.aws.session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        SigV4Auth(credentials.get_frozen_credentials(), _SERVICE, self.aws.region).add_auth(request)
        return (self.connections or connections()).send(request.prepare())


@dataclass(frozen=True)
class OrchestratorApi:
    """API of a deployed orchestrator. `url` ends in the stage, without a slash."""

    client: SignedClient
    url: str

    def provision(self, request: Mapping[str, Any]) -> Answer:
        """Provision the pipeline of a request."""
        return self._call("/provisionpipeline", request)

    def status(self, pipeline_id: str) -> Answer:
        """Return the state of a pipeline."""
        return self._call("/pipelinestatus", {"pipeline_id": pipeline_id})

    def list(self, **query: str | int) -> Answer:
        """Return one page of pipelines. The query has the API's names; empty values are left out."""
        given = urlencode({name: value for name, value in query.items() if value != ""})
        return self._send("GET", f"/pipelines{f'?{given}' if given else ''}")

    def details(self, pipeline_id: str) -> Answer:
        """Return all details of a pipeline, found by its id or the name of its stack or model."""
        return self._send("GET", f"/pipelines/{quote(pipeline_id, safe='')}")

    def delete(self, pipeline_id: str) -> Answer:
        """Start or continue the deletion of a pipeline."""
        return self._send("DELETE", f"/pipelines/{quote(pipeline_id, safe='')}")

    def pause(self, pipeline_id: str, reason: str) -> Answer:
        """Pause what a pipeline does by itself."""
        return self._call(f"/pipelines/{quote(pipeline_id, safe='')}/pause", {"reason": reason})

    def resume(self, pipeline_id: str) -> Answer:
        """Let a pipeline go on by itself."""
        return self._send("POST", f"/pipelines/{quote(pipeline_id, safe='')}/resume")

    def shift(self, pipeline_id: str, weights: Mapping[str, float], stage: str = "") -> Answer:
        """Share the calls of an endpoint otherwise; `weights` by variant. The stage is for several accounts."""
        meant = {"stage": stage} if stage else {}
        return self._call(f"/pipelines/{quote(pipeline_id, safe='')}/weights", {"weights": dict(weights), **meant})

    def runs(self, pipeline_id: str, **query: str | int) -> Answer:
        """Return one page of the runs of a monitor, the newest first. The query has the API's names."""
        given = urlencode({name: value for name, value in query.items() if value != ""})
        return self._send("GET", f"{_runs_of(pipeline_id)}{f'?{given}' if given else ''}")

    def run(self, pipeline_id: str, window: Mapping[str, str]) -> Answer:
        """Start a run of a monitor; `window` has `start_time` and `end_time`, or nothing."""
        return self._call(_runs_of(pipeline_id), window)

    def pipeline_types(self, **query: str | int) -> Answer:
        """Return one page of the pipeline types that requests may name. The query has the API's names."""
        given = urlencode({name: value for name, value in query.items() if value != ""})
        return self._send("GET", f"/pipeline-types{f'?{given}' if given else ''}")

    def pipeline_type(self, name: str) -> Answer:
        """Return all details of a pipeline type."""
        return self._send("GET", f"/pipeline-types/{quote(name, safe='')}")

    def _call(self, path: str, body: Mapping[str, Any]) -> Answer:
        return self._understood(path, *self.client.post(f"{self.url}{path}", json.dumps(body).encode()))

    def _send(self, method: str, path: str) -> Answer:
        return self._understood(path, *self.client.send(method, f"{self.url}{path}"))

    def _understood(self, path: str, status: int, content: bytes) -> Answer:
        try:
            answer = json.loads(content)
        except ValueError as error:
            raise ApiError(f"{self.url}{path} answered {status}, and not in JSON: {content[:200]!r}") from error
        if not isinstance(answer, dict):
            raise ApiError(f"{self.url}{path} answered {status}, and no JSON object: {content[:200]!r}")
        if status == HTTPStatus.FORBIDDEN and answer.get("message") == _NO_SUCH_API:
            raise ApiError(
                f"there is no orchestrator's API at {self.url} (any more): unset {API_URL_VARIABLE}, or name the root"
                " stack by --stack-name"
            )
        return Answer(status, answer)


def _runs_of(pipeline_id: str) -> str:
    return f"/pipelines/{quote(pipeline_id, safe='')}/runs"
