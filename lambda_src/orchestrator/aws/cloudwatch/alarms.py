# SPDX-License-Identifier: Apache-2.0
"""Alarms of this account and Region."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from orchestrator.aws.calls import calling, client
from orchestrator.sagemaker.monitor_alarms import ALARM

_TYPES: Final = ["MetricAlarm", "CompositeAlarm"]


def named(names: Sequence[str]) -> tuple[str, ...]:
    """Return the names of those alarms that are there."""
    return tuple(str(alarm["AlarmName"]) for alarm in _described(AlarmNames=list(names)))


def beginning(prefix: str, containing: str) -> tuple[str, ...]:
    """Return the names of all alarms that begin with a prefix and contain a text."""
    found = (str(alarm["AlarmName"]) for alarm in _described(AlarmNamePrefix=prefix))
    return tuple(name for name in found if containing in name)


def firing(prefix: str) -> tuple[str, ...]:
    """Return the names of all alarms that begin with a prefix and are in ALARM."""
    found = _described(AlarmNamePrefix=prefix)
    return tuple(str(alarm["AlarmName"]) for alarm in found if alarm["StateValue"] == ALARM)


def _described(**which: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    with calling("describe alarms"):
        for page in client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmTypes=_TYPES, **which):
            found += [*page.get("MetricAlarms", ()), *page.get("CompositeAlarms", ())]
    return found
