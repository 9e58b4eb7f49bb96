# SPDX-License-Identifier: Apache-2.0
"""One minute of Application Auto Scaling: limits that a schedule changes, then the load that a policy tracks.

As on AWS, three minutes above the target add instances, and fifteen well below it take some away; without calls there
is no metric, and nothing is taken away.
https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html
"""

from __future__ import annotations

import math
import re
import zoneinfo
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from moto.applicationautoscaling.models import ApplicationAutoscalingBackend

from monitor_engine import schedules
from monitor_engine.problems import EngineError
from scripts.local_aws.autoscaling.variants import ScaledVariant
from scripts.local_aws.cloudwatch.metric_store import MINUTE
from scripts.local_aws.sagemaker.endpoints.variants import SCALED_DIMENSION

_HIGH_MINUTES: Final = 3
_LOW_MINUTES: Final = 15
_WELL_BELOW: Final = 0.9
_COOLDOWN: Final = 300
"""Seconds, for a policy that names none."""
_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")

_changes: dict[ScaledVariant, datetime] = {}
"""When a policy has changed a variant last."""


def forget() -> None:
    """Begin without a history."""
    _changes.clear()


def evaluate(backend: ApplicationAutoscalingBackend, end: datetime) -> None:
    """Scale the variants of an account and Region by the minutes before a full one."""
    for target in list(backend.targets.get(SCALED_DIMENSION, {}).values()):
        variant = ScaledVariant.of((backend.account_id, backend.region_name), target.resource_id)
        if variant is None or not variant.exists:
            continue
        for action in backend.scheduled_actions:
            if action.resource_id == target.resource_id and is_due(action.schedule, action.timezone or "UTC", end):
                limits: Any = action.scalable_target_action
                target.update(limits.get("MinCapacity"), limits.get("MaxCapacity"), None)  # type: ignore[arg-type]
        variant.keep_within(int(target.min_capacity or 0), int(target.max_capacity or 0))
        for policy in backend.policies.values():
            if policy.resource_id == target.resource_id and policy.target_tracking_scaling_policy_configuration:
                _track(variant, policy.target_tracking_scaling_policy_configuration, target, end)


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


def _track(variant: ScaledVariant, policy: Mapping[str, Any], target: Any, end: datetime) -> None:
    """Bring the load of an instance near to the policy's target."""
    wanted = float(policy["TargetValue"])
    loads = variant.invocations_per_instance(end, _LOW_MINUTES)
    known = [load for load in loads if load is not None]
    count, desired = variant.count, variant.count
    newest = loads[-_HIGH_MINUTES:]
    if all(load is not None and load > wanted for load in newest):
        desired = math.ceil(count * known[-1] / wanted)
    elif len(known) == _LOW_MINUTES and max(known) < wanted * _WELL_BELOW:
        desired = math.ceil(count * max(known) / wanted)
    desired = min(max(desired, int(target.min_capacity)), int(target.max_capacity))
    if desired != count and not _cools_down(variant, policy, end, grows=desired > count):
        _changes[variant] = end
        variant.set_count(desired)


def _cools_down(variant: ScaledVariant, policy: Mapping[str, Any], end: datetime, *, grows: bool) -> bool:
    changed = _changes.get(variant)
    seconds = int(policy.get("ScaleOutCooldown" if grows else "ScaleInCooldown", _COOLDOWN))
    return changed is not None and (end - changed).total_seconds() < seconds
