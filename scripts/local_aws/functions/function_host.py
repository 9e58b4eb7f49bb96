# SPDX-License-Identifier: Apache-2.0
"""Program inside a function's process: import the handler once, then answer one event after another.

`function_process` starts it. It imports only the standard library, so that no module of ours can hide or replace one
of the function. Errors have the format of the Python runtime
(https://docs.aws.amazon.com/lambda/latest/dg/python-exceptions.html).
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

# End marker of one event's log; the launcher removes it before the line reaches CloudWatch Logs.
END_OF_LOG = "\0"

Handler = Callable[[Any, "Context"], Any]


class StartError(Exception):
    """Raised if the handler cannot be imported; `kind` is the runtime's name for the reason."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Identity:
    """Cognito identity of a mobile caller: always empty here."""

    cognito_identity_id = None
    cognito_identity_pool_id = None


class Context:
    """Lambda context object: https://docs.aws.amazon.com/lambda/latest/dg/python-context.html."""

    def __init__(self, call: dict[str, Any]) -> None:
        self.aws_request_id: str = call["request_id"]
        self.invoked_function_arn: str = call["function_arn"]
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        # The runtime passes the number on as text, as in the environment.
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.identity = Identity()
        self.client_context = None
        self._deadline: float = call["deadline"]

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until this invocation times out; never negative."""
        return max(0, int((self._deadline - time.time()) * 1000))


class RequestIdFormatter(logging.Formatter):
    """Formatter for the runtime's log lines: level, UTC time, request id, message."""

    converter = staticmethod(time.gmtime)
    request_id = ""

    def format(self, record: logging.LogRecord) -> str:
        """Add the running invocation's id to the record."""
        record.aws_request_id = self.request_id
        return super().format(record)


def load_handler(name: str) -> Handler:
    """Import `module.function`. Raise StartError with the runtime's message."""
    module_name, _, function_name = name.rpartition(".")
    if not module_name:
        raise StartError("Runtime.MalformedHandlerName", f"Bad handler '{name}': not enough values to unpack")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise StartError("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        raise StartError("Runtime.UserCodeSyntaxError", f"Syntax error in module '{module_name}': {error}") from error
    try:
        handler: Handler = getattr(module, function_name)
    except AttributeError:
        raise StartError(
            "Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'"
        ) from None
    return handler


def describe(error: BaseException, request_id: str) -> dict[str, Any]:
    """Return an error in the runtime's format, without the frames of this program."""
    if isinstance(error, StartError):
        return {"errorMessage": str(error), "errorType": error.kind, "requestId": request_id, "stackTrace": []}
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "requestId": request_id,
        "stackTrace": traceback.format_list(frames),
    }


def answer(handler: Handler, call: dict[str, Any], event: bytes) -> tuple[bool, str]:
    """Run the handler once; return whether it succeeded, and its result or error as JSON."""
    context = Context(call)
    try:
        result = handler(json.loads(event), context)
    except Exception as error:
        return False, report(error, context.aws_request_id)
    try:
        return True, json.dumps(result)
    except (TypeError, ValueError) as error:
        problem = StartError("Runtime.MarshalError", f"Unable to marshal response: {error}")
        return False, report(problem, context.aws_request_id)


def report(error: BaseException, request_id: str) -> str:
    """Log an error as the runtime does, and return it as JSON."""
    described = describe(error, request_id)
    lines = [f"[ERROR] {described['errorType']}: {described['errorMessage']}", *described["stackTrace"]]
    sys.stdout.write("\n".join(line.rstrip("\n") for line in lines) + "\n")
    return json.dumps(described)


def prepare_logging() -> RequestIdFormatter:
    """Set up the root logger with the runtime's handler."""
    formatter = RequestIdFormatter("[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s")
    formatter.datefmt = "%Y-%m-%dT%H:%M:%S"
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)
    return formatter


def serve(channel: Connection) -> None:
    """Answer events until the launcher closes the channel.

    Frames in: the call (JSON), the event (JSON). Frames out: one empty frame once the handler is imported, then per
    event `1` or `0` for success or failure, and the answer (JSON).
    """
    log = os.dup(1)
    formatter = prepare_logging()
    failure: Exception | None = None
    handler: Handler | None = None
    try:
        handler = load_handler(os.environ["_HANDLER"])
    except Exception as error:
        failure = error
    channel.send_bytes(b"")
    while True:
        call = json.loads(channel.recv_bytes())
        event = channel.recv_bytes()
        formatter.request_id = call["request_id"]
        if handler is not None:
            succeeded, payload = answer(handler, call, event)
        else:
            succeeded, payload = False, report(failure or RuntimeError("no handler"), call["request_id"])
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(log, f"{END_OF_LOG}\n".encode())
        channel.send_bytes(b"1" if succeeded else b"0")
        channel.send_bytes(payload.encode())
        if handler is None:
            # A failed start is retried with the next event in a new process, as on Lambda.
            return


def main() -> None:
    """Serve on the file descriptor given as the only argument."""
    # Python put this program's folder first, where our modules would hide the function's and the runtime's.
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    try:
        serve(Connection(int(sys.argv[1])))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        return  # The launcher has ended, so nothing reads an answer.


if __name__ == "__main__":
    main()
