# SPDX-License-Identifier: Apache-2.0
"""`deployment`: what is refused in words, and the parameters of the blueprint that follow from it."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.launch.settings import Launch
from orchestrator.sagemaker.serving import guardrails
from tests.orchestrator.requesting import GONE, Body, accept, changed, parameters_of, problems_of

CANARY = {"strategy": "canary"}
KEYS = {"Deployment", "AlarmLimits", "RollbackAlarms"}


def updates(body: Body, launch: Launch, deployment: Any, **changes: Any) -> dict[str, str]:
    given = parameters_of(body, launch, deployment=deployment, **changes)
    return {key: given[key] for key in KEYS}


@pytest.mark.parametrize("deployment", [pytest.param(GONE, id="absent"), pytest.param("", id="empty")])
def test_without_it_an_update_is_all_at_once(builtin: Body, launch: Launch, deployment: Any) -> None:
    assert updates(builtin, launch, deployment) == {
        "Deployment": "",
        "AlarmLimits": "0,0,0",
        "RollbackAlarms": ",,",
    }


class TestParameters:
    def test_a_canary_takes_ten_percent_and_three_alarms(self, builtin: Body, launch: Launch) -> None:
        assert updates(builtin, launch, CANARY) == {
            "Deployment": "CANARY,CAPACITY_PERCENT,10,300,7200",
            "AlarmLimits": "0.05,5000000,180",
            "RollbackAlarms": ",,",
        }

    def test_numbers_of_the_request_take_the_place_of_defaults(self, builtin: Body, launch: Launch) -> None:
        given = {
            "strategy": "linear",
            "step_percent": 25,
            "wait_seconds": 600,
            "maximum_seconds": 3600,
            "error_percent": 0.5,
            "latency_ms": 250,
            "cpu_percent": 0,
            "alarms": ["too-few-orders", "drift"],
        }
        assert updates(builtin, launch, given) == {
            "Deployment": "LINEAR,CAPACITY_PERCENT,25,600,3600",
            "AlarmLimits": "0.005,250000,0",
            "RollbackAlarms": "too-few-orders,drift,",
        }

    def test_stages_differ(self, multi_account: Launch, builtin: Body) -> None:
        by_stage = {"dev": "", "staging": "", "prod": CANARY}
        found = [
            parameters_of(builtin, multi_account, stage, deployment=by_stage)["Deployment"]
            for stage in ("dev", "staging", "prod")
        ]
        assert found == ["", "", "CANARY,CAPACITY_PERCENT,10,300,7200"]

    def test_alarms_of_monitors_come_after_those_that_are_named(self, builtin: Body, launch: Launch) -> None:
        given = {**CANARY, "alarms": ["drift"], "monitors": True}
        request = accept(builtin, launch, deployment=given).request
        assert request.alarms_of_monitors(launch) == "mlops-pipeline-berth-occupancy-byompipeline"
        informed = request.with_alarms_of_monitors(("churn-ViolationsAlarm-1",))
        assert informed.values(launch, None)["RollbackAlarms"] == "drift,churn-ViolationsAlarm-1,"  # type: ignore[attr-defined]

    def test_alarms_of_monitors_without_room_are_named(self, builtin: Body, launch: Launch) -> None:
        request = accept(builtin, launch, deployment={**CANARY, "alarms": ["drift"], "monitors": True}).request
        assert request.alarms_left_out(("a", "b", "c", "d")) == ("c", "d")
        assert request.alarms_left_out(("a", "b")) == ()

    def test_alarms_in_accounts_of_stages_are_not_looked_up_which_is_told(
        self, builtin: Body, launch: Launch, multi_account: Launch
    ) -> None:
        given = {**CANARY, "alarms": ["drift"]}
        assert accept(builtin, launch, deployment=given).warnings == ()
        by_stage = {"dev": "", "staging": "", "prod": given}
        for deployment, key in ((given, "deployment.alarms"), (by_stage, "deployment.prod.alarms")):
            found = [one for one in accept(builtin, multi_account, deployment=deployment).warnings if "alarms" in one]
            assert [one.partition(":")[0] for one in found] == [key]


@pytest.mark.parametrize(
    ("instance_type", "cores"),
    [("ml.m5.large", 2), ("ml.m5.xlarge", 4), ("ml.g5.12xlarge", 48), ("ml.c4.8xlarge", 36), ("ml.t2.medium", 2)],
)
def test_cores_are_counted_as_aws_sizes_families(instance_type: str, cores: int) -> None:
    assert guardrails.cores(instance_type) == cores


class TestRefusals:
    @pytest.mark.parametrize(
        ("deployment", "key", "words"),
        [
            pytest.param({"strategy": "blue"}, "strategy", "all_at_once, canary, linear or rolling", id="strategy"),
            pytest.param({**CANARY, "step_percent": 51}, "step_percent", "1 to 50", id="canary above half"),
            pytest.param(
                {"strategy": "linear", "step_percent": 9}, "step_percent", "10 to 50 with linear", id="linear"
            ),
            pytest.param({"strategy": "rolling", "step_percent": 4}, "step_percent", "5 to 50", id="rolling"),
            pytest.param({**CANARY, "step_instances": 1}, "step_instances", "it is 100 percent", id="one instance"),
            pytest.param(
                {**CANARY, "step_instances": 1, "step_percent": 5}, "step_instances", "one of the two", id="two sizes"
            ),
            pytest.param(
                {"strategy": "all_at_once", "step_percent": 5}, "step_percent", "has no meaning", id="step of one step"
            ),
            pytest.param({**CANARY, "wait_seconds": 60}, "wait_seconds", "120 or more", id="wait below a metric"),
            pytest.param(
                {"strategy": "linear", "step_percent": 10, "wait_seconds": 720}, "maximum_seconds", "7200", id="time"
            ),
            pytest.param({**CANARY, "alarms": ["a,b"]}, "alarms.0", "without commas", id="name of an alarm"),
        ],
    )
    def test_what_sagemaker_refuses_is_refused_in_words(
        self, deployment: dict[str, Any], key: str, words: str, builtin: Body, launch: Launch
    ) -> None:
        found = problems_of({**builtin, "deployment": deployment}, launch)
        assert found.keys() == {f"deployment.{key}"}
        assert words in found[f"deployment.{key}"]

    def test_a_canary_without_any_alarm_takes_nothing_back(self, builtin: Body, launch: Launch) -> None:
        without = {**CANARY, "error_percent": 0, "latency_ms": 0, "cpu_percent": 0}
        assert "must leave an alarm" in problems_of({**builtin, "deployment": without}, launch)["deployment"]
        assert updates(builtin, launch, {**without, "alarms": ["drift"]})["AlarmLimits"] == "0,0,0"

    def test_own_alarms_know_the_endpoint_by_its_name(self, builtin: Body, launch: Launch) -> None:
        body = changed(builtin, {"endpoint_name": GONE, "deployment": CANARY})
        assert "needs endpoint_name" in problems_of(body, launch)["deployment"]

    def test_inferentia_1_is_updated_all_at_once(self, builtin: Body, launch: Launch) -> None:
        body = {**builtin, "deployment": CANARY, "inference_instance": "ml.inf1.xlarge"}
        assert "all_at_once" in problems_of(body, launch)["deployment.strategy"]

    def test_monitors_of_stages_are_named_by_their_alarms(self, builtin: Body, multi_account: Launch) -> None:
        found = problems_of({**builtin, "deployment": {**CANARY, "monitors": True}}, multi_account)
        assert "give the names of their alarms" in found["deployment.monitors"]
