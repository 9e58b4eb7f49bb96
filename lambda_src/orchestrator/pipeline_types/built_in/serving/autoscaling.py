# SPDX-License-Identifier: Apache-2.0
"""`autoscaling`: how many instances serve, by load and by the clock (Application Auto Scaling).

https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-auto-scaling.html
"""

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.errors import Problem
from orchestrator.values.common import NUMBER, Expect
from orchestrator.values.jobs import ScheduleExpression

MOST_SCHEDULES: Final = 3
SEPARATOR: Final = "|"
"""Between the parts of a schedule in its template parameter: no part has it."""

Instances = Annotated[int, Field(ge=1), NUMBER, Expect("a whole number of instances, 1 or more")]
InstancesOrNone = Annotated[int, Field(ge=0), NUMBER, Expect("a whole number of instances, 0 or more")]
Cooldown = Annotated[int, Field(ge=0, le=86400), NUMBER, Expect("a whole number of seconds, 0 to 86400")]
Load = Annotated[float, Field(gt=0, allow_inf_nan=False), NUMBER, Expect("a number above 0")]

_INVOCATIONS: Final = "invocations a minute that an instance should have, on average"
_BACKLOG: Final = "requests that should wait or be worked on for each instance"

TimeZone = Annotated[
    str,
    Field(max_length=50, pattern=r"^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$"),
    Expect("the name of a time zone in the IANA database", example="Europe/Berlin"),
]


class ScheduledCapacity(BaseModel):
    """A time from which on there are other limits."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    schedule: Annotated[
        ScheduleExpression, Field(min_length=1, description="when it happens: rate(...), cron(...) or at(...)")
    ]
    minimum: Annotated[InstancesOrNone, Field(description="fewest instances from then on")]
    maximum: Annotated[Instances, Field(description="most instances from then on")]
    time_zone: Annotated[TimeZone, Field(description="time zone of the schedule")] = "UTC"

    def as_parameter(self) -> str:
        """Return the value of the template parameter."""
        return SEPARATOR.join([str(self.minimum), str(self.maximum), self.time_zone, self.schedule])


class Scaling(BaseModel):
    """Limits and the load that an instance should have."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    minimum: Annotated[InstancesOrNone, Field(description="fewest instances")]
    maximum: Annotated[Instances, Field(description="most instances")]
    invocations_per_instance: Annotated[Load | None, Field(description=_INVOCATIONS, examples=[600])] = None
    backlog_per_instance: Annotated[Load | None, Field(description=f"{_BACKLOG}, with async_inference")] = None
    scale_in_cooldown: Annotated[
        Cooldown, Field(description="seconds after a change before instances are taken away")
    ] = 300
    scale_out_cooldown: Annotated[Cooldown, Field(description="seconds after a change before more are added")] = 300
    schedules: Annotated[
        list[ScheduledCapacity],
        Field(
            description=f"times from which on the limits are others, {MOST_SCHEDULES} at most",
            json_schema_extra={"maxItems": MOST_SCHEDULES},
        ),
    ] = []

    def parameters(self) -> dict[str, str]:
        """Return the values of the template's parameters."""
        values = (
            *(self.minimum, self.maximum),
            *(f"{self.load:g}", self.scale_in_cooldown, self.scale_out_cooldown),
        )
        schedules = {f"ScalingSchedule{number}": one.as_parameter() for number, one in enumerate(self.schedules, 1)}
        return {"Autoscaling": ",".join(map(str, values)), **schedules}

    @property
    def load(self) -> float:
        """What an instance should have of the one or the other."""
        return self.invocations_per_instance or self.backlog_per_instance or 0

    def impossible_loads(self, key: str, *, queues: bool) -> Iterator[Problem]:
        """Yield a problem for a load that is missing, or that the endpoint does not have; `queues`: its calls wait."""
        wanted, other = ("backlog_per_instance", "invocations_per_instance")[:: 1 if queues else -1]
        if getattr(self, wanted) is None:
            yield Problem(f"{key}.{wanted}", f"is required: {_BACKLOG if queues else _INVOCATIONS}")
        if getattr(self, other) is not None:
            why = f"with async_inference: give {wanted}" if queues else "without async_inference: no request waits"
            yield Problem(f"{key}.{other}", f"cannot be {why}")

    def impossible_limits(self, key: str, *, may_be_none: bool) -> Iterator[Problem]:
        """Yield a problem for each pair of limits that leaves no number of instances, or none that serves at once."""
        if len(self.schedules) > MOST_SCHEDULES:
            yield Problem(f"{key}.schedules", f"must have {MOST_SCHEDULES} at most, not {len(self.schedules)}")
        limits = [(key, self.minimum, self.maximum)]
        limits += [(f"{key}.schedules.{n}", one.minimum, one.maximum) for n, one in enumerate(self.schedules)]
        for place, minimum, maximum in limits:
            if minimum > maximum:
                yield Problem(f"{place}.minimum", f"must be {maximum} at most, which is maximum")
            if minimum == 0 and not may_be_none:
                yield Problem(
                    f"{place}.minimum", "must be 1 at least: SageMaker keeps an instance of an endpoint that answers"
                )
            elif minimum == 0 < self.minimum:
                yield Problem(
                    f"{place}.minimum",
                    f"must be 1 at least, or {key}.minimum must be 0, too: that makes what wakes the endpoint again",
                )
