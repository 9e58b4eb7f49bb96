# SPDX-License-Identifier: Apache-2.0
"""Models beside the request's own: calls are shared by weight; a shadow's answers are captured and never returned."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from scripts.demo.demo_model import TrainedModel
from tests.end_to_end.users import ARTIFACT_KEY, SERVED, Orchestrator

Until = Callable[[Callable[[], Any]], Any]

CALLS = 400
POINTS = 0.05
ROUNDS = 3
"""Chance alone leaves these points in one round of fifty; a wrong split leaves them in each."""


def captured(orchestrator: Orchestrator, prefix: str) -> int:
    """How many calls are captured below a prefix of the assets bucket."""
    s3, bucket = orchestrator.client("s3"), orchestrator.deployment.outputs["AssetsBucketName"]
    keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])]
    return sum(len(s3.get_object(Bucket=bucket, Key=key)["Body"].read().splitlines()) for key in keys)


def test_weights_of_one_and_three_share_the_calls(orchestrator: Orchestrator, model: TrainedModel) -> None:
    challenger = {"name": "challenger", "model_artifact_location": ARTIFACT_KEY, "weight": 3}
    request = orchestrator.request("split", endpoint_name="split-calls", variants=[challenger], **SERVED)
    pipeline = orchestrator.provisioned(request)
    told = orchestrator.deployment.api.details(pipeline).body["endpoint"]["variants"]
    assert [(one["name"], one["share"], one["instance_count"]) for one in told] == [
        ("AllTraffic", 0.25, 1),
        ("challenger", 0.75, 1),
    ]

    def share() -> float:
        answered = orchestrator.answering("split-calls", model.holdout_rows[0], CALLS)
        assert answered.keys() == {"AllTraffic", "challenger"}
        return answered["challenger"] / CALLS

    assert any(abs(share() - 0.75) < POINTS for _ in range(ROUNDS))


def test_a_shadow_is_captured_and_never_answers(orchestrator: Orchestrator, model: TrainedModel, until: Until) -> None:
    shadow = {"name": "next", "model_artifact_location": ARTIFACT_KEY}
    request = orchestrator.request("shadowed", endpoint_name="shadowed-calls", shadow_variant=shadow, **SERVED)
    orchestrator.provisioned(request)
    assert orchestrator.answering("shadowed-calls", model.holdout_rows[0], 10) == {"AllTraffic": 10}
    place = "captured/shadowed/shadowed-calls"
    assert until(lambda: [captured(orchestrator, f"{place}/{name}/") for name in ("AllTraffic", "next")] == [10, 10])
