# SPDX-License-Identifier: Apache-2.0
"""One minute of Application Auto Scaling: limits that a schedule changes, then what policies say.

As on AWS, three minutes above the target of a tracked metric add capacity, and fifteen well below it take some away;
without values of the metric nothing is taken away. A policy of steps acts while an alarm that names it is in ALARM. Of
several policies, the one that gives the most capacity counts.
https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html
"""

from __future__ import annotations

import math
import re
import zoneinfo
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend

from monitor_engine import schedules
from monitor_engine.problems import EngineError
from scripts.local_aws.autoscaling import steps
from scripts.local_aws.autoscaling.tracked import Scaled, loads
from scripts.local_aws.autoscaling.variants import ScaledVariant
from scripts.local_aws.cloudwatch.metric_store import MINUTE, Place
from scripts.local_aws.sagemaker.components.scaled import DIMENSION, ScaledComponent
from scripts.local_aws.sagemaker.endpoints.variants import SCALED_DIMENSION

_HIGH_MINUTES: Final = 3
_LOW_MINUTES: Final = 15
_WELL_BELOW: Final = 0.9
_COOLDOWN: Final = 300
"""Seconds, for a policy that names none."""
_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")

KINDS: Final[dict[str, Callable[[Place, str], Scaled | None]]] = {
    SCALED_DIMENSION: ScaledVariant.of,
    DIMENSION: ScaledComponent.of,
}
"""Scalable dimension -> who finds what has it, by the resource id."""

_changes: dict[Scaled, datetime] = {}
"""When a policy has changed something last."""


def forget() -> None:
    """Begin without a history."""
    _changes.clear()


def evaluate(backend: ApplicationAutoscalingBackend, end: datetime) -> None:
    """Scale what an account and Region has registered, by the minutes before a full one."""
    for dimension, found in KINDS.items():
        for target in list(backend.targets.get(dimension, {}).values()):
            scaled = found((backend.account_id, backend.region_name), target.resource_id)
            if scaled is not None and scaled.exists:
                _evaluate_target(backend, target, scaled, end)


def _evaluate_target(backend: ApplicationAutoscalingBackend, target: Any, scaled: Scaled, end: datetime) -> None:
    def is_its(one: Any) -> bool:
        return bool(one.resource_id == target.resource_id and one.scalable_dimension == target.scalable_dimension)

    for action in filter(is_its, list(backend.scheduled_actions)):
        if is_due(action.schedule, action.timezone or "UTC", end):
            limits: Any = action.scalable_target_action
            target.update(limits.get("MinCapacity"), limits.get("MaxCapacity"), None)
    scaled.keep_within(int(target.min_capacity or 0), int(target.max_capacity or 0))
    wanted = [_wanted(scaled, policy, end) for policy in filter(is_its, list(backend.policies.values()))]
    known = [one for one in wanted if one is not None]
    if not known:
        return
    desired = min(max(*known, int(target.min_capacity)), int(target.max_capacity))
    if desired != scaled.count:
        _changes[scaled] = end
        scaled.set_count(desired)


def _wanted(scaled: Scaled, policy: Any, end: datetime) -> int | None:
    """Return the capacity that a policy wants; None if it wants no other than there is, or has to cool down."""
    if tracking := policy.target_tracking_scaling_policy_configuration:
        desired = _tracked(scaled, tracking, end)
        cooldown = tracking.get("ScaleOutCooldown" if desired > scaled.count else "ScaleInCooldown", _COOLDOWN)
    elif stepping := policy.step_scaling_policy_configuration:
        desired = steps.wanted(scaled.count, stepping, steps.breach(policy, end))
        cooldown = stepping.get("Cooldown", _COOLDOWN)
    else:
        return None
    changed = _changes.get(scaled)
    cools_down = changed is not None and (end - changed).total_seconds() < int(cooldown)
    return None if desired == scaled.count or cools_down else desired


def is_due(expression: str, zone: str, end: datetime) -> bool:
    """Whether a schedule, which is in the time of its `zone`, fires in the minute that ends at a moment, in UTC."""
    # As the clock on the wall there shows it: schedules know no zone.
    there = end.astimezone(zoneinfo.ZoneInfo(zone)).replace(tzinfo=UTC)
    if rate := _RATE.fullmatch(expression):
        period = timedelta(**{f"{rate[2]}s": int(rate[1])}).total_seconds()
        return there.timestamp() % period < MINUTE
    if expression.startswith("at("):
        fired = datetime.fromisoformat(expression[3:-1]).replace(tzinfo=UTC)
    else:
        try:
            fired = schedules.previous(expression, there + timedelta(seconds=1))
        except EngineError:
            # It has no time within a year.
            return False
    return there - timedelta(seconds=MINUTE) < fired <= there


def _tracked(scaled: Scaled, policy: Mapping[str, Any], end: datetime) -> int:
    """Return the capacity that brings the load of an instance near to the policy's target."""
    wanted = float(policy["TargetValue"])
    found = loads(scaled, policy, end, _LOW_MINUTES)
    known = [load for load in found if load is not None]
    if all(load is not None and load > wanted for load in found[-_HIGH_MINUTES:]):
        # With nothing there yet, the metric is that of all.
        return math.ceil(max(scaled.count, 1) * known[-1] / wanted)
    if len(known) == _LOW_MINUTES and max(known) < wanted * _WELL_BELOW:
        return min(math.ceil(scaled.count * max(known) / wanted), scaled.count)
    return scaled.count
