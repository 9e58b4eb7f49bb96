# SPDX-License-Identifier: Apache-2.0
"""The monitor blueprints: what is optional in a baseline, and in which order things are made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from scripts.packaging import refresh_monitor_regions
from tests.generator.monitor_templates import KEY, KINDS, Template, properties

CLUSTER: Final = {"InstanceCount": "1", "InstanceType": "ml.m5.large", "VolumeSizeInGB": "30"}


class TestBaseline:
    @pytest.mark.parametrize("kind", KINDS)
    def test_keys_time_limit_and_vpc_are_there_when_asked_for(self, templates: dict[str, Template], kind: str) -> None:
        made = properties(
            templates,
            kind,
            "Baseline",
            KmsKeyArn=KEY,
            VolumeKmsKeyArn=KEY,
            BaselineMaxRuntimeSeconds="900",
            Subnets="subnet-1,subnet-2",
            SecurityGroupIds="sg-1",
        )
        assert made["ProcessingOutputConfig"]["KmsKeyId"] == KEY
        assert made["ProcessingResources"]["ClusterConfig"] == {**CLUSTER, "VolumeKmsKeyId": KEY}
        assert made["StoppingCondition"] == {"MaxRuntimeInSeconds": "900"}
        assert made["NetworkConfig"] == {
            "VpcConfig": {"Subnets": ["subnet-1", "subnet-2"], "SecurityGroupIds": ["sg-1"]}
        }

    @pytest.mark.parametrize("kind", KINDS)
    def test_definition_and_schedule_come_after_it(self, templates: dict[str, Template], kind: str) -> None:
        """Lesson 7. It has no name: SageMaker frees none, so a rollback could not make it again."""
        made = templates[f"blueprints/{kind}.yaml"]["Resources"]
        assert "ProcessingJobName" not in made["Baseline"]["Properties"]
        assert made["JobDefinition"]["DependsOn"] == ["Baseline"]
        config = made["MonitoringSchedule"]["Properties"]["MonitoringScheduleConfig"]
        assert config["MonitoringJobDefinitionName"] == {"Fn::GetAtt": "JobDefinition.JobDefinitionName"}

    def test_nothing_needs_a_function(self, templates: dict[str, Template]) -> None:
        for kind in KINDS:
            types = {resource["Type"] for resource in templates[f"blueprints/{kind}.yaml"]["Resources"].values()}
            assert not {type_ for type_ in types if "Lambda" in type_ or type_.startswith("Custom")}


def test_the_regions_are_those_of_the_schemas() -> None:
    """Run `python -m scripts.packaging.refresh_monitor_regions` after an update of cfn-lint."""
    path = Path(__file__).parents[2] / "lambda_src" / "orchestrator" / "data" / "monitor_regions.json"
    assert json.loads(path.read_text(encoding="utf-8")) == refresh_monitor_regions.content()
