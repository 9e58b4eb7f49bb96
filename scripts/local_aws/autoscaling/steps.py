# SPDX-License-Identifier: Apache-2.0
"""Step scaling: an alarm in ALARM changes the capacity by as much as the size of its breach asks for.

https://docs.aws.amazon.com/autoscaling/application/userguide/step-scaling-policy-overview.html
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import Alarm, cloudwatch_backends

from scripts.local_aws.cloudwatch import alarm_states


def breach(policy: Any, end: datetime) -> float | None:
    """Return by how much the metric of an alarm that names a policy is over the threshold; None without such an alarm.

    The adjustments go on, by the newest value before a full minute, until the alarm is no longer in ALARM.
    """
    for alarm in list(cloudwatch_backends[policy.account_id][policy.region_name].alarms.values()):
        if alarm.state_value == "ALARM" and any(_is_of(policy, action) for action in alarm.alarm_actions or ()):
            return _size(alarm, end)
    return None


def wanted(count: int, config: Mapping[str, Any], size: float | None) -> int:
    """Return the capacity that a policy asks for at a breach of this size."""
    steps = [] if size is None else [one for one in config.get("StepAdjustments", []) if _is_in(one, size)]
    if not steps:
        return count
    adjustment = int(steps[0]["ScalingAdjustment"])
    kind = config["AdjustmentType"]
    if kind == "ExactCapacity":
        return adjustment
    if kind == "ChangeInCapacity":
        return max(count + adjustment, 0)
    change = count * adjustment / 100
    # Below one, a change is one; above, it is rounded towards none.
    rounded = math.trunc(change) if abs(change) >= 1 else int(math.copysign(math.ceil(abs(change)), change))
    least = int(config.get("MinAdjustmentMagnitude", 0))
    return max(count + int(math.copysign(max(abs(rounded), least), adjustment)), 0)


def _is_of(policy: Any, action: str) -> bool:
    """Whether an action is a policy, whose id is another one each time that moto keeps it."""
    return action.partition(":resource/")[2] == str(policy.policy_arn).partition(":resource/")[2]


def _size(alarm: Alarm, end: datetime) -> float:
    """Return the newest value's distance from the threshold; none for a state that somebody has set without a value."""
    threshold = float(alarm.threshold)
    value = alarm_states.newest_value(alarm, end)
    return 0.0 if value is None else value - threshold


def _is_in(step: Mapping[str, Any], size: float) -> bool:
    """Whether a breach is within a step: bounds are inclusive on the side of the threshold."""
    lower, upper = step.get("MetricIntervalLowerBound"), step.get("MetricIntervalUpperBound")
    low = -math.inf if lower is None else float(lower)
    high = math.inf if upper is None else float(upper)
    return low <= size < high if size >= 0 else low < size <= high
