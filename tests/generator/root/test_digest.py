# SPDX-License-Identifier: Apache-2.0
"""The daily digest in the root templates: its rule and its permission are there with an hour, and not without."""

from __future__ import annotations

from typing import Any, Final

import pytest

from orchestrator.events.digest import names
from scripts.iam import templates as iam
from scripts.iam.resolving import Place
from tests.generator import resolving
from tests.orchestrator.conftest import read_json

Template = dict[str, Any]
ROOTS: Final = ["mlops-orchestrator-single-account.yaml", "mlops-orchestrator-multi-account.yaml"]
ACTION: Final = "ce:GetCostAndUsage"


@pytest.mark.parametrize("path", ROOTS)
class TestDigest:
    @pytest.mark.parametrize(("hour", "is_made"), [("", False), ("0", True), ("23", True)])
    def test_nothing_is_made_without_an_hour(
        self, templates: dict[str, Template], path: str, hour: str, is_made: bool
    ) -> None:
        found = iam.resolver(templates[path], Place(), {"DailyDigestHour": hour})
        assert found.is_made("DigestRule") is is_made

    @pytest.mark.parametrize(("hour", "allowed"), [("", False), ("7", True)])
    def test_nobody_else_may_read_costs(
        self, templates: dict[str, Template], path: str, hour: str, allowed: bool
    ) -> None:
        template = templates[path]
        listed = template["Resources"]["MonitorRunsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
        given = [
            one
            for one in listed
            if "Fn::If" not in one
            or resolving.resolved(template["Conditions"][one["Fn::If"][0]], {"DailyDigestHour": hour}, {})
        ]
        assert (ACTION in str(given)) is allowed
        assert [name for name, one in template["Resources"].items() if ACTION in str(one)] == ["MonitorRunsPolicy"]

    def test_the_rule_fires_at_the_hour_and_its_events_are_known(
        self, templates: dict[str, Template], path: str
    ) -> None:
        rule = templates[path]["Resources"]["DigestRule"]["Properties"]
        expression = resolving.resolved(rule["ScheduleExpression"], {"DailyDigestHour": "7"}, {})
        assert expression == "cron(0 7 * * ? *)"
        name = rule["Name"]["Fn::Sub"][0].replace("${Digits}", "0f1e2d3c")
        event = read_json("events/digest_due.json")
        assert event["resources"][0].endswith(f":rule/{name}")
        assert names.is_due(event)
        assert not names.is_due(read_json("events/jobs_to_check.json"))
        permission = templates[path]["Resources"]["JobsPermission"]["Properties"]["SourceArn"]["Fn::Sub"][0]
        assert permission.endswith(":rule/mlops-jobs-${Digits}-*")
