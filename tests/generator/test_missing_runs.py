# SPDX-License-Identifier: Apache-2.0
"""Rules on missing runs: the documented event of CloudWatch matches when it is news, and no other event does."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from moto.events.models import EventPattern

from scripts.local_aws.eventbridge import patterns
from tests.generator import open_monitors
from tests.generator.monitor_templates import KINDS, OTHER_ACCOUNT, Template
from tests.generator.open_monitors import ROLE, exists, properties
from tests.orchestrator.conftest import read_json

OWN: Final = "mlops-pipeline-berths-byomdataqualitymonitor-RunsMissingAlarm-1QX2ZB7K9L0M"
ROOTS: Final = ("mlops-orchestrator-single-account.yaml", "mlops-orchestrator-multi-account.yaml")


def matches(pattern: dict[str, Any], event: dict[str, Any]) -> bool:
    return patterns.match(EventPattern.load(json.dumps(pattern)), event)


def event_of(name: str = "", old: str = "OK", new: str = "ALARM", **members: str) -> dict[str, Any]:
    event: dict[str, Any] = read_json("events/monitor_alarm_changed.json")
    detail = event["detail"]
    states = {"previousState": detail["previousState"] | {"value": old}, "state": detail["state"] | {"value": new}}
    return {**event, **members, "detail": {**detail, **states, "alarmName": name or detail["alarmName"]}}


@pytest.fixture(params=ROOTS)
def pattern(templates: dict[str, Template], request: pytest.FixtureRequest) -> dict[str, Any]:
    """Of the root's rule."""
    found: dict[str, Any] = templates[request.param]["Resources"]["MonitorRunsMissingRule"]["Properties"]
    assert found["Name"]["Fn::Sub"][0] == "mlops-jobs-${Digits}-missing", "the permission is for rules of such names"
    return dict(found["EventPattern"])


@pytest.mark.parametrize("name", [OWN, ""], ids=["here", "in a stage"])
@pytest.mark.parametrize("states", [("OK", "ALARM"), ("ALARM", "OK")], ids=" to ".join)
def test_the_root_s_rule_hears_of_missing_runs_here_and_in_stages(
    pattern: dict[str, Any], name: str, states: tuple[str, str]
) -> None:
    assert matches(pattern, event_of(name, *states))


@pytest.mark.parametrize(
    "event",
    [
        pytest.param(event_of(OWN, "INSUFFICIENT_DATA", "ALARM"), id="a new monitor"),
        pytest.param(event_of(OWN, "INSUFFICIENT_DATA", "OK"), id="a new monitor's first run"),
        pytest.param(event_of(OWN.replace("RunsMissing", "Violations")), id="another alarm of the monitor"),
        pytest.param(event_of("elsewhere-RunsMissingAlarm-1QX2ZB7K9L0M"), id="another stack's alarm"),
        pytest.param(event_of(OWN, **{"detail-type": "CloudWatch Alarm Configuration Change"}), id="another event"),
        pytest.param(event_of(OWN, source="elsewhere"), id="another source"),
    ],
)
def test_it_hears_of_nothing_else(pattern: dict[str, Any], event: dict[str, Any]) -> None:
    assert not matches(pattern, event)


@pytest.mark.parametrize("kind", KINDS)
def test_a_stage_sends_on_the_changes_of_its_alarm(templates: dict[str, Template], kind: str) -> None:
    assert not exists(templates, kind, "RunsMissingRule")
    assert not exists(templates, kind, "RunsMissingRule", OrchestratorAccount=OTHER_ACCOUNT, SchedulePeriodSeconds="")
    assert exists(templates, kind, "RunsMissingRule", OrchestratorAccount=OTHER_ACCOUNT)
    made = open_monitors.template_of(templates, kind)["Resources"]["RunsMissingRule"]["Properties"]["EventPattern"]
    assert made["detail"]["alarmName"] == [{"Ref": "RunsMissingAlarm"}]
    root = templates[ROOTS[0]]["Resources"]["MonitorRunsMissingRule"]["Properties"]["EventPattern"]
    assert made["detail"]["$or"] == root["detail"]["$or"]
    rule = properties(templates, kind, "RunsMissingRule", OrchestratorAccount=OTHER_ACCOUNT, RunsMissingAlarm=OWN)
    bus = f"arn:aws:events:eu-west-1:{OTHER_ACCOUNT}:event-bus/default"
    assert rule["Targets"] == [{"Id": "Orchestrator", "Arn": bus, "RoleArn": ROLE}]
