# SPDX-License-Identifier: Apache-2.0
"""The wire between botocore and AWS: every call of every client is counted here, and disturbed where a test says so.

It stands in the place of moto's handler of botocore's event `before-send`, so calls that are added later are covered,
and botocore's own retries go through it like on AWS.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from moto.core.botocore_stubber import BotocoreStubber, MockRawResponse

from tests.quick_aws import answered

Send = Callable[[], AWSResponse]
Answer = Callable[["Call", Send], AWSResponse]


class Died(BaseException):
    """The process is gone: nothing in the code may catch it."""


@dataclass(frozen=True)
class Call:
    """One call of an operation; its attempts have one number."""

    number: int
    service: str
    operation: str
    url: str
    parameters: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.service}.{self.operation}"


How = Literal["throttled", "failing", "denied", "unreachable", "lost", "died"]


@dataclass(frozen=True)
class Fault:
    """What happens to a call."""

    name: str
    how: How
    is_after: bool = False
    """Whether the call has its effect all the same."""
    extent: Literal["attempt", "call", "rest"] = "call"
    """The first attempt only, so that botocore's retry goes through; all of them; or all calls from here on, too."""

    def __str__(self) -> str:
        return self.name

    def strikes(self, at: int, call: Call, *, is_first: bool) -> bool:
        """Whether a fault at call number `at` strikes this attempt."""
        if self.extent == "rest":
            return call.number >= at
        return call.number == at and (is_first or self.extent == "call")

    def strike(self, call: Call) -> AWSResponse:
        """Raise what botocore's HTTP session would raise, or give what AWS would answer."""
        if self.how == "died":
            raise Died
        if self.how == "unreachable":
            raise ConnectTimeoutError(endpoint_url=call.url)
        if self.how == "lost":
            raise ReadTimeoutError(endpoint_url=call.url)
        code, status = _CODES[self.how][_protocol(call.service)]
        return refusal(call, code, "because of the test", status)


FAULTS: Final = (
    Fault("throttled once", "throttled", extent="attempt"),
    Fault("throttled", "throttled"),
    Fault("5xx once", "failing", extent="attempt"),
    Fault("5xx", "failing"),
    Fault("access denied", "denied"),
    Fault("time-out before the effect, once", "unreachable", extent="attempt"),
    Fault("time-out before the effect", "unreachable"),
    Fault("time-out after the effect, once", "lost", is_after=True, extent="attempt"),
    Fault("time-out after the effect", "lost", is_after=True),
    Fault("death before the effect", "died"),
    Fault("death after the effect", "died", is_after=True),
    Fault("nothing reached from here on", "unreachable", extent="rest"),
    Fault("no answer from here on", "lost", is_after=True, extent="rest"),
)

_CODES: Final[Mapping[str, Mapping[str, tuple[str, int]]]] = {
    "throttled": {"s3": ("SlowDown", 503), "query": ("Throttling", 400), "json": ("ThrottlingException", 400)},
    "failing": {"s3": ("InternalError", 500), "query": ("ServiceUnavailable", 503), "json": ("InternalFailure", 500)},
    "denied": {"s3": ("AccessDenied", 403), "query": ("AccessDenied", 403), "json": ("AccessDeniedException", 400)},
}


def _protocol(service: str) -> str:
    return {"s3": "s3", "cloudformation": "query", "sns": "query"}.get(service, "json")


def refusal(call: Call, code: str, message: str, status: int) -> AWSResponse:
    """A service's error, in the form of its protocol."""
    if _protocol(call.service) == "json":
        return answer(call, status, json.dumps({"__type": code, "message": message}))
    error = f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"
    is_head = call.operation.startswith("Head")
    text = error if _protocol(call.service) == "s3" else f"<ErrorResponse>{error}</ErrorResponse>"
    return answer(call, status, "" if is_head else text)


def answer(call: Call, status: int, body: str, headers: Mapping[str, str] | None = None) -> AWSResponse:
    """An answer as botocore gets it."""
    return AWSResponse(call.url, status, dict(headers or {}), MockRawResponse(body))


class Wire:
    """Counts the calls since `listen`, and strikes those that `faults` names by their numbers."""

    def __init__(self, answers: Answer) -> None:
        self._answers = answers
        self._numbers: dict[str, Call] = {}
        self._asked = threading.local()
        self.calls: list[Call] = []
        self.struck: list[tuple[Call, Fault]] = []
        self.faults: Mapping[int, Fault] = {}
        self.turn: Callable[[Call], None] = lambda _: None
        """Called before each attempt: where a schedule decides whose turn it is."""

    def attach(self, patch: pytest.MonkeyPatch, events: Any) -> None:
        """Take the place of moto's handler, and hear of the parameters of the calls of a session's clients."""
        patch.setattr(BotocoreStubber, "__call__", self._send)
        events.register("provide-client-params", self._note)

    def listen(self, faults: Mapping[int, Fault] | None = None) -> None:
        """Begin to count at 1."""
        self._numbers, self.calls, self.struck = {}, [], []
        self.faults = faults or {}

    def recover(self) -> None:
        """The invocation has ended: what has kept it from reaching anything is over."""
        over = {fault for _, fault in self.struck if fault.extent == "rest"}
        self.faults = {at: fault for at, fault in self.faults.items() if fault not in over}

    def _note(self, params: dict[str, Any], **_: Any) -> None:
        # What comes later in botocore changes them.
        self._asked.parameters = dict(params)

    def _send(self, event_name: str, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        call, is_first = self._call(event_name, request)
        self.turn(call)
        fault = next((fault for at, fault in self.faults.items() if fault.strikes(at, call, is_first=is_first)), None)

        def send() -> AWSResponse:
            return answered(call.service, request)

        if fault is None:
            return self._answers(call, send)
        if is_first:
            self.struck.append((call, fault))
        if fault.is_after:
            self._answers(call, send)
        return fault.strike(call)

    def _call(self, event_name: str, request: AWSPreparedRequest) -> tuple[Call, bool]:
        """The call of an attempt, and whether it is the first attempt."""
        identity = str(request.headers["amz-sdk-invocation-id"])
        if identity in self._numbers:
            return self._numbers[identity], False
        _, service, operation = event_name.split(".")
        call = Call(len(self.calls) + 1, service, operation, request.url, self._asked.parameters)
        self._numbers[identity] = call
        self.calls.append(call)
        return call, True
