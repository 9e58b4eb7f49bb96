# SPDX-License-Identifier: Apache-2.0
"""An approval deploys, a rejection rolls back, and the monitor of the endpoint takes the data that was learned from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.end_to_end import approving
from tests.end_to_end.approving import Versions, predictions, served
from tests.end_to_end.subscribing import Subscriber
from tests.end_to_end.users import Orchestrator

Until = Callable[[Callable[[], Any]], Any]
MODEL: Final = "followed"
STACK: Final = f"mlops-pipeline-{MODEL}-byompipelinerealtimebuiltin"
CLOSE: Final = 1e-6


@pytest.fixture(scope="module")
def versions(orchestrator: Orchestrator) -> Versions:
    made = Versions(orchestrator, "followed-berths")
    made.begin()
    return made


def is_served(orchestrator: Orchestrator, number: int) -> Callable[[], bool]:
    return lambda: served(orchestrator, STACK) == pytest.approx(predictions(number), abs=CLOSE)


def watching(orchestrator: Orchestrator, baseline: str) -> dict[str, Any]:
    """A request for a monitor of the endpoint whose baseline follows it."""
    bucket = orchestrator.deployment.outputs["AssetsBucketName"]
    return {
        "pipeline_type": "byom_data_quality_monitor",
        "model_name": MODEL,
        "endpoint_name": MODEL,
        "baseline_data": baseline,
        "baseline": "follow",
        "baseline_job_output_location": f"{bucket}/monitoring/baselines",
        "data_capture_location": f"{bucket}/captured/{MODEL}",
        "monitoring_output_location": f"{bucket}/monitoring/reports",
        "schedule_expression": "rate(1 hour)",
        "monitor_max_runtime_seconds": 600,
        "instance_type": "ml.m5.large",
        "instance_volume_size": 20,
    }


def test_an_approved_version_is_deployed_and_a_rejected_one_rolled_back(
    orchestrator: Orchestrator, versions: Versions, subscriber: Subscriber, until: Until
) -> None:
    own = dict.fromkeys(approving.OWN_KEYS)
    first = versions.register(1, "Approved", baseline_data=versions.baseline("first"))
    request = orchestrator.request(MODEL, model_package_name=first, deploy_on_approval=True, endpoint_name=MODEL, **own)
    orchestrator.provisioned(request)
    monitor = orchestrator.provisioned(watching(orchestrator, versions.baseline("first")))
    assert is_served(orchestrator, 1)()

    learned = versions.baseline("second", shift=1)
    second = versions.register(2, "PendingManualApproval", baseline_data=learned)
    versions.decide(second, "Approved", "half the error")
    told = subscriber.next("is deploying version 2 of followed-berths instead of version 1.", until)
    assert told.subject == f"MLOps deploying version 2: {MODEL}"
    # The event of the new version may be the first to show that it is approved.
    assert "Why: version 2" in told.text
    until(is_served(orchestrator, 2))
    taken = subscriber.next("takes a new baseline", until)
    assert learned in taken.text
    stack = orchestrator.deployment.api.details(monitor).body["stack"]["stack_name"]
    assert approving.steps(orchestrator, stack) == ["follow_baseline"]
    until(lambda: approving.parameters(orchestrator, stack)["BaselineData"] == learned)

    versions.decide(second, "Rejected", "it was measured on the wrong rows")
    told = subscriber.next("is rolling back to version 1 of followed-berths instead of version 2.", until)
    assert "Why: version 2 of followed-berths is Rejected: it was measured on the wrong rows." in told.text
    until(is_served(orchestrator, 1))
    until(lambda: approving.parameters(orchestrator, stack)["BaselineData"] == versions.baseline("first"))
    assert approving.steps(orchestrator, STACK) == ["roll_back", "deploy"]
