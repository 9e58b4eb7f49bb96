# SPDX-License-Identifier: Apache-2.0
"""`deployment` of an endpoint: how an update reaches traffic, and the alarms that take it back."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from orchestrator.errors import Problem
from orchestrator.sagemaker.serving import guardrails
from orchestrator.values import things
from orchestrator.values.common import NUMBER, Expect

MOST_NAMED: Final = 3
"""Alarms of others: the template has a place for each."""

StrategyName = Annotated[
    Literal["all_at_once", "canary", "linear", "rolling"], Expect("all_at_once, canary, linear or rolling")
]
StepPercent = Annotated[int, Field(ge=1, le=50), NUMBER, Expect("a whole number of percent, 1 to 50")]
StepInstances = Annotated[int, Field(ge=1, le=1000), NUMBER, Expect("a whole number of instances, 1 or more")]
Wait = Annotated[int, Field(ge=0, le=3600), NUMBER, Expect("a whole number of seconds, 0 to 3600")]
Maximum = Annotated[int, Field(ge=600, le=28800), NUMBER, Expect("a whole number of seconds, 600 to 28800")]
Percent = Annotated[
    float, Field(ge=0, le=100, allow_inf_nan=False), NUMBER, Expect("a number of percent, 0 to 100; 0 makes no alarm")
]
Milliseconds = Annotated[
    int, Field(ge=0, le=3_600_000), NUMBER, Expect("a whole number of milliseconds; 0 makes no alarm")
]
AlarmName = Annotated[
    str,
    Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x20,][^\x00-\x1f,]*$"),
    Expect("the name of a CloudWatch alarm of the endpoint's account and Region", but="without commas"),
]

_SIZES: Final = {"step_percent": "CAPACITY_PERCENT", "step_instances": "INSTANCE_COUNT"}
_DEFAULT_PERCENT: Final = {"canary": 10, "linear": 20, "rolling": 50}
_NEXT_METRIC: Final = 120
"""Seconds after which an alarm of one minute has seen the first calls of a new model."""


class Update(BaseModel):
    """How an update of the endpoint is deployed."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    strategy: Annotated[
        StrategyName,
        Field(
            description="all_at_once moves all traffic to new instances; canary first a part, then the rest; linear in "
            "equal steps; rolling replaces instances batch by batch"
        ),
    ]
    step_percent: Annotated[
        StepPercent | None,
        Field(description="size of a step in percent of the instances: 10 for canary, 20 for linear, 50 for rolling"),
    ] = None
    step_instances: Annotated[
        StepInstances | None, Field(description="size of a step in instances, in place of step_percent")
    ] = None
    wait_seconds: Annotated[Wait, Field(description="how long the alarms are watched after each step")] = 300
    maximum_seconds: Annotated[
        Maximum, Field(description="after how long an update that is not done is given up and taken back")
    ] = 7200
    error_percent: Annotated[
        Percent, Field(description="alarm when more of a minute's calls than this end in an error of the model (5xx)")
    ] = 5.0
    latency_ms: Annotated[
        Milliseconds, Field(description="alarm when the model takes longer than this on average over a minute")
    ] = 5000
    cpu_percent: Annotated[
        Percent, Field(description="alarm when the instances' cores are busier than this on average over a minute")
    ] = 90.0
    alarms: Annotated[
        list[AlarmName],
        Field(max_length=MOST_NAMED, description="names of further alarms that take an update back, at most 3"),
        things.ALARMS,
    ] = []
    monitors: Annotated[
        StrictBool,
        Expect("true or false"),
        Field(description="also the ViolationsAlarm of each monitor of the model that is there, on the open engine"),
    ] = False

    @property
    def is_gradual(self) -> bool:
        """True if traffic moves in steps."""
        return self.strategy in guardrails.STEP_PERCENT

    @property
    def makes_alarms(self) -> bool:
        """True if an alarm is made for it."""
        return bool(self.error_percent or self.latency_ms or self.cpu_percent)

    def policy(self) -> str:
        """Return the blueprint's parameter: type, type and size of a step, wait and maximum in seconds."""
        key = "step_instances" if self.step_instances is not None else "step_percent"
        size = self.step_instances or self.step_percent or _DEFAULT_PERCENT.get(self.strategy, 1)
        parts = (self.strategy.upper(), _SIZES[key], size, self.wait_seconds, self.maximum_seconds)
        return ",".join(map(str, parts))

    def limits(self, instance_type: str) -> str:
        """Return the blueprint's parameter: share of errors, microseconds, and percent of all cores; 0 is no alarm."""
        share, cores = self.error_percent / 100, guardrails.cores(instance_type)
        return f"{share:g},{self.latency_ms * 1000},{self.cpu_percent * cores:g}"

    def problems(self, key: str, endpoint: "Updated") -> Iterator[Problem]:
        """Problems of this deployment for an endpoint; `key` is the request's key that holds it."""
        yield from self._of_steps(key, endpoint)
        yield from self._of_endpoint(key, endpoint)
        yield from self._of_alarms(key, endpoint)

    def _of_steps(self, key: str, endpoint: "Updated") -> Iterator[Problem]:
        given = [name for name in _SIZES if getattr(self, name) is not None]
        if not self.is_gradual:
            for name in given:
                yield Problem(f"{key}.{name}", "has no meaning with all_at_once, which has one step: leave it out")
            return
        if len(given) > 1:
            yield Problem(f"{key}.step_instances", "must not be given beside step_percent: give one of the two")
            return
        least, most = guardrails.STEP_PERCENT[self.strategy]
        if self.step_percent is not None and self.step_percent < least:
            yield Problem(f"{key}.step_percent", f"must be {least} to {most} with {self.strategy}")
        else:
            yield from self._of_time(key)
        count = endpoint.instance_count
        if self.step_instances is not None and count is not None and not least <= self._share(count) <= most:
            yield Problem(
                f"{key}.step_instances",
                f"must be {least} to {most} percent of the instances with {self.strategy}; of instance_count "
                f"{count} it is {self._share(count):g} percent",
            )

    def _of_time(self, key: str) -> Iterator[Problem]:
        percent = self.step_percent or _DEFAULT_PERCENT.get(self.strategy, 100)
        steps = 2 if self.strategy == "canary" else -(-100 // percent)
        if self.step_instances is None and steps * self.wait_seconds >= self.maximum_seconds:
            yield Problem(
                f"{key}.maximum_seconds",
                f"must be more than {steps * self.wait_seconds}: so long do the waits of {steps} steps take",
            )

    def _share(self, count: int) -> float:
        return 100 * (self.step_instances or 0) / count

    def _of_endpoint(self, key: str, endpoint: "Updated") -> Iterator[Problem]:
        if self.is_gradual and guardrails.lacks_guardrails(endpoint.instance_type):
            yield Problem(
                f"{key}.strategy",
                "must be all_at_once: SageMaker updates ml.inf1 instances in no other way",
            )
        if self.strategy == "rolling" and endpoint.is_serverless:
            yield Problem(f"{key}.strategy", "must not be rolling with serverless: there are no instances to replace")
        if self.strategy == "rolling" and endpoint.has_variants:
            yield Problem(
                f"{key}.strategy", "must not be rolling with variants or shadow_variant: SageMaker does not roll those"
            )

    def _of_alarms(self, key: str, endpoint: "Updated") -> Iterator[Problem]:
        if self.makes_alarms and not endpoint.name:
            yield Problem(
                key,
                "needs endpoint_name: its alarms are there before the endpoint is updated, and know it by its name; or "
                "make none of them with error_percent, latency_ms and cpu_percent 0",
            )
        if self.makes_alarms and self.wait_seconds < _NEXT_METRIC:
            yield Problem(
                f"{key}.wait_seconds",
                f"must be {_NEXT_METRIC} or more: an alarm sees the calls of a minute only when that is over",
            )
        if self.is_gradual and not (self.makes_alarms or self.alarms or self.monitors):
            yield Problem(key, f"must leave an alarm with {self.strategy}: without one, nothing takes an update back")
        if self.monitors and endpoint.is_elsewhere:
            yield Problem(
                f"{key}.monitors",
                "must be left out with several accounts: monitors in the accounts of the stages cannot be looked up "
                "here; give the names of their alarms in alarms",
            )


@dataclass(frozen=True)
class Updated:
    """What of an endpoint decides how it can be updated."""

    name: str
    instance_type: str
    instance_count: int | None
    """Unknown when it changes by itself."""
    is_serverless: bool
    has_variants: bool
    is_elsewhere: bool


DEPLOYMENT_EXAMPLE: Final[dict[str, Any]] = {"strategy": "canary", "step_percent": 10, "wait_seconds": 300}
