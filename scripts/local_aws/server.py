# SPDX-License-Identifier: Apache-2.0
"""Local AWS as one object: moto's server with our extensions, listening on 127.0.0.1.

moto keeps its state in the process, so only one `LocalAws` at a time can run in a process.
"""

from __future__ import annotations

import functools
import logging
import socket
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from moto.moto_api._internal.models import moto_api_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from scripts.local_aws import clock, identity, mail, organization
from scripts.local_aws.answer_constraints import checked
from scripts.local_aws.autoscaling import install as autoscaling
from scripts.local_aws.cloudformation import install as cloudformation
from scripts.local_aws.cloudwatch import install as cloudwatch
from scripts.local_aws.codepipeline import codebuild
from scripts.local_aws.codepipeline import install as codepipeline
from scripts.local_aws.enforcement import authorization
from scripts.local_aws.enforcement.edge import Edge
from scripts.local_aws.eventbridge import alarm_events, events, scheduler, trail
from scripts.local_aws.front import ApiFront
from scripts.local_aws.functions import install as functions
from scripts.local_aws.organization import Organization
from scripts.local_aws.sagemaker import install as sagemaker
from scripts.local_aws.visitors import OnlyPrograms

# In the order of stopping: services that drive others come first.
_EXTENSIONS = (
    *(cloudformation, scheduler, codepipeline, codebuild, alarm_events, events),
    *(functions, autoscaling, sagemaker, organization, mail, cloudwatch, clock),
)
_HOST = "127.0.0.1"
_STOP_SECONDS = 10.0
# Longest time until the server notices that it is to stop.
_NOTICE_SECONDS = 0.05
_one_at_a_time = threading.Lock()


class _QuietRequestHandler(MotoRequestHandler):
    """moto's request handler without a line per request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing: `verbose` turns request lines on."""


class _Dispatcher(DomainDispatcherApplication):
    """moto's dispatcher, with a cache per host: moto searches its folders and 200 patterns on each request."""

    def __init__(self, create_app: Callable[..., Any]) -> None:
        super().__init__(create_app)
        self._backend_for_host = functools.lru_cache(maxsize=256)(super().get_backend_for_host)

    def infer_service_region_host(self, environ: dict[str, Any], path: str) -> str | None:
        """Return the host of a request, also where moto does not know a path of SageMaker's runtime."""
        host: str | None = super().infer_service_region_host(environ, path)
        streams = host and path.startswith("/endpoints/") and path.endswith("/invocations-response-stream")
        return host.replace("api.sagemaker.", "runtime.sagemaker.") if host and streams else host

    def get_backend_for_host(self, host: str | None) -> Any:
        """Return the name of moto's service for a host."""
        return self._backend_for_host(host)


class LocalAws:
    """Running local AWS: `with LocalAws() as aws: boto3.client("s3", endpoint_url=aws.endpoint_url, ...)`.

    `port=0` takes any free port. `verbose` prints each request and moto's warnings. `accounts` maps stages to account
    ids; `organization` then has the OU of each, managed by the account of callers without a role.
    `enforce_iam=False` lets every role do everything.
    """

    def __init__(
        self,
        region: str = "us-east-1",
        port: int = 0,
        verbose: bool = False,
        accounts: Mapping[str, str] | None = None,
        enforce_iam: bool = True,
    ) -> None:
        self.region = region
        self.endpoint_url = ""
        self.organization: Organization | None = None
        self._accounts = accounts
        self._enforce_iam = enforce_iam
        self._port = port
        self._verbose = verbose
        self._stopping = ExitStack()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Install the extensions, listen, and publish the address; requests are answered on return.

        Raises RuntimeError if a local AWS already runs in this process, OSError if the port is taken.
        """
        if not _one_at_a_time.acquire(blocking=False):
            raise RuntimeError("a local AWS already runs in this process; stop it before you start another")
        with ExitStack() as undo:
            undo.callback(_one_at_a_time.release)
            undo.callback(moto_api_backend.reset)
            authorization.switch(self._enforce_iam)
            undo.callback(authorization.switch, False)
            serving = self._bind(undo)
            for extension in reversed(_EXTENSIONS):
                undo.callback(extension.shutdown)
                extension.install()
            if self._accounts:
                self.organization = organization.build(self.region, self._accounts)
            # After all extensions are installed: moto reads its tables of routes and types at the first requests.
            serving.start()
            self._stopping = undo.pop_all()

    def advance(self, seconds: float) -> None:
        """Move the local AWS's clock, and do what falls into that time."""
        clock.advance(seconds)

    def stop(self) -> None:
        """End every thread and process of the extensions, stop listening, and clear all state."""
        self._stopping.close()

    def _bind(self, undo: ExitStack) -> threading.Thread:
        """Take the port and publish the address; return the thread that serves requests once it is started."""
        logging.getLogger("moto").setLevel(logging.WARNING if self._verbose else logging.ERROR)
        handler = MotoRequestHandler if self._verbose else _QuietRequestHandler
        application = OnlyPrograms(ApiFront(checked(Edge(_Dispatcher(create_backend_app), trail.tell_of_refusal))))
        # Bound here: the server would end the process in words of its own where the port is taken.
        with socket.create_server((_HOST, self._port)) as taken:
            server = make_server(
                _HOST, self._port, application, threaded=True, request_handler=handler, fd=taken.fileno()
            )
        undo.callback(server.server_close)
        self.endpoint_url = f"http://{_HOST}:{server.port}"
        identity.start(self.endpoint_url, self.region)
        serving = threading.Thread(target=server.serve_forever, args=(_NOTICE_SECONDS,), name="local-aws", daemon=True)
        undo.callback(_stop_serving, server, serving)
        return serving


def _stop_serving(server: BaseWSGIServer, serving: threading.Thread) -> None:
    # A server that never served cannot be shut down: it would wait forever.
    if serving.is_alive():
        server.shutdown()
        serving.join(_STOP_SECONDS)
