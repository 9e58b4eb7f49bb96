# SPDX-License-Identifier: Apache-2.0
"""DeploymentConfig of UpdateEndpoint: the steps that it asks for, and what SageMaker refuses.

https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails.html
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from moto.sagemaker.exceptions import AWSValidationException

from scripts.local_aws.sagemaker.endpoints.variants import Fleet

_PERCENT: Final = "CAPACITY_PERCENT"
# The shares of the instances that a step may have, in percent: API_TrafficRoutingConfig, API_RollingUpdatePolicy.
_CANARY, _LINEAR, _BATCH, _ROLL_BACK_BATCH = (0, 50), (10, 50), (5, 50), (0, 100)


@dataclass(frozen=True)
class Step:
    """Share of the traffic, 0 to 1, that the new fleet gets, and the seconds for which alarms are watched then."""

    share: float
    seconds: int = 0


@dataclass(frozen=True)
class Policy:
    """Steps of a deployment, those of its roll-back, and the alarms that cause one."""

    steps: tuple[Step, ...] = (Step(1.0),)
    back: tuple[Step, ...] = (Step(0.0),)
    alarms: tuple[str, ...] = ()


def read(config: dict[str, Any], old: Fleet, new: Fleet) -> Policy:
    """Return the policy for going from one fleet to another. Raise SageMaker's ValidationException.

    Exclusions: https://docs.aws.amazon.com/sagemaker/latest/dg/deployment-guardrails-exclusions.html
    """
    if "BlueGreenUpdatePolicy" in config and "RollingUpdatePolicy" in config:
        raise AWSValidationException("Only one update policy should be used in the deployment configuration.")
    _check_names(old, new)
    alarms = config.get("AutoRollbackConfiguration", {}).get("Alarms", [])
    names = tuple(str(alarm["AlarmName"]) for alarm in alarms)
    if rolling := config.get("RollingUpdatePolicy"):
        return _rolling(rolling, old, new, names)
    if _is_excluded(new):
        return Policy()
    if "BlueGreenUpdatePolicy" not in config:
        return Policy(alarms=names)
    steps = tuple(_blue_green(config["BlueGreenUpdatePolicy"], new))
    _check_time(config["BlueGreenUpdatePolicy"], steps)
    return Policy(steps, alarms=names)


def _check_names(old: Fleet, new: Fleet) -> None:
    names = [{variant.name for variant in (*fleet.variants, *fleet.shadows)} for fleet in (old, new)]
    if names[0] != names[1]:
        raise AWSValidationException(
            "A deployment configuration needs an endpoint configuration with the same variant names: "
            f"{', '.join(sorted(names[1]))} would follow {', '.join(sorted(names[0]))}."
        )


def _is_excluded(fleet: Fleet) -> bool:
    """Whether a fleet is updated all at once, and unwatched, whatever is asked for."""
    types = [str(variant.declared.get("InstanceType", "")) for variant in fleet.variants]
    return any(variant.count is None for variant in fleet.variants) or any(one.startswith("ml.inf1.") for one in types)


def _blue_green(policy: dict[str, Any], new: Fleet) -> Iterator[Step]:
    routing = policy["TrafficRoutingConfiguration"]
    wait, last = int(routing["WaitIntervalInSeconds"]), int(policy.get("TerminationWaitInSeconds", 0))
    sizes = {"CANARY": ("CanarySize", _CANARY), "LINEAR": ("LinearStepSize", _LINEAR)}
    if routing["Type"] in sizes:
        member, allowed = sizes[routing["Type"]]
        if member not in routing:
            raise AWSValidationException(f"{member} is required for the traffic routing type {routing['Type']}.")
        share = _share(routing[member], member, allowed, new)
        yield from _until_all(share, wait) if routing["Type"] == "LINEAR" else [Step(share, wait)]
    yield Step(1.0, last)


def _until_all(share: float, wait: int) -> Iterator[Step]:
    number = 1
    while share * number < 0.999:
        yield Step(share * number, wait)
        number += 1


def _rolling(policy: dict[str, Any], old: Fleet, new: Fleet, alarms: tuple[str, ...]) -> Policy:
    for fleet in (old, new):
        if any(variant.count is None for variant in fleet.variants):
            raise AWSValidationException("Rolling deployments do not support serverless inference endpoints.")
        if len(fleet.variants) > 1:
            raise AWSValidationException("Rolling deployments do not support multi-variant inference endpoints.")
    wait = int(policy["WaitIntervalInSeconds"])
    share = _share(policy["MaximumBatchSize"], "MaximumBatchSize", _BATCH, new)
    steps = (*_until_all(share, wait), Step(1.0, wait))
    _check_time(policy, steps)
    back: tuple[Step, ...] = (Step(0.0),)
    if size := policy.get("RollbackMaximumBatchSize"):
        shares = _until_all(_share(size, "RollbackMaximumBatchSize", _ROLL_BACK_BATCH, new), wait)
        back = (*(Step(1 - step.share, wait) for step in shares), Step(0.0))
    return Policy(steps, back, alarms)


def _share(size: dict[str, Any], member: str, allowed: tuple[int, int], fleet: Fleet) -> float:
    """Return a step's share of the smallest variant: whole instances, if it is told in instances."""
    instances = min(variant.count or 1 for variant in fleet.variants)
    value = int(size["Value"])
    percent = value if size["Type"] == _PERCENT else 100 * value / instances
    low, high = allowed
    if not low <= percent <= high:
        raise AWSValidationException(
            f"{member} must be {low} to {high} percent of the variant's total instance count ({instances}); "
            f"{value} ({size['Type']}) is {percent:g} percent."
        )
    return percent / 100


def _check_time(policy: dict[str, Any], steps: tuple[Step, ...]) -> None:
    limit, waits = policy.get("MaximumExecutionTimeoutInSeconds"), sum(step.seconds for step in steps)
    if limit is not None and limit <= waits:
        raise AWSValidationException(
            f"MaximumExecutionTimeoutInSeconds ({limit}) must be larger than the total waiting time ({waits})."
        )
