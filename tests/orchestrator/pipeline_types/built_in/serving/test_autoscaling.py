# SPDX-License-Identifier: Apache-2.0
"""`instance_count` and `autoscaling` of requests: values of the blueprint's parameters, and problems in words."""

from __future__ import annotations

from typing import Any, Final

import pytest

from orchestrator.launch.settings import Launch
from tests.orchestrator.conftest import read_json
from tests.orchestrator.requesting import Body, parameters_of, problems_of

LIMITS: Final[Body] = {"minimum": 2, "maximum": 8, "invocations_per_instance": 600}
OFFICE_HOURS: Final[list[Body]] = [
    {"schedule": "cron(0 7 ? * MON-FRI *)", "minimum": 4, "maximum": 8, "time_zone": "Europe/Berlin"},
    {"schedule": "cron(0 19 ? * MON-FRI *)", "minimum": 1, "maximum": 2},
]


@pytest.fixture
def body() -> Body:
    return dict(read_json("requests/byom_realtime_builtin.json"))


def scaling(values: dict[str, str]) -> dict[str, str]:
    return {
        name: value for name, value in values.items() if "Scaling" in name or name in {"Autoscaling", "InstanceCount"}
    }


def test_without_the_keys_there_is_one_instance_and_no_scaling(body: Body, launch: Launch) -> None:
    none = dict.fromkeys(("ScalingSchedule1", "ScalingSchedule2", "ScalingSchedule3"), "")
    expected = {"InstanceCount": "1", "Autoscaling": "", **none}
    assert scaling(parameters_of(body, launch)) == expected
    assert scaling(parameters_of(body, launch, autoscaling="")) == expected


def test_limits_load_and_schedules_reach_the_template(body: Body, launch: Launch) -> None:
    values = parameters_of(body, launch, autoscaling={**LIMITS, "scale_in_cooldown": 60, "schedules": OFFICE_HOURS})
    assert scaling(values) == {
        "InstanceCount": "2",
        "Autoscaling": "2,8,600,60,300",
        "ScalingSchedule1": "4|8|Europe/Berlin|cron(0 7 ? * MON-FRI *)",
        "ScalingSchedule2": "1|2|UTC|cron(0 19 ? * MON-FRI *)",
        "ScalingSchedule3": "",
    }


def test_each_stage_has_its_own(body: Body, multi_account: Launch) -> None:
    by_stage = {"dev": "", "staging": LIMITS, "prod": {**LIMITS, "minimum": 3}}
    counts = {"dev": 1, "staging": 4, "prod": 2}
    body = dict(read_json("requests/byom_realtime_builtin.multi.json"))
    found = {
        stage: parameters_of(body, multi_account, stage, autoscaling=by_stage, instance_count=counts)
        for stage in ("dev", "staging", "prod")
    }
    assert [(values["InstanceCount"], values["Autoscaling"]) for values in found.values()] == [
        ("1", ""),
        ("4", "2,8,600,300,300"),
        ("3", "3,8,600,300,300"),
    ]


@pytest.mark.parametrize(
    ("changes", "key", "problem"),
    [
        pytest.param(
            {"instance_count": 0}, "instance_count", "must be a whole number of instances, 1 or more", id="none"
        ),
        pytest.param(
            {"autoscaling": {"minimum": 1, "maximum": 2}},
            "autoscaling.invocations_per_instance",
            "is required: invocations a minute that an instance should have, on average",
            id="no load",
        ),
        pytest.param(
            {"autoscaling": {**LIMITS, "backlog_per_instance": 5}},
            "autoscaling.backlog_per_instance",
            "cannot be without async_inference: no request waits",
            id="a backlog",
        ),
        pytest.param(
            {"autoscaling": {**LIMITS, "minimum": 9}},
            "autoscaling.minimum",
            "must be 8 at most, which is maximum",
            id="minimum above maximum",
        ),
        pytest.param(
            {"autoscaling": {**LIMITS, "minimum": 0}},
            "autoscaling.minimum",
            "must be 1 at least: SageMaker keeps an instance of an endpoint that answers",
            id="to zero",
        ),
        pytest.param(
            {"autoscaling": {**LIMITS, "schedules": [OFFICE_HOURS[0], {**OFFICE_HOURS[1], "minimum": 3}]}},
            "autoscaling.schedules.1.minimum",
            "must be 2 at most, which is maximum",
            id="a schedule's minimum above its maximum",
        ),
        pytest.param(
            {"autoscaling": {**LIMITS, "schedules": [OFFICE_HOURS[0]] * 4}},
            "autoscaling.schedules",
            "must have 3 at most, not 4",
            id="four schedules",
        ),
        pytest.param(
            {"autoscaling": {**LIMITS, "schedules": [{**OFFICE_HOURS[0], "time_zone": "berlin"}]}},
            "autoscaling.schedules.0.time_zone",
            "must be the name of a time zone in the IANA database, such as Europe/Berlin",
            id="no time zone",
        ),
        pytest.param(
            {"autoscaling": LIMITS, "instance_count": 9},
            "instance_count",
            "must be 8 at most, the maximum of autoscaling",
            id="more at first than the maximum",
        ),
        pytest.param(
            {"autoscaling": LIMITS, "inference_instance": "ml.t2.medium"},
            "autoscaling",
            "cannot be with ml.t2.medium: SageMaker does not scale burstable instances",
            id="burstable",
        ),
        pytest.param(
            {"autoscaling": 3},
            "autoscaling",
            "must be an object with minimum, maximum and invocations_per_instance, or backlog_per_instance",
            id="no object",
        ),
    ],
)
def test_what_cannot_be_is_said_in_words(
    body: Body, launch: Launch, changes: dict[str, Any], key: str, problem: str
) -> None:
    ((found, words),) = problems_of({**body, **changes}, launch).items()
    assert (found, words.split("; got")[0]) == (key, problem)
