# SPDX-License-Identifier: Apache-2.0
"""Events that a rule forwards unchanged to another event bus, also of another account or Region.

A rule puts events on a target bus by PutEvents, as the target's role. But PutEvents accepts no account, time or id,
and no source that begins with `aws.`. So the call refers to an event announced before, and the local EventBridge
enters that one.
https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

from moto.events.models import EventsBackend, events_backends

_put_events = EventsBackend.put_events
_announced: dict[str, Mapping[str, Any]] = {}


def install() -> None:
    """Let PutEvents enter announced events. Repeating it changes nothing."""
    setattr(EventsBackend, "put_events", _put_or_enter)  # noqa: B010 - the type checker rightly minds an assignment


def may_pass(event: Mapping[str, Any], rule_arn: str, bus_arn: str) -> bool:
    """Whether a rule may forward an event to a bus: events from another account do not go on to a third one."""
    own = _place(rule_arn)[0]
    return event["account"] == own or _place(bus_arn)[0] == own


@contextmanager
def entry(event: Mapping[str, Any], bus_arn: str) -> Iterator[dict[str, Any]]:
    """Yield the PutEvents entry that represents an event, valid within the `with` block."""
    token = str(uuid.uuid4())
    _announced[token] = event
    try:
        yield {
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
            "Resources": event["resources"],
            "EventBusName": bus_arn,
            "TraceHeader": token,
        }
    finally:
        del _announced[token]


def _put_or_enter(backend: EventsBackend, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Replace moto's `put_events`, hence the parameter names. Only rules announce events, one at a time.

    moto looks for a bus in the account of the caller alone, whatever its ARN says.
    """
    event = _announced.get(events[0].get("TraceHeader", "")) if events else None
    if event is not None:
        return [_enter(event, events[0]["EventBusName"])]
    if not any(_is_elsewhere(backend, one) for one in events):
        answer: list[dict[str, Any]] = _put_events(backend, events)
        return answer
    return [
        _enter(_event(backend, one), one["EventBusName"])
        if _is_elsewhere(backend, one)
        else _put_events(backend, [one])[0]
        for one in events
    ]


def _enter(event: Mapping[str, Any], bus_arn: str) -> dict[str, Any]:
    account, region = _place(bus_arn)
    bus = events_backends[account][region].describe_event_bus(bus_arn.partition("/")[2])
    for rule in list(bus.rules.values()):
        rule.send_to_targets(cast(Any, event))
    return {"EventId": event["id"]}


def _is_elsewhere(backend: EventsBackend, given: Mapping[str, Any]) -> bool:
    bus = str(given.get("EventBusName", ""))
    return bus.startswith("arn:") and _place(bus)[0] != backend.account_id


def _event(backend: EventsBackend, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event that an entry of the caller's account becomes."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": given["DetailType"],
        "source": given["Source"],
        "account": backend.account_id,
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "region": backend.region_name,
        "resources": list(given.get("Resources") or ()),
        "detail": json.loads(given["Detail"]),
    }


def _place(arn: str) -> tuple[str, str]:
    """Return the account and Region in an ARN."""
    _, _, _, region, account, _ = arn.split(":", 5)
    return account, region
