# SPDX-License-Identifier: Apache-2.0
"""A pipeline that is resumed takes what is the newest approved version by then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.automation import pauses
from orchestrator.automation.pauses import Pause
from orchestrator.events.approved_versions import resumed
from orchestrator.provisioned.automatic import pausing
from tests.orchestrator.events.approved_versions.conftest import Pipelines, Registry, deliver

ARN = "arn:aws:cloudformation:eu-west-1:123456789012:stack/{name}-codepipeline/1"


@pytest.fixture
def paused(registry: Registry, pipelines: Pipelines, monkeypatch: pytest.MonkeyPatch) -> str:
    registry.make("Approved", "PendingManualApproval", "PendingManualApproval")
    name = pipelines.make()
    pauses.pause(pipelines.bucket, name, Pause(at=datetime.now(UTC), by="ada", reason="audit"))

    def lifted(*_: Any) -> dict[str, str]:
        pauses.resume(pipelines.bucket, name)
        return {"message": "churn/realtime goes on by itself again.", "pipeline_id": ARN.format(name=name)}

    monkeypatch.setattr(pausing, "resume", lifted)
    return name


def test_what_was_held_back_is_told_once_and_done_when_it_is_resumed(
    registry: Registry, pipelines: Pipelines, paused: str, inbox: Callable[[], list[dict[str, Any]]]
) -> None:
    second = registry.set(2, "Approved")
    deliver(second)
    deliver(second, "second")
    assert pipelines.version() == 1
    (message,) = inbox()
    assert message["Subject"] == "MLOps deployment held: churn"
    assert "ada has paused it (audit)" in message["Message"]
    deliver(registry.set(3, "Approved"))
    answer = resumed.resume("churn", pipelines.settings)
    assert answer["message"] == "churn/realtime goes on by itself again."
    assert pipelines.version() == 3
    assert [step.outcome for step in pipelines.steps()] == ["started", "held", "held"]
    assert "Why: the pipeline was resumed." in inbox()[-1]["Message"]


def test_what_was_rejected_meanwhile_is_not_deployed(registry: Registry, pipelines: Pipelines, paused: str) -> None:
    deliver(registry.set(2, "Approved"))
    registry.set(2, "Rejected")
    resumed.resume("churn", pipelines.settings)
    assert pipelines.provisioned == []
