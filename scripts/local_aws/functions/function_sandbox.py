# SPDX-License-Identifier: Apache-2.0
"""Where a function's process runs: its environment, its output, and its end."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from scripts.local_aws import identity
from scripts.local_aws.functions.function_log import FunctionLog

END_SECONDS = 5.0


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


class Sandbox:
    """Running process of a function, whose output goes to the function's log."""

    def __init__(
        self,
        settings: Settings,
        code: Path,
        command: Sequence[str],
        descriptors: Sequence[int] = (),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.settings = settings
        self._stream = f"{datetime.now(UTC):%Y/%m/%d}/[{settings.version}]{uuid.uuid4().hex}"
        self.process = subprocess.Popen(
            command,
            pass_fds=descriptors,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**self._environment(code), **(variables or {})},
            cwd=code,
            start_new_session=True,
        )
        output = self.process.stdout
        self.log = FunctionLog(_opened(output), settings.role_arn, settings.region, settings.log_group, self._stream)

    def kill(self) -> None:
        """End the process and everything it started; return when it is gone."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(END_SECONDS)

    def why_ended(self) -> str:
        """Lambda's words for the end of a process that nobody killed."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(END_SECONDS)
        status = self.process.returncode
        if not status:
            return "Runtime exited without providing a reason"
        return "Runtime exited with error: " + (f"exit status {status}" if status > 0 else "signal: killed")

    def _environment(self, code: Path) -> dict[str, str]:
        """Return exactly the template's variables and those that Lambda sets.

        See https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
        """
        settings, here = self.settings, identity.current()
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
