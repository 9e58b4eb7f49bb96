# SPDX-License-Identifier: Apache-2.0
"""EventBridge: rules that really deliver, and the events of the local services.

moto keeps rules and matches patterns, but delivers inside the caller's request, and only to queues and log groups.
Here, every event, from PutEvents or from a service, passes `_accept`. It hands one delivery per target to a courier
thread, so that no caller waits for a target, and order is kept. No clock fires a rule with a schedule: that is done on
request only, by `fire` or by `POST /_events/<rule>`.
"""

from __future__ import annotations

import itertools
import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.events.exceptions import ResourceNotFoundException, ValidationException
from moto.events.models import Rule, events_backends
from moto.s3 import notifications
from werkzeug.wrappers import Request, Response

from scripts.local_aws import clients, identity
from scripts.local_aws.eventbridge import event_buses, event_constraints, patterns
from scripts.local_aws.eventbridge.event_targets import Delivery, NotDeliveredError, problem_with

PATH = "/_events/"
_LOG = logging.getLogger(__name__)
# AWS retries for a day; here somebody waits for the answer.
_MOST_RETRIES = 2
_SECONDS_BETWEEN_ATTEMPTS = 0.2
_S3_REASONS = {
    "s3:ObjectCreated:Put": "PutObject",
    "s3:ObjectCreated:Post": "POST Object",
    "s3:ObjectCreated:Copy": "CopyObject",
    "s3:ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
}
_sequence = itertools.count(time.time_ns())
_put_targets: Callable[[Rule, list[dict[str, Any]]], None] = Rule.put_targets
_send_other_s3_event: Callable[..., None] = notifications._send_event_bridge_message


class NotFiredError(Exception):
    """Raised for a rule that is disabled or has no schedule."""


class Courier:
    """Thread that makes deliveries one after another and knows when it is idle."""

    def __init__(self) -> None:
        self._thread: ThreadPoolExecutor | None = None
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._under_way = 0

    def start(self) -> None:
        """Start the thread; no effect if it runs."""
        with self._changed:
            self._stopping.clear()
            self._thread = self._thread or ThreadPoolExecutor(max_workers=1, thread_name_prefix="events")

    def take(self, delivery: Delivery) -> None:
        """Accept a delivery; a stopped courier drops it."""
        with self._changed:
            if self._thread is not None:
                self._under_way += 1
                self._thread.submit(self._deliver, delivery).add_done_callback(self._done)

    def wait_idle(self, timeout: float) -> bool:
        """Wait until no delivery is under way, at most `timeout` seconds; return whether that was reached."""
        with self._changed:
            return self._changed.wait_for(lambda: self._under_way == 0, timeout)

    def stop(self) -> None:
        """Finish the current delivery and drop the rest."""
        with self._changed:
            thread, self._thread = self._thread, None
            self._stopping.set()
        if thread is not None:
            thread.shutdown(wait=True, cancel_futures=True)

    def _done(self, future: Future[None]) -> None:
        with self._changed:
            self._under_way -= 1
            self._changed.notify_all()
        if not future.cancelled() and (error := future.exception()):
            _LOG.error("an event could not be delivered", exc_info=error)

    def _deliver(self, delivery: Delivery) -> None:
        allowed = (delivery.target.get("RetryPolicy") or {}).get("MaximumRetryAttempts", _MOST_RETRIES)
        for retries in itertools.count():
            try:
                delivery.send()
                break
            except NotDeliveredError as error:
                if error.permanent or retries >= min(int(allowed), _MOST_RETRIES) or self._told_to_stop():
                    self._give_up(delivery, error, retries)
                    break

    def _told_to_stop(self) -> bool:
        return self._stopping.wait(_SECONDS_BETWEEN_ATTEMPTS)

    def _give_up(self, delivery: Delivery, error: NotDeliveredError, retries: int) -> None:
        buried = delivery.bury(error, retries)
        fate = "put into the dead-letter queue" if buried else "dropped: the target has no dead-letter queue"
        _LOG.warning("event for %s %s: %s: %s", delivery.target["Arn"], fate, error.code, error)


_courier = Courier()


def install() -> None:
    """Make moto's rules deliver through the courier, and its buckets emit S3's events in AWS's format."""
    _courier.start()
    event_buses.install()
    # moto has no hook here. Every event that it raises itself (PutEvents, replays, S3) ends in `send_to_targets`.
    for owner, name, ours in (
        (Rule, "send_to_targets", _accept),
        (Rule, "put_targets", _put_checked_targets),
        (notifications, "_send_event_bridge_message", _send_s3_event),
    ):
        setattr(owner, name, ours)


def shutdown() -> None:
    """Stop the courier; later events are dropped."""
    _courier.stop()
    clients.forget()


def wait_idle(timeout: float) -> bool:
    """Wait until every accepted event is delivered, at most `timeout` seconds; return whether that was reached."""
    return _courier.wait_idle(timeout)


def emit(  # noqa: PLR0913, PLR0917  the six parts of EventBridge's envelope
    source: str, detail_type: str, detail: Mapping[str, Any], resources: list[str], account: str, region: str
) -> None:
    """Put an event of a local AWS service on the account's default bus. Raises the errors of `event_constraints`."""
    event_constraints.check(detail_type, detail)
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": account,
        "time": datetime.now(UTC).timestamp(),
        "region": region,
        "resources": resources,
        "detail": dict(detail),
    }
    for rule in list(events_backends[account][region].event_buses["default"].rules.values()):
        _accept(rule, event)


def fire(
    rule_name: str, account: str = DEFAULT_ACCOUNT_ID, region: str = "", at: datetime | None = None
) -> dict[str, Any]:
    """Send the event of a rule's schedule to the rule's targets now, and return it.

    `region` defaults to the server's own, `at`, the time of the event, to now. Deliveries go on after the call: see
    `wait_idle`. Raises moto's ResourceNotFoundException for an unknown rule, and NotFiredError.
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-rule-schedule.html
    """
    rule = events_backends[account][region or identity.current().region].describe_rule(rule_name, None)
    if not rule.scheduled_expression:
        raise NotFiredError(f"The rule {rule_name} has no schedule: it waits for events.")
    if rule.state == "DISABLED":
        raise NotFiredError(f"The rule {rule_name} is DISABLED: it does not fire.")
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": account,
        "time": _iso((at or datetime.now(UTC)).timestamp()),
        "region": rule.region_name,
        "resources": [rule.arn],
        "detail": {},
    }
    _deliver_to_targets(rule, event)
    return event


def answer(request: Request, path: str) -> Response:
    """Serve `POST /_events/<rule>[?account=...&region=...&at=...]`: fire a rule with a schedule, return the event."""
    if request.method != "POST":
        return _json(405, {"message": "A rule is fired by POST."})
    account, region = request.args.get("account", DEFAULT_ACCOUNT_ID), request.args.get("region", "")
    try:
        at = datetime.fromisoformat(request.args["at"]) if "at" in request.args else None
        return _json(200, fire(path.removeprefix(PATH), account, region, at))
    except ResourceNotFoundException as error:
        return _json(404, {"message": error.message})
    except NotFiredError as error:
        return _json(409, {"message": str(error)})
    except ValueError as error:
        return _json(400, {"message": f"at: {error}"})


def _json(status: int, body: Mapping[str, Any]) -> Response:
    return Response(json.dumps(body) + "\n", status, content_type="application/json")


def _accept(rule: Rule, original_event: Any, transform_input: bool = True) -> None:
    """Replace moto's `Rule.send_to_targets`, hence the parameter names. The targets' own input settings apply."""
    event: Any = {**original_event, "time": _iso(original_event["time"])}
    event.pop("ingestion-time", None)
    # In moto, a rule with a schedule and no pattern matches every event; on AWS, none.
    if (
        rule.state == "DISABLED"
        or not rule.event_pattern.get_pattern()
        or not patterns.match(rule.event_pattern, event)
    ):
        return
    _deliver_to_targets(rule, event)


def _deliver_to_targets(rule: Rule, event: dict[str, Any]) -> None:
    for target in list(rule.targets):
        _courier.take(Delivery(rule.arn, dict(target), event))


def _put_checked_targets(rule: Rule, targets: list[dict[str, Any]]) -> None:
    for target in targets:
        problem = problem_with(target)
        if problem:
            raise ValidationException(problem)
    _put_targets(rule, targets)


def _send_s3_event(account_id: str, bucket: Any, event_name: str, key: Any) -> None:
    """Emit `Object Created` in S3's format; moto's other S3 events keep moto's format.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
    """
    name = str(getattr(event_name, "value", event_name))
    reason = _S3_REASONS.get(name)
    if reason is None:
        return _send_other_s3_event(account_id, bucket, event_name, key)
    # moto completes a multipart upload by a put, which S3 does not report.
    if reason == "PutObject" and key.multipart is not None:
        return None
    detail = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": _described(key, bucket),
        "request-id": uuid.uuid4().hex[:16].upper(),
        "requester": account_id,
        "source-ip-address": "127.0.0.1",
        "reason": reason,
    }
    return emit("aws.s3", "Object Created", detail, [bucket.arn], account_id, bucket.region_name)


def _described(key: Any, bucket: Any) -> dict[str, Any]:
    described = {
        "key": key.name,
        "size": key.size,
        "etag": key.etag.strip('"'),
        "sequencer": f"{next(_sequence):018X}",
    }
    return described | ({"version-id": key.version_id} if bucket.is_versioned else {})


def _iso(time_: str | float) -> str:
    if isinstance(time_, str):
        return time_
    return datetime.fromtimestamp(time_, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
