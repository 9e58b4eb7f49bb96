# SPDX-License-Identifier: Apache-2.0
"""Lambda that runs: moto keeps the functions, this package their processes.

A request to Invoke reaches `LocalFunction.invoke` through moto's own Lambda API. Synchronous invocations run in the
request's thread; asynchronous ones in a small pool of threads, with retries and destinations (`function_async`).
Only Python functions from a zip file run here, without layers; others are refused with a message when invoked.
Memory limits, VPC settings and architectures are accepted and have no effect.
"""

from __future__ import annotations

import base64
import json
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, cast

from moto.apigateway import models as apigateway_models
from moto.awslambda import models as lambda_models
from moto.awslambda import responses as lambda_responses
from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.utils import get_backend
from moto.core.responses import BaseResponse

from scripts.local_aws import clients
from scripts.local_aws.apigateway import routes
from scripts.local_aws.functions import function_async, function_checks
from scripts.local_aws.functions.function_pool import MAX_PROCESSES, FunctionPool, Pools, RetiredError, ThrottledError
from scripts.local_aws.functions.function_process import Outcome
from scripts.local_aws.functions.function_sandbox import Settings

# https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
MAX_REQUEST_BYTES = 6 * 1024 * 1024
_MAX_LOG_RESULT_BYTES = 4096
_THREADS = 16
_REQUEST_ID = "x-amzn-requestid"

Listener = Callable[["LocalFunction", bytes, Outcome], None]


class TooManyRequestsError(LambdaClientError):
    """429: no process may, or can, take the event."""

    code = 429

    def __init__(self, message: str) -> None:
        super().__init__("TooManyRequestsException", message)


class RequestTooLargeError(LambdaClientError):
    """413: the event is over Lambda's limit."""

    code = 413

    def __init__(self) -> None:
        super().__init__(
            "RequestTooLargeException",
            f"Request must be smaller than {MAX_REQUEST_BYTES} bytes for the InvokeFunction operation",
        )


class LocalFunction(lambda_models.LambdaFunction):
    """moto's function, with the settings that moto leaves out, and with processes in place of containers."""

    def __init__(self, account_id: str, spec: dict[str, Any], region: str, version: str | int = 1) -> None:
        super().__init__(account_id, spec, region, version)
        self.dead_letter_config: dict[str, str] = {}
        self.logging_config: dict[str, str] = {}
        self._keep(spec)
        function_checks.check_environment(self.environment_vars)
        function_checks.check_code(self)
        function_checks.check_role(self.role)

    def get_configuration(self, on_create: bool = False) -> dict[str, Any]:
        """Return the answer of GetFunctionConfiguration."""
        more = {"DeadLetterConfig": self.dead_letter_config or None, "LoggingConfig": self._logging()}
        return super().get_configuration(on_create) | {name: value for name, value in more.items() if value}

    def update_configuration(self, config_updates: dict[str, Any]) -> dict[str, Any]:
        """Apply UpdateFunctionConfiguration; the next invocation runs in new processes."""
        function_checks.check_environment((config_updates.get("Environment") or {}).get("Variables") or {})
        function_checks.check_role(config_updates.get("Role") or self.role)
        super().update_configuration(config_updates)
        self._keep(config_updates)
        return self.get_configuration()

    def update_function_code(self, updated_spec: dict[str, Any]) -> dict[str, Any]:
        """Apply UpdateFunctionCode; the next invocation runs in new processes."""
        answer: dict[str, Any] = super().update_function_code(updated_spec)
        function_checks.check_code(self)
        return answer

    def invoke(self, body: str | bytes, request_headers: Mapping[str, str], response_headers: dict[str, str]) -> bytes:
        """Serve Invoke: run now and answer, queue (`Event`), or only check (`DryRun`)."""
        event = self.check_event(body)
        kind = request_headers.get("X-Amz-Invocation-Type", "RequestResponse")
        if kind == "DryRun":
            return b""
        request_id = str(uuid.uuid4())
        response_headers[_REQUEST_ID] = request_id
        if kind == "Event":
            self.invoke_later(event, request_id)
            return b""
        outcome = self.run(event, request_id)
        response_headers["x-amz-executed-version"] = str(self.version)
        tail = outcome.log.encode()[-_MAX_LOG_RESULT_BYTES:]
        response_headers["x-amz-log-result"] = base64.b64encode(tail).decode()
        if outcome.error:
            response_headers["x-amz-function-error"] = outcome.error
        return outcome.payload

    def run(self, event: bytes, request_id: str = "") -> Outcome:
        """Run the function once with an event (JSON) and wait for its outcome. Raise TooManyRequestsError."""
        self._check_runnable()
        while True:
            with self._again_if_retired():
                return self._pool().call(event, request_id or str(uuid.uuid4()))

    def start(self, event: bytes) -> Future[Outcome]:
        """Run the function once in another thread, for a caller that waits for a limited time."""
        return _running().threads.submit(self.run, event)

    def stream(self, event: bytes) -> Iterator[bytes]:
        """Run the function once with an event (JSON), and yield the answer as it comes: InvokeWithResponseStream.

        Raises TooManyRequestsError, StreamFailedError.
        """
        self._check_runnable()
        while True:
            with self._again_if_retired():
                yield from self._pool().stream(event, str(uuid.uuid4()))
                return

    def invoke_later(self, event: bytes, request_id: str) -> None:
        """Queue an asynchronous invocation: retries, then dead-letter queue and destinations, then the listeners."""
        self._check_runnable()
        _running().threads.submit(function_async.run, self, event, request_id, _tell)

    def settings(self) -> Settings:
        """Return the settings that its processes are started with."""
        return Settings(
            arn=self.function_arn,
            name=self.function_name,
            version=str(self.version),
            region=self.region,
            runtime=str(self.run_time),
            handler=str(self.handler),
            role_arn=self.role,
            memory_mb=int(self.memory_size),
            timeout_seconds=int(self.timeout),
            log_group=self._logging()["LogGroup"],
            environment=tuple(sorted((name, str(value)) for name, value in self.environment_vars.items())),
            code_sha256=self.code_sha_256,
        )

    def check_event(self, body: str | bytes) -> bytes:
        """Return the event as JSON text. Raise LambdaClientError if it is not JSON, or too large."""
        event = body.encode() if isinstance(body, str) else body
        if len(event) > MAX_REQUEST_BYTES:
            raise RequestTooLargeError
        try:
            json.loads(event or b"{}")
        except ValueError as error:
            raise LambdaClientError(
                "InvalidRequestContentException", f"Could not parse request body into json: {error}"
            ) from error
        return event or b"{}"

    def _keep(self, spec: Mapping[str, Any]) -> None:
        self.dead_letter_config = spec.get("DeadLetterConfig", self.dead_letter_config) or {}
        self.logging_config = spec.get("LoggingConfig", self.logging_config) or {}
        self.kms_key_arn = spec.get("KMSKeyArn", self.kms_key_arn)
        self.tracing_config = spec.get("TracingConfig", self.tracing_config)

    def _logging(self) -> dict[str, str]:
        return {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}"} | self.logging_config

    def _pool(self) -> FunctionPool:
        return _running().pools.of(self.settings(), self.code_bytes, self._process_limit())

    @contextmanager
    def _again_if_retired(self) -> Iterator[None]:
        """Swallow a pool's RetiredError, for a caller that asks the new pool then. Raise TooManyRequestsError."""
        try:
            yield
        except RetiredError:
            # The function changed while its event waited: it goes to the new processes, if the function exists.
            get_backend(self.account_id, self.region).get_function(self.function_name)
        except ThrottledError as error:
            raise TooManyRequestsError(str(error)) from error

    def _process_limit(self) -> int:
        reserved = MAX_PROCESSES if self.reserved_concurrency is None else int(self.reserved_concurrency)
        return min(MAX_PROCESSES, reserved)

    def _check_runnable(self) -> None:
        if self._process_limit() == 0:
            raise TooManyRequestsError("Rate Exceeded.")
        problem = ""
        if self.package_type != "Zip" or not str(self.run_time).startswith("python"):
            problem = f"runs Python functions from zip files; this one is {self.run_time or 'an image'}"
        elif self.layers:
            problem = "has no layers"
        if problem:
            raise LambdaClientError("InvalidRuntimeException", f"{self.function_name}: the local AWS {problem}.")


class _Running:
    """Process pools and threads between `install` and `shutdown`."""

    def __init__(self) -> None:
        self.pools = Pools()
        self.threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="invocation")

    def stop(self) -> None:
        """End the processes first, so that the threads that wait for them end, too."""
        self.pools.close()
        self.threads.shutdown(wait=True, cancel_futures=True)


class _Service:
    """The running service, or none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.running: _Running | None = None

    def start(self) -> None:
        with self._lock:
            self.running = self.running or _Running()

    def stop(self) -> None:
        with self._lock:
            running, self.running = self.running, None
        if running is not None:
            running.stop()


_service = _Service()
_listeners: list[Listener] = []
_moto_delete_function = lambda_models.LambdaBackend.delete_function


def install() -> None:
    """Replace moto's start of containers; may be repeated."""
    # moto's backends look these classes up by name in their own module when they make an object.
    lambda_models.LambdaFunction = LocalFunction  # type: ignore[misc]
    apigateway_models.RestAPI = routes.LocalRestApi  # type: ignore[misc]
    lambda_models.LambdaBackend.delete_function = _delete_function  # type: ignore[method-assign, assignment]
    lambda_responses.LambdaResponse._enrich_response = staticmethod(_with_request_id)  # type: ignore[method-assign]
    _service.start()


def shutdown() -> None:
    """End every process and thread; running invocations fail."""
    _service.stop()
    clients.forget()


def listen(listener: Listener) -> None:
    """Call `listener` with every asynchronous invocation that has ended for good, successful or not."""
    if listener not in _listeners:
        _listeners.append(listener)


def find(arn: str) -> LocalFunction:
    """Return a function by its ARN (with or without qualifier). Raise moto's UnknownFunctionException."""
    _, _, _, region, account, *_ = arn.split(":")
    return cast(LocalFunction, get_backend(account, region).get_function(arn))


def _running() -> _Running:
    if _service.running is None:
        raise RuntimeError("the local AWS is not running")
    return _service.running


def _tell(function: LocalFunction, event: bytes, outcome: Outcome) -> None:
    for listener in list(_listeners):
        listener(function, event, outcome)


def _delete_function(backend: lambda_models.LambdaBackend, function_name: str, qualifier: str | None = None) -> None:
    """Run moto's DeleteFunction, then end the function's processes."""
    arn = backend.get_function(function_name, qualifier).function_arn
    _moto_delete_function(backend, function_name, qualifier)
    if _service.running is not None:
        _service.running.pools.drop(arn)


def _with_request_id(headers: dict[str, str], body: Any) -> tuple[dict[str, str], Any]:
    """Replace moto's last step on a response, which would change the request id that the function has seen."""
    ours = headers.get(_REQUEST_ID)
    headers, body = BaseResponse._enrich_response(headers, body)
    return headers | ({_REQUEST_ID: ours} if ours else {}), body
