# SPDX-License-Identifier: Apache-2.0
"""Custom resources: an event to a function, whose answer arrives at a URL of the local server.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html. The function is invoked asynchronously, as
on AWS, so a failing function is retried. If it has ended for good without an answer, the resource fails at once, not
after an hour.
"""

from __future__ import annotations

import json
import logging
import threading
import uuid
from typing import Any

from scripts.local_aws import identity
from scripts.local_aws.cloudformation.resources.base import (
    Properties,
    ResourceContext,
    ResourceFailedError,
    ResourceType,
)
from scripts.local_aws.cloudformation.stacks import Made
from scripts.local_aws.functions.function_process import Outcome

ANSWER_PATH = "/_custom-resources/"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-customresource-response.html
_MAX_ANSWER_BYTES = 4096
_DEFAULT_TIMEOUT_SECONDS = 3600

_logger = logging.getLogger(__name__)


class CustomResource(ResourceType):
    """`Custom::Anything` and `AWS::CloudFormation::CustomResource`, run by the function that `ServiceToken` names."""

    def __init__(self, type_name: str) -> None:
        self.type_name = type_name  # type: ignore[misc]  # the one class that stands for many types

    def create(self, context: ResourceContext, properties: Properties) -> Made:
        """Send `Create`; the answer has the physical id and the attributes."""
        return self._ask(context, "Create", properties)

    def update(self, context: ResourceContext, made: Made, old: Properties, new: Properties) -> Made:
        """Send `Update`. If the answer has another physical id, send `Delete` for the old one afterwards."""
        if old.get("ServiceToken") != new.get("ServiceToken"):
            raise ResourceFailedError("Modifying service token is not allowed.")
        more = {"PhysicalResourceId": made.physical_id, "OldResourceProperties": as_text(old)}
        changed = self._ask(context, "Update", new, more)
        if changed.physical_id != made.physical_id:
            self._clean_up(context, made, old)
        return changed

    def delete(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        """Send `Delete`."""
        self._ask(context, "Delete", properties, {"PhysicalResourceId": made.physical_id})

    def _clean_up(self, context: ResourceContext, made: Made, properties: Properties) -> None:
        try:
            self.delete(context, made, properties)
        except ResourceFailedError as error:
            # CloudFormation completes the update nevertheless.
            _logger.warning("%s: the replaced %s was not deleted: %s", context.logical_id, made.physical_id, error)

    def _ask(
        self, context: ResourceContext, request: str, properties: Properties, more: dict[str, Any] | None = None
    ) -> Made:
        event = {
            "RequestType": request,
            "ServiceToken": properties["ServiceToken"],
            "StackId": context.stack.stack_id,
            "RequestId": str(uuid.uuid4()),
            "LogicalResourceId": context.logical_id,
            "ResourceType": self.type_name,
            "ResourceProperties": as_text(properties),
        } | (more or {})
        answer = _send(context, event, int(properties.get("ServiceTimeout", _DEFAULT_TIMEOUT_SECONDS)))
        claimed = answer.get("PhysicalResourceId")
        if request == "Create" and isinstance(claimed, str) and claimed:
            # A resource whose creation failed is also deleted in the rollback, under the id that the function gave.
            context.initiated(Made(claimed))
        physical_id = _checked(answer, event)
        return Made(physical_id, dict(answer.get("Data") or {}))


class _Question:
    """Request that waits for its answer."""

    def __init__(self) -> None:
        self._changed = threading.Event()
        self._answer: dict[str, Any] | None = None
        self._problem = ""
        self._lock = threading.Lock()

    def answer(self, answer: dict[str, Any]) -> None:
        """Store the function's answer; only the first one counts."""
        self._settle(answer, "")

    def give_up(self, problem: str) -> None:
        """End without an answer."""
        self._settle(None, problem)

    def _settle(self, answer: dict[str, Any] | None, problem: str) -> None:
        with self._lock:
            if not self._changed.is_set():
                self._answer, self._problem = answer, problem
                self._changed.set()

    def wait(self, seconds: float) -> dict[str, Any]:
        """Return the answer. Raise ResourceFailedError if none has come."""
        if not self._changed.wait(seconds):
            raise ResourceFailedError(
                f"CloudFormation did not receive a response from your Custom Resource in {seconds} s."
            )
        if self._answer is None:
            raise ResourceFailedError(self._problem)
        return self._answer


class _Desk:
    """Requests that wait for an answer, by request id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[str, _Question] = {}
        self._open = False

    def open(self) -> None:
        with self._lock:
            self._open = True

    def close(self) -> None:
        with self._lock:
            self._open = False
            waiting = list(self._waiting.values())
        for question in waiting:
            question.give_up("The local AWS was stopped.")

    def add(self, request_id: str) -> _Question:
        with self._lock:
            if not self._open:
                raise ResourceFailedError("The local AWS was stopped.")
            return self._waiting.setdefault(request_id, _Question())

    def remove(self, request_id: str) -> None:
        with self._lock:
            self._waiting.pop(request_id, None)

    def find(self, request_id: str) -> _Question | None:
        with self._lock:
            return self._waiting.get(request_id)


_desk = _Desk()


def open_for_answers() -> None:
    """Accept requests from now on."""
    _desk.open()


def close() -> None:
    """Accept no more requests; those that wait fail."""
    _desk.close()


def receive(request_id: str, body: bytes) -> bool:
    """Accept the answer that a function has PUT to its ResponseURL. Return false if no request waits for it."""
    question = _desk.find(request_id)
    if question is None:
        return False
    question.answer(_parsed(body))
    return True


def invocation_ended(_function: Any, event: bytes, outcome: Outcome) -> None:
    """Fail the resource of a function that has ended for good without an answer."""
    asked = json.loads(event)
    if not isinstance(asked, dict) or "ResponseURL" not in asked:
        return
    question = _desk.find(str(asked.get("RequestId")))
    if question is not None:
        question.give_up(_silence(outcome))


def as_text(value: Any) -> Any:
    """Return template values as CloudFormation sends them to a function: scalars as text, absent values left out."""
    if isinstance(value, dict):
        return {name: as_text(item) for name, item in value.items() if item is not None}
    if isinstance(value, list):
        return [as_text(item) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _silence(outcome: Outcome) -> str:
    if outcome.error:
        failure = outcome.failure
        return (
            f"The function failed without a response to CloudFormation: "
            f"{failure.get('errorType')}: {failure.get('errorMessage')} (RequestId: {outcome.request_id})"
        )
    return (
        "The function ended without a response to CloudFormation (a PUT to the event's ResponseURL). On AWS the stack "
        f"would wait an hour for it. (RequestId: {outcome.request_id})"
    )


def _send(context: ResourceContext, event: dict[str, Any], timeout: int) -> dict[str, Any]:
    request_id = event["RequestId"]
    question = _desk.add(request_id)
    event["ResponseURL"] = f"{identity.current().endpoint_url}{ANSWER_PATH}{request_id}"
    try:
        context.call(
            "lambda", "invoke", FunctionName=event["ServiceToken"], InvocationType="Event", Payload=json.dumps(event)
        )
        return question.wait(timeout)
    finally:
        _desk.remove(request_id)


def _parsed(body: bytes) -> dict[str, Any]:
    if len(body) > _MAX_ANSWER_BYTES:
        return {"Status": "FAILED", "Reason": "Response object is too long."}
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    return answer if isinstance(answer, dict) else {"Status": "FAILED", "Reason": "Response is not a JSON object."}


def _checked(answer: dict[str, Any], event: dict[str, Any]) -> str:
    """Return the physical id of a valid answer. Raise ResourceFailedError if it is FAILED or would be refused."""
    if answer.get("Status") != "SUCCESS":
        reason = answer.get("Reason") or "no Reason was given"
        if answer.get("Status") != "FAILED":
            reason = f"Status must be SUCCESS or FAILED, not {answer.get('Status')!r}"
        raise ResourceFailedError(
            f"Received response status [FAILED] from custom resource. Message returned: {reason} "
            f"(RequestId: {event['RequestId']})"
        )
    for name in ("StackId", "RequestId", "LogicalResourceId"):
        if answer.get(name) != event[name]:
            raise ResourceFailedError(f"Invalid {name} in the custom resource's response: {answer.get(name)!r}.")
    physical_id = answer.get("PhysicalResourceId") or event.get("PhysicalResourceId")
    if not isinstance(physical_id, str) or not physical_id:
        raise ResourceFailedError("Invalid PhysicalResourceId in the custom resource's response: it must be a text.")
    return physical_id
