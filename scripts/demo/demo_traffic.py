# SPDX-License-Identifier: Apache-2.0
"""Traffic of the monitors' demo: calls of an endpoint, and what turns out to be true of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from scripts.demo import demo_model
from scripts.demo.demo_captures import Captures
from scripts.demo.demo_model import TrainedModel
from scripts.demo.demo_story import Story
from scripts.launch.local_deployment import LocalDeployment

TRUTH: Final = "labels"
"""Folder of ground truth in the assets bucket."""
_HEADER: Final = demo_model.DATA.read_text(encoding="utf-8").partition("\n")[0].split(",")
LABEL, *FEATURES = _HEADER


@dataclass
class Traffic:
    """The held-out rows, sent to an endpoint again and again."""

    model: TrainedModel
    captured: Captures
    endpoint: str
    deployment: LocalDeployment
    _sent: list[tuple[str, int]] = field(default_factory=list)
    """Inference id and row of each call."""

    def send(self, story: Story, **times: float) -> None:
        """Call the endpoint with each row, features multiplied as told, and wait until all calls are captured."""
        runtime, rows = self.deployment.aws.client("sagemaker-runtime"), self.model.holdout_rows.copy()
        for feature, factor in times.items():
            rows[:, FEATURES.index(feature)] *= factor
        for number, row in enumerate(rows.tolist()):
            inference_id = f"cell-{len(self._sent)}"
            body = ",".join(map(repr, row))
            runtime.invoke_endpoint(
                EndpointName=self.endpoint, ContentType="text/csv", Body=body, InferenceId=inference_id
            )  # fmt: skip
            self._sent.append((inference_id, number))
        story.say(f"{len(rows)} calls of the endpoint {self.endpoint}, each with an inference id")
        self.captured.check(len(self._sent), story)

    def tell_truth(self, story: Story, **above: float) -> None:
        """Upload a label for each call, under its inference id; 1 wherever a feature is above a number."""
        lines = []
        for inference_id, number in self._sent:
            row = self.model.holdout_rows[number]
            is_above = any(row[FEATURES.index(feature)] > least for feature, least in above.items())
            label = 1 if is_above else int(self.model.holdout_labels[number])
            lines.append(json.dumps(_ground_truth(inference_id, str(label))))
        key = f"{TRUTH}/{datetime.now(UTC):%Y/%m/%d/%H}/labels.jsonl"
        body = "\n".join(lines).encode()
        self.deployment.aws.client("s3").put_object(Bucket=self.captured.bucket, Key=key, Body=body)
        story.say(f"s3://{self.captured.bucket}/{key}: {len(lines)} labels")


def _ground_truth(event_id: str, label: str) -> dict[str, Any]:
    """Return a line of the file: .../sagemaker/latest/dg/model-monitor-model-quality-merge.html."""
    return {
        "groundTruthData": {"data": label, "encoding": "CSV"},
        "eventMetadata": {"eventId": event_id},
        "eventVersion": "0",
    }
