# SPDX-License-Identifier: Apache-2.0
"""What the scenarios of approvals end in when nothing is in the way: the faults are compared with that."""

from __future__ import annotations

import pytest

from orchestrator.automation import journal, requests
from tests.faults.conftest import Laboratory
from tests.faults.scenarios import DEPLOYED, SCENARIOS


@pytest.mark.parametrize(
    ("name", "version", "subject", "steps"),
    [
        pytest.param("a newer version is approved", 2, "deploying version 2", ["deploy"], id="approved"),
        pytest.param(
            "the deployed version is rejected", 1, "rolling back to version 1", ["roll_back", "deploy"], id="rejected"
        ),
        pytest.param("no version is left", 1, "no approved version left", ["roll_back"], id="none left"),
    ],
)
def test_undisturbed(laboratory: Laboratory, name: str, version: int, subject: str, steps: list[str]) -> None:
    (scenario,) = (found for found in SCENARIOS if found.name == f"approval: {name}")
    with laboratory.arranged(scenario) as (world, invocation):
        invocation.until_it_ends(world)
        bucket = world.settings.launch.pipelines_bucket
        request = requests.stored(bucket, DEPLOYED)
        assert request is not None
        assert request["model_package_name"].endswith(f"/{version}")
        assert [step.step for step in journal.newest(bucket, DEPLOYED, 5)] == steps
        assert f"MLOps {subject}: berth-occupancy" in world.snapshot()["messages"]
