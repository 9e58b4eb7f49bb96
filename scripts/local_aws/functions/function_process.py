# SPDX-License-Identifier: Apache-2.0
"""Process of a Lambda function: start it, send it events, read its log, end it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import Pipe
from pathlib import Path
from typing import IO, Any

from scripts.local_aws import identity
from scripts.local_aws.functions import function_host
from scripts.local_aws.functions.function_log import FunctionLog

# Lambda allows 10 s for the import of a handler; a busy development machine gets more.
_START_SECONDS = 60.0
_END_SECONDS = 5.0


@dataclass(frozen=True)
class Settings:
    """Settings that a process is started with. If any field changes, processes with the old values are retired."""

    arn: str
    name: str
    version: str
    region: str
    runtime: str
    handler: str
    role_arn: str
    memory_mb: int
    timeout_seconds: int
    log_group: str
    environment: tuple[tuple[str, str], ...]
    code_sha256: str


@dataclass(frozen=True)
class Outcome:
    """Result of an invocation: `payload` is JSON, `error` is Lambda's word for the kind of failure, or None."""

    request_id: str
    payload: bytes
    error: str | None
    log: str = ""

    @property
    def failure(self) -> dict[str, Any]:
        """Error object (`errorType`, `errorMessage`); empty if the invocation succeeded."""
        return dict(json.loads(self.payload)) if self.error else {}


class FunctionProcess:
    """Warm process that answers one event at a time. Time is limited, memory is not."""

    def __init__(self, settings: Settings, code: Path) -> None:
        self._settings = settings
        self._stream = f"{datetime.now(UTC):%Y/%m/%d}/[{settings.version}]{uuid.uuid4().hex}"
        environment = self._environment(code)
        self._channel, theirs = Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-u", function_host.__file__, str(theirs.fileno())],
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=code,
            start_new_session=True,
        )
        theirs.close()
        output = self._process.stdout
        self._log = FunctionLog(_opened(output), settings.role_arn, settings.region, settings.log_group, self._stream)
        self._imported = False
        # Reentrant: a failing call kills its own process.
        self._calling = threading.RLock()

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process can take another event."""
        return self._process.poll() is None and not self._channel.closed

    def call(self, event: bytes, request_id: str) -> Outcome:
        """Send one event (JSON) and wait for its answer, at most as long as the function's timeout.

        A process that is not ready, times out or exits is killed, and the outcome reports it.
        """
        with self._calling:
            self._log.begin()
            try:
                return self._exchange(event, request_id)
            except (EOFError, OSError):
                return self._ended(request_id)

    def kill(self) -> None:
        """End the process and everything it started; return when it is gone and its log is written."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(_END_SECONDS)
        # A caller in another thread reads from the channel until the end of the process wakes it.
        with self._calling:
            self._channel.close()
        self._log.join(_END_SECONDS)

    def _exchange(self, event: bytes, request_id: str) -> Outcome:
        if not self._ready():
            self.kill()
            return self._failed(request_id, "Sandbox.Timedout", f"Import timed out after {_START_SECONDS:.2f} seconds")
        timeout = self._settings.timeout_seconds
        call = {"request_id": request_id, "function_arn": self._settings.arn, "deadline": time.time() + timeout}
        self._channel.send_bytes(json.dumps(call).encode())
        self._channel.send_bytes(event)
        if not self._channel.poll(timeout):
            self.kill()
            return self._failed(request_id, "Sandbox.Timedout", f"Task timed out after {timeout:.2f} seconds")
        succeeded = self._channel.recv_bytes() == b"1"
        payload = self._channel.recv_bytes()
        return Outcome(request_id, payload, None if succeeded else "Unhandled", self._log.end())

    def _ready(self) -> bool:
        if not self._imported and self._channel.poll(_START_SECONDS):
            self._channel.recv_bytes()
            self._imported = True
        return self._imported

    def _ended(self, request_id: str) -> Outcome:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        status = self._process.returncode
        self.kill()
        reason = "exited without providing a reason"
        if status:
            reason = "exited with error: " + (f"exit status {status}" if status > 0 else "signal: killed")
        return self._failed(request_id, "Runtime.ExitError", f"Runtime {reason}")

    def _failed(self, request_id: str, kind: str, message: str) -> Outcome:
        error = {"errorType": kind, "errorMessage": f"RequestId: {request_id} Error: {message}"}
        return Outcome(request_id, json.dumps(error).encode(), "Unhandled", self._log.end(message))

    def _environment(self, code: Path) -> dict[str, str]:
        """Return exactly the template's variables and those that Lambda sets.

        See https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
        """
        settings, here = self._settings, identity.current()
        return dict(settings.environment) | {
            "_HANDLER": settings.handler,
            "AWS_DEFAULT_REGION": settings.region,
            "AWS_REGION": settings.region,
            "AWS_ENDPOINT_URL": here.endpoint_url,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{settings.runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": settings.name,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(settings.memory_mb),
            "AWS_LAMBDA_FUNCTION_VERSION": settings.version,
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": settings.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": self._stream,
            # botocore must not find the configuration and profiles of the user.
            "HOME": str(code),
            "LAMBDA_TASK_ROOT": str(code),
            "LANG": "C.UTF-8",
            "PATH": os.defpath,
            "TZ": ":UTC",
            # STS requires a session name of at least two characters.
            **here.credentials(settings.role_arn, settings.name.ljust(2, "-")).environment(),
        }


def _opened(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise RuntimeError("the process was started without a pipe for its output")
    return stream
