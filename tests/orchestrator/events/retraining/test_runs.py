# SPDX-License-Identifier: Apache-2.0
"""Runs that may have models trained again: by which events, and what of their findings is known."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import pytest

from orchestrator.automation.instructions import Told
from orchestrator.events.retraining import runs
from orchestrator.events.retraining.decision import Findings, Violation
from orchestrator.events.retraining.runs import Run

BUCKET: Final = "quayside-pipelines"
MONITOR: Final = "mlops-pipeline-berths-byomdataqualitymonitor"
DIGEST: Final = "0123456789abcdef0123456789abcdef"
ENGINE: Final = f"provisioned/{MONITOR}/engine/retrain-{DIGEST}/prod-0f1e/monitor_engine.zip"
FOUND: Final = (
    "CompletedWithViolations: Job completed successfully with 3 violations. draught: baseline_drift_check 0.43 > 0.1. "
    "beam.length: missing_column_check: the column is not there. rmse: GreaterThanThreshold 3.1 > 2."
)
NONE: Final = frozenset[str]()


def event(status: str = "Completed", uri: str = f"s3://{BUCKET}/{ENGINE}") -> dict[str, Any]:
    detail = {
        "ProcessingJobName": "mlops-monitor-51af3dc0-1",
        "ProcessingJobStatus": status,
        "ProcessingInputs": [{"InputName": "data"}, {"InputName": "engine", "S3Input": {"S3Uri": uri}}],
    }
    return {"account": "222233334444", "time": "2026-11-24T06:14:09Z", "detail": detail}


def run_of(words: str, stage: str = "prod") -> Run:
    moment = datetime(2026, 11, 24, 6, tzinfo=UTC)
    return Run("mlops-monitor-51af3dc0-1", Told(MONITOR, "k"), moment, words, "", stage, "222233334444")


class TestEvents:
    def test_the_engine_among_the_inputs_tells_of_instructions(self) -> None:
        found = runs.of(event(), {"ExitMessage": FOUND}, "prod", BUCKET)
        assert found is not None
        assert found.told == Told(MONITOR, f"provisioned/{MONITOR}/retrain/{DIGEST}.json")
        # Without a window, what it saw ended when its event was sent at the latest.
        assert found.saw_until == datetime(2026, 11, 24, 6, 14, 9, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            pytest.param(event(uri=f"s3://another/{ENGINE}"), FOUND, id="an engine in another bucket"),
            pytest.param(event(uri=f"s3://{BUCKET}/provisioned/x/engine/prod-1/e.zip"), FOUND, id="no instructions"),
            pytest.param(event("Failed"), FOUND, id="failed"),
            pytest.param(event(), "Completed: Job completed successfully with no violations.", id="nothing found"),
        ],
    )
    def test_others_are_left_alone(self, given: dict[str, Any], words: str) -> None:
        assert runs.of(given, {"ExitMessage": words}, "prod", BUCKET) is None


class TestFindings:
    def test_of_a_message_with_all_kinds_of_findings(self) -> None:
        assert runs.findings(run_of(FOUND), NONE) == Findings(
            are_certain=True,
            violations=(
                Violation("draught", "baseline_drift_check"),
                Violation("beam.length", "missing_column_check"),
                Violation("rmse", "GreaterThanThreshold"),
            ),
        )

    def test_a_message_without_room_for_all_does_not_say_that_something_is_not_there(self) -> None:
        cut = f"{FOUND} 7 more in the report."
        assert runs.findings(run_of(cut), frozenset({"bias_drift_check"})) == Findings(are_certain=True)
        assert runs.findings(run_of(cut), frozenset({"baseline_drift_check"})).violations

    def test_an_event_without_words_is_not_certain(self) -> None:
        assert runs.findings(run_of(""), NONE) == Findings(are_certain=False)
