# SPDX-License-Identifier: Apache-2.0
"""`Custom::SmokeTest`: a model is asked through its inference API, and the stack fails if the answer is not as wanted.

A Lambda function of its own: this file, and beside it `smoke_test.json`, which says what is asked and what is wanted;
boto3 and jmespath of the runtime. CloudFormation calls it when `Served` or the address differs, which is when something
else serves or another test is wanted. Properties: `Url` of the API, `Served` (texts that say what serves and what the
test is), `Bus` (ARN of the event bus that hears the figures).

A rollback serves what served before, and must not fail: it has passed its test then. The physical id is
`<digest of Served>/<the one before>`. Properties whose digest is in it are those of a return, or of an event that came
twice: calls are made for the figures, and whatever they find, CloudFormation gets a success.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
"""

import hashlib
import json
import os
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import jmespath
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from botocore.httpsession import URLLib3Session

_SOURCE = "mlops-orchestrator.smoke-test"
_DETAIL_TYPE = "MLOps Smoke Test Ended"
# API Gateway gives up after 29 s.
_CALL_SECONDS = 32
# A new role, or a new API, may be unknown for a while.
_PATIENCE_SECONDS = 60
_PAUSE_SECONDS = 3
_NOT_KNOWN_YET = 403
# The least that a request may ask of the throttle is one call a second.
_TOO_MANY = 429
_THROTTLED_SECONDS = 1
# What is left of the function's time for the figures and the answer.
_RESERVE_MS = 45_000
_FIGURES = Config(connect_timeout=3, read_timeout=5, retries={"total_max_attempts": 2})
_DIGEST_CHARACTERS = 16
# CloudFormation accepts a response of 4,096 bytes, and in JSON one character may become six.
_LONGEST_REASON = 600
_LONGEST_ANSWER = 300


def handler(event: dict[str, Any], context: Any) -> None:
    """Answer an event of CloudFormation, which waits for it; report any failure as one."""
    try:
        answer = {"Status": "SUCCESS", "PhysicalResourceId": _carried_out(event, context)}
    except SmokeTestFailedError as failure:
        answer = _failed(event, str(failure))
    except Exception as error:
        answer = _failed(event, f"The smoke test could not be made: {type(error).__name__}: {error}")
    asked = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    # The URL is signed for a request without a content type.
    request = urllib.request.Request(  # noqa: S310
        event["ResponseURL"], json.dumps({**asked, **answer}).encode(), {"Content-Type": ""}, method="PUT"
    )
    with urllib.request.urlopen(request, timeout=20):  # noqa: S310
        pass


class SmokeTestFailedError(Exception):
    """The model did not answer as wanted; `str()` says which call, what came and what was expected."""


def _failed(event: dict[str, Any], reason: str) -> dict[str, Any]:
    print(json.dumps({"level": "ERROR", "stack": event["StackId"], "reason": reason}))
    physical_id = event.get("PhysicalResourceId", "not-passed")
    return {"Status": "FAILED", "Reason": reason[:_LONGEST_REASON], "PhysicalResourceId": physical_id}


def _carried_out(event: dict[str, Any], context: Any) -> str:
    """Carry out the event; return the physical id. Raises `SmokeTestFailedError`."""
    current = str(event.get("PhysicalResourceId", ""))
    if event["RequestType"] == "Delete":
        return current
    properties = event["ResourceProperties"]
    digest = hashlib.sha256(json.dumps(properties["Served"]).encode()).hexdigest()[:_DIGEST_CHARACTERS]
    passed = current.split("/")
    test = json.loads(Path(__file__).with_name("smoke_test.json").read_text(encoding="utf-8"))
    figures = Calls(test, properties["Url"]).made(context)
    _tell(properties["Bus"], event["StackId"], figures)
    if figures["problem"] and digest not in passed:
        raise SmokeTestFailedError(figures["problem"])
    return current if passed[0] == digest else "/".join(filter(None, [digest, passed[0]]))


def _tell(bus: str, stack: str, figures: dict[str, Any]) -> None:
    """Send the figures to the orchestrator's bus. They are for people: the test does not depend on them."""
    detail = {"stack": stack.split("/")[1], **figures}
    entry = {"Source": _SOURCE, "DetailType": _DETAIL_TYPE, "Detail": json.dumps(detail), "EventBusName": bus}
    try:
        answer = boto3.client("events", config=_FIGURES).put_events(Entries=[entry])
        refused = [one["ErrorMessage"] for one in answer["Entries"] if "ErrorMessage" in one]
    except (BotoCoreError, ClientError) as error:
        refused = [str(error)]
    print(json.dumps({"level": "WARNING" if refused else "INFO", "figures": detail, "not_sent": refused}))


class Calls:
    """Signed calls of an inference API, each held against what is wanted."""

    def __init__(self, test: dict[str, Any], url: str) -> None:
        self._test = test
        self._url = url
        self._session = URLLib3Session(timeout=(5, _CALL_SECONDS))
        self._credentials = boto3.Session().get_credentials()
        self._wanted = jmespath.compile(test["expression"]) if test["expression"] else None

    def made(self, context: Any) -> dict[str, Any]:
        """Make all calls, one after the other; return their figures, in milliseconds, and the first problem."""
        self._wake_up(context)
        problems, latencies = [], []
        number, count = 0, self._test["calls"]
        while number < count and context.get_remaining_time_in_millis() > _RESERVE_MS:
            number += 1
            status, body, latency = self._answered(context)
            latencies.append(latency)
            if problem := self._problem(status, body, latencies[-1]):
                problems.append(f"call {number} of {count}: {problem}")
        if number < count:
            problems.append(f"only {number} of {count} calls were made in the time that the test has")
        first = f"The smoke test failed at {problems[0]}" if problems else ""
        return {"calls": number, "errors": len(problems), "problem": first, **_percentiles(latencies), "at": _now()}

    def _answered(self, context: Any) -> tuple[int, str, int]:
        """Make a call that counts; return status, body and milliseconds. One that the API's throttle refuses waits."""
        while True:
            begun = time.perf_counter()
            status, body = self._call()
            latency = round((time.perf_counter() - begun) * 1000)
            is_refused = status == _TOO_MANY != self._test["expected_status"]
            if not is_refused or context.get_remaining_time_in_millis() <= _RESERVE_MS:
                return status, body, latency
            time.sleep(_THROTTLED_SECONDS)

    def _wake_up(self, context: Any) -> None:
        """Make a call that does not count: it starts functions and connections, and waits until API and role work."""
        patient_until = time.monotonic() + _PATIENCE_SECONDS
        while self._call()[0] == _NOT_KNOWN_YET and time.monotonic() < patient_until:
            if context.get_remaining_time_in_millis() < _RESERVE_MS:
                return
            time.sleep(_PAUSE_SECONDS)

    def _call(self) -> tuple[int, str]:
        """Make a call; return status and body, or 0 and why there was no answer."""
        test, address = self._test, urlsplit(self._url)
        headers = {**test["headers"], "Host": address.netloc}
        # The SDKs' own setting of another place for all services; the local AWS serves its APIs there, too.
        place = os.environ.get("AWS_ENDPOINT_URL") or f"{address.scheme}://{address.netloc}"
        request = AWSRequest("POST", f"{place}{address.path}", headers, test["body"].encode())
        credentials = self._credentials.get_frozen_credentials()
        SigV4Auth(credentials, "execute-api", os.environ["AWS_REGION"]).add_auth(request)
        try:
            answer = self._session.send(request.prepare())
        except HTTPClientError as error:
            return 0, str(error)
        return answer.status_code, answer.content.decode("utf-8", "replace")

    def _problem(self, status: int, body: str, latency_ms: int) -> str:
        """Return what is not as wanted, in words; empty if nothing."""
        test, said = self._test, body[:_LONGEST_ANSWER]
        if status == 0:
            return f"no answer came: {said}"
        if status != test["expected_status"]:
            return f"status {status} came, {test['expected_status']} was expected. The answer: {said}"
        if self._wanted is not None:
            try:
                found = self._wanted.search(_parsed(body))
            except jmespath.exceptions.JMESPathError as error:
                return f"{test['expression']} cannot be evaluated: {error}. The answer: {said}"
            if found != test["expected"] or isinstance(found, bool) != isinstance(test["expected"], bool):
                found_text, wanted_text = json.dumps(found)[:_LONGEST_ANSWER], json.dumps(test["expected"])
                return f"{test['expression']} is {found_text}, {wanted_text} was expected. The answer: {said}"
        if test["max_latency_ms"] and latency_ms > test["max_latency_ms"]:
            return f"it took {latency_ms} ms, and at most {test['max_latency_ms']} ms are wanted"
        return ""


def _parsed(body: str) -> Any:
    """Return an answer as JSON; what is none, such as a line of CSV, is the text itself."""
    try:
        return json.loads(body)
    except ValueError:
        return body.strip()


def _percentiles(latencies: list[int]) -> dict[str, int]:
    ordered = sorted(latencies) or [0]
    ranks = {"p50_ms": 50, "p95_ms": 95, "max_ms": 100}
    # The nearest rank: the smallest value that so many percent of all do not exceed.
    return {name: ordered[max(0, -(-len(ordered) * percent // 100) - 1)] for name, percent in ranks.items()}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
