# SPDX-License-Identifier: Apache-2.0
"""Asynchronous invocations: retried after an error, then recorded at the function's destinations.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html. The pauses of one and two minutes
between the attempts are left out.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from scripts.local_aws import clients, identity
from scripts.local_aws.functions.function_process import Outcome

_logger = logging.getLogger(__name__)
_DEFAULT_RETRIES = 2
_MAX_ERROR_MESSAGE_BYTES = 1024


class Function(Protocol):
    """Part of a function that this module uses."""

    function_name: str
    function_arn: str
    role: str
    version: Any
    event_invoke_config: list[Any]
    dead_letter_config: dict[str, str]

    def run(self, event: bytes, request_id: str) -> Outcome:
        """Run it on an event."""


Tell = Callable[[Any, bytes, Outcome], None]


def run(function: Function, event: bytes, request_id: str, tell: Tell) -> None:
    """Run a queued event until it succeeds or its retries are used up, deliver the record, and report the outcome."""
    config = function.event_invoke_config[-1].config if function.event_invoke_config else {}
    tries = 1 + int(config.get("MaximumRetryAttempts", _DEFAULT_RETRIES))
    tried, outcome = 0, _try(function, event, request_id)
    tried += 1
    while outcome.error and tried < tries:
        outcome = _try(function, event, request_id)
        tried += 1
    _record(function, config.get("DestinationConfig") or {}, event, outcome, tried)
    tell(function, event, outcome)


def _try(function: Function, event: bytes, request_id: str) -> Outcome:
    try:
        return function.run(event, request_id)
    except Exception as error:
        failure = {"errorType": type(error).__name__, "errorMessage": str(error)}
        return Outcome(request_id, json.dumps(failure).encode(), "Unhandled")


def _record(function: Function, destinations: Mapping[str, Any], event: bytes, outcome: Outcome, tried: int) -> None:
    dead_letters = function.dead_letter_config.get("TargetArn")
    if outcome.error and dead_letters:
        attributes = {
            "RequestID": ("String", outcome.request_id),
            "ErrorCode": ("Number", "200"),
            "ErrorMessage": ("String", str(outcome.failure.get("errorMessage"))[:_MAX_ERROR_MESSAGE_BYTES] or "none"),
        }
        _deliver(function, dead_letters, event.decode(), attributes)
    wanted = destinations.get("OnFailure" if outcome.error else "OnSuccess") or {}
    if wanted.get("Destination"):
        _deliver(function, wanted["Destination"], json.dumps(_invocation_record(function, event, outcome, tried)), {})


def _invocation_record(function: Function, event: bytes, outcome: Outcome, tried: int) -> dict[str, Any]:
    """Return the record. See https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html."""
    response: dict[str, Any] = {"statusCode": 200, "executedVersion": str(function.version)}
    if outcome.error:
        response["functionError"] = outcome.error
    return {
        "version": "1.0",
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": outcome.request_id,
            "functionArn": f"{function.function_arn}:$LATEST",
            "condition": "RetriesExhausted" if outcome.error else "Success",
            "approximateInvokeCount": tried,
        },
        "requestPayload": json.loads(event),
        "responseContext": response,
        "responsePayload": json.loads(outcome.payload),
    }


def _deliver(function: Function, arn: str, body: str, attributes: Mapping[str, tuple[str, str]]) -> None:
    """Send with the function's role, as Lambda does. A failed delivery is lost there, too; here it is logged."""
    named = {key: {"DataType": kind, "StringValue": value} for key, (kind, value) in attributes.items()}
    _, _, service, region, account, name, *_ = arn.split(":")
    try:
        if service == "sqs":
            url = f"{identity.current().endpoint_url}/{account}/{name}"
            clients.client("sqs", function.role, region, by="lambda.amazonaws.com").send_message(
                QueueUrl=url, MessageBody=body, MessageAttributes=named
            )
        elif service == "sns":
            clients.client("sns", function.role, region, by="lambda.amazonaws.com").publish(
                TopicArn=arn, Message=body, MessageAttributes=named
            )
        else:
            _logger.warning("the local AWS records invocations in queues and topics, not in %s", arn)
    except (BotoCoreError, ClientError) as error:
        _logger.warning("the record of %s did not reach %s: %s", function.function_name, arn, error)
