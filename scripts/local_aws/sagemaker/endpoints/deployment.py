# SPDX-License-Identifier: Apache-2.0
"""Deployment of a new fleet in steps, by the clock, and its roll-back when an alarm goes off."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from moto.cloudwatch.models import Alarm, cloudwatch_backends
from moto.core.utils import utcnow
from moto.sagemaker.models import sagemaker_backends

from scripts.local_aws import clock
from scripts.local_aws.sagemaker.endpoints.endpoint import LocalEndpoint, summary
from scripts.local_aws.sagemaker.endpoints.policies import Policy, Step
from scripts.local_aws.sagemaker.endpoints.variants import Fleet, Variant

_ALARM = "ALARM"


class Deployment:
    """Way of an endpoint from its old fleet to a new one. Both serve by their share until it is over."""

    def __init__(self, endpoint: LocalEndpoint, new: Fleet, policy: Policy) -> None:
        assert endpoint.fleet is not None  # noqa: S101 - an endpoint without a fleet is deployed at once
        self._endpoint, self._old, self._new, self._policy = endpoint, endpoint.fleet, new, policy
        self._lock = threading.RLock()
        self._steps: Sequence[Step] = policy.steps
        self._reason: str | None = None
        self._over = False
        self._started = self._changed = utcnow()

    def begin(self) -> None:
        """Take the first step, and all those after it that nothing waits for."""
        with self._lock:
            self._endpoint.change(status="Updating", reason=None, deployment=self)
            self._step(0)

    def alarm_changed(self, alarm: Alarm) -> None:
        """Roll back if it is one of the deployment's, and has gone off."""
        if alarm.name in self._policy.alarms and alarm.state_value == _ALARM:
            with self._lock:
                self._check()

    def pending(self) -> dict[str, Any]:
        """Return the PendingDeploymentSummary of DescribeEndpoint."""
        found: dict[str, Any] = {
            "EndpointConfigName": self._new.config.endpoint_config_name,
            "ProductionVariants": [self._pending(variant) for variant in self._new.variants],
            "StartTime": self._started,
        }
        if self._new.shadows:
            found["ShadowProductionVariants"] = [self._pending(variant) for variant in self._new.shadows]
        return found

    def _pending(self, variant: Variant) -> dict[str, Any]:
        instance = variant.declared.get("InstanceType")
        status = {"Status": "Deleting" if self._reason else "Baking", "StartTime": self._changed}
        found = summary(variant, self._started) | {"VariantStatus": [status]}
        return found | ({"InstanceType": instance} if instance else {})

    def _step(self, number: int) -> None:
        """Take a step; the next one comes after its time."""
        if number == len(self._steps):
            self._end()
            return
        step = self._steps[number]
        self._changed = utcnow()
        self._endpoint.traffic.route({self._old: 1 - step.share, self._new: step.share})
        if self._check():
            return
        if step.seconds:
            moment = clock.now() + timedelta(seconds=step.seconds)
            clock.when(moment, lambda steps=self._steps: self._waited(steps, number + 1))  # type: ignore[misc]
        else:
            self._step(number + 1)

    def _waited(self, steps: Sequence[Step], number: int) -> None:
        """Go on, unless the deployment has turned back meanwhile."""
        with self._lock:
            if not self._over and steps is self._steps and not self._check():
                self._step(number)

    def _check(self) -> bool:
        """Turn back if an alarm is on; return whether it did now."""
        if self._over or self._reason:
            return False
        account, region = self._endpoint.account_id, self._endpoint.region_name
        known = cloudwatch_backends[account][region].alarms
        on = [name for name in self._policy.alarms if name in known and known[name].state_value == _ALARM]
        if not on:
            return False
        self._reason = (
            f"The deployment to endpoint configuration {self._new.config.endpoint_config_name} was rolled back: "
            f"CloudWatch alarm{'s' if len(on) > 1 else ''} {', '.join(on)} went into the ALARM state."
        )
        self._endpoint.change(status="RollingBack", reason=self._reason, deployment=self)
        self._steps = self._policy.back
        self._step(0)
        return True

    def _end(self) -> None:
        self._over = True
        self._endpoint.go_live(self._old if self._reason else self._new, self._reason)


def alarm_changed(alarm: Alarm) -> None:
    """Let the deployments of an alarm's account and Region know of its change."""
    account = alarm.alarm_arn.split(":")[4]
    for endpoint in list(sagemaker_backends[account][alarm.region_name].endpoints.values()):
        running = getattr(endpoint, "deployment", None)
        if running is not None:
            running.alarm_changed(alarm)
