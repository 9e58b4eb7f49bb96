# SPDX-License-Identifier: Apache-2.0
"""A pipeline type that an operator adds, through dev and staging by StackSets that read its long blueprint from S3."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.end_to_end import adding
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
REQUEST = {"pipeline_type": "work_log", "team": "pilots", "keep_days": {"dev": 1, "staging": 3, "prod": 5}}


def _kept_days(orchestrator: Orchestrator, stage: str) -> list[int | None]:
    logs = orchestrator.in_account(stage).client("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix=f"mlops-pipeline-pilots-{stage}")["logGroups"]
    return [group.get("retentionInDays") for group in groups]


def test_values_by_stage_reach_their_accounts(orchestrator: Orchestrator, until: Until, tmp_path: Path) -> None:
    api = orchestrator.deployment.api
    adding.add(orchestrator, tmp_path / "work-log", length=60_000)
    refused = api.provision({**REQUEST, "keep_days": {"dev": 2, "prod": 5}})
    assert {error["key"] for error in refused.body["errors"]} == {"keep_days.dev", "keep_days.staging"}

    pipeline_id = orchestrator.provision(REQUEST)["pipeline_id"]
    question = orchestrator.asked(pipeline_id, "staging")
    assert (_kept_days(orchestrator, "dev"), _kept_days(orchestrator, "staging")) == ([1], [])
    orchestrator.decide(pipeline_id, question)
    until(lambda: _kept_days(orchestrator, "staging") == [3])
    assert _kept_days(orchestrator, "prod") == []
    again = orchestrator.provision(REQUEST)
    assert again["message"].endswith("No updates are to be performed.")
