# SPDX-License-Identifier: Apache-2.0
"""Instructions to retrain: what may be written, how they are stored, and how a run tells of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from monitor_engine.report import meanings
from orchestrator.automation import instructions
from orchestrator.automation.instructions import CheckName, Retrain
from orchestrator.aws.s3 import objects
from orchestrator.plan.plan import PlannedObject

MONITOR = "mlops-pipeline-churn-byommodelqualitymonitor"


def of(**keys: Any) -> Retrain:
    return Retrain.model_validate({"pipeline": "churn/training", **keys})


def test_what_is_left_out_has_a_default() -> None:
    least = of()
    assert (least.on, least.cooldown, least.max_per_week, least.data) == ([], "1 day", 2, "request")
    assert (least.minimum_rows, least.validation_share, least.days) == (500, 0.2, 30)


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("1 day", timedelta(days=1)),
        ("12 hours", timedelta(hours=12)),
        (" 3 days ", timedelta(days=3)),
        ("1 hour", timedelta(hours=1)),
    ],
)
def test_a_cooldown_is_a_number_of_hours_or_days(written: str, time: timedelta) -> None:
    assert of(cooldown=written).cooldown_time == time


@pytest.mark.parametrize(
    "keys",
    [
        {"cooldown": "0 days"},
        {"cooldown": "1 DAY"},
        {"cooldown": "1000 days"},
        {"cooldown": "90 minutes"},
        {"cooldown": 3600},
        {"on": ["drift"]},
        {"on": "baseline_drift_check"},
        {"max_per_week": 0},
        {"max_per_week": True},
        {"data": "both"},
        {"minimum_rows": 0},
        {"validation_share": 0.51},
        {"validation_share": -0.1},
        {"days": 366},
        {"pipeline": ""},
        {"pipeline": "s3://x"},
        {"pipeline": "a/b/c"},
        {"group": "x"},
    ],
    ids=str,
)
def test_what_means_nothing_is_refused(keys: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        of(**keys)


def test_checks_are_those_of_the_engine() -> None:
    """The engine imports nothing of ours: its reports explain each check that it has."""
    assert set(get_args(CheckName)) == set(meanings._MEANINGS)


def test_equal_instructions_have_one_key_and_others_another() -> None:
    assert of(cooldown=" 1 day").key(MONITOR) == of().key(MONITOR)
    assert of(cooldown="2 days").key(MONITOR) != of().key(MONITOR)


def test_the_engine_of_a_run_tells_where_they_are(bucket: str) -> None:
    asked = of(on=["baseline_drift_check"])
    uri = f"s3://{bucket}/provisioned/{MONITOR}/engine/{asked.engine_folder}single-0f1e/monitor_engine.zip"
    told = instructions.told_by_engine(uri)
    assert told is not None
    assert told.common_name == MONITOR
    assert instructions.read(bucket, told.key) is None
    objects.store(PlannedObject(bucket, asked.key(MONITOR), asked.as_json()))
    assert instructions.read(bucket, told.key) == asked


@pytest.mark.parametrize(
    "place",
    [
        f"provisioned/{MONITOR}/engine/single-0f1e/monitor_engine.zip",
        f"provisioned/{MONITOR}/engine/retrain-0f1e/single-0f1e/monitor_engine.zip",
        f"others/{MONITOR}/engine/retrain-{'0' * 32}/x/monitor_engine.zip",
        f"provisioned/{MONITOR}/retrain-{'0' * 32}/x/monitor_engine.zip",
    ],
)
def test_another_place_tells_nothing(place: str) -> None:
    assert instructions.told_by_engine(f"s3://quayside-pipelines/{place}") is None
